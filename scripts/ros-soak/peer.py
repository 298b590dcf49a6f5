"""Does in rospy what the actors do in Pyros, but for actions: ends with its standard input."""
import json
import random
import sys
import threading
import time

import rospy
from std_msgs.msg import Int32
from std_srvs.srv import SetBool, SetBoolResponse, Trigger, TriggerResponse

name, other = sys.argv[1:3]
rospy.init_node(name.strip("/"), disable_signals=True)
seen = {"calls": 0, "settled": 0, "answered": 0, "heard": 0}
quiet = False


def heard(_):
    seen["heard"] += 1


def call():
    while True:
        time.sleep(random.random() * 0.03)
        if quiet:
            continue
        seen["calls"] += 1
        try:
            rospy.ServiceProxy(other + "/echo", SetBool)(True)
            seen["answered"] += 1
        except Exception:
            pass  # it has settled
        seen["settled"] += 1


def publish():
    out = rospy.Publisher(name + "/tick", Int32, queue_size=10)
    n = 0
    while True:
        n += 1
        try:
            out.publish(n)
            if n % 20 == 0:
                rospy.set_param(name + "/level", n)
        except Exception:
            pass  # the master is away
        time.sleep(0.05)


rospy.Subscriber(other + "/tick", Int32, heard)
rospy.Service(name + "/echo", SetBool, lambda asked: SetBoolResponse(asked.data, "echo"))
rospy.Service(name + "/slow", Trigger, lambda _: TriggerResponse(True, "slow"))
for work in (call, publish):
    threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    quiet = quiet or line.strip() == "quiet"
    if line.strip() == "sample":
        print(json.dumps(seen), flush=True)
rospy.signal_shutdown("it ends")
