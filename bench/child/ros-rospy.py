"""A node of ROS on rospy. Arguments: its role and its name, as in lib/ros-play.ts; it answers as lib/answer.ts does."""

import json
import sys
import threading
import time

import rospy
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import SetBool, SetBoolResponse

role, name = sys.argv[1:3]
types = {"text": String, "image": Image}
said = threading.Lock()


def say(what):
    with said:
        sys.stdout.write("answer: " + json.dumps(what) + "\n")
        sys.stdout.flush()


def topic(last):
    return "/%s/%s" % (name, last)


def quantile(values, part):
    values = sorted(values)
    at = (len(values) - 1) * part
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def one_by_one(send, count):
    took = []
    for _ in range(count):
        began = time.perf_counter()
        send()
        took.append((time.perf_counter() - began) * 1e6)
    return {"p50": quantile(took, 0.5), "p99": quantile(took, 0.99)}


class Counter:
    def __init__(self):
        self.seen = self.count = 0
        self.awaited = None
        self.lock = threading.Lock()

    def came(self, _message):
        with self.lock:
            self.seen += 1
            self.count += 1
            done = self.settle()
        if done:
            say({"result": None})

    def settle(self):
        if self.awaited is None or self.count < self.awaited:
            return False
        self.count -= self.awaited
        self.awaited = None
        return True

    def reset(self):
        with self.lock:
            self.count, self.awaited = 0, None

    def expect(self, count):
        with self.lock:
            self.awaited = count
            done = self.settle()
        if done:
            say({"result": None})


rospy.init_node("%s_%s" % (name, role), anonymous=True, disable_rosout=True, disable_signals=True)
queue = 100000
buffer = 2 ** 21
handlers = {}

if role == "subscribe":
    counter = Counter()
    for item, type_ in types.items():
        rospy.Subscriber(topic(item), type_, counter.came, queue_size=queue, buff_size=buffer, tcp_nodelay=True)
    handlers = {"seen": lambda: counter.seen, "reset": counter.reset}
elif role == "publish":
    # Without a queue: with one, a thread of its own sends, and takes longer.
    publishers = {item: rospy.Publisher(topic(item), type_, tcp_nodelay=True, queue_size=None) for item, type_ in types.items()}

    def send(item, size, count, _turn):
        message = String("a" * (size - 4)) if item == "text" else Image(data=bytes(size), width=size, step=size, height=1, encoding="mono8")
        for _ in range(count):
            publishers[item].publish(message)

    handlers = {"send": send}
elif role == "ping":
    back = threading.Event()
    publisher = rospy.Publisher(topic("ping"), String, tcp_nodelay=True, queue_size=None)
    rospy.Subscriber(topic("pong"), String, lambda _: back.set(), tcp_nodelay=True)
    ping = String("a" * 60)

    def there_and_back():
        back.clear()
        publisher.publish(ping)
        back.wait(5)

    def calls(count):
        while publisher.get_num_connections() == 0:
            time.sleep(0.05)
        return one_by_one(there_and_back, count)

    handlers = {"calls": calls}
elif role == "echo":
    publisher = rospy.Publisher(topic("pong"), String, tcp_nodelay=True, queue_size=None)
    rospy.Subscriber(topic("ping"), String, publisher.publish, tcp_nodelay=True)
elif role == "serve":
    rospy.Service(topic("set"), SetBool, lambda request: SetBoolResponse(request.data, "done"))
elif role == "call":
    rospy.wait_for_service(topic("set"), 20)
    proxy = rospy.ServiceProxy(topic("set"), SetBool, persistent=True)
    handlers = {"calls": lambda count: one_by_one(lambda: proxy(True), count)}
else:
    raise SystemExit("rospy does not play %s" % role)

say({"result": "ready"})
for line in sys.stdin:
    what, *args = json.loads(line)
    if what == "expect":
        counter.expect(*args)
    else:
        try:
            say({"result": handlers[what](*args)})
        except Exception as error:
            say({"error": str(error)})
