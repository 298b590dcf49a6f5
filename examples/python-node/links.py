"""The links of an engine in Python to the engines of a graph. docs/protocol.md says all that happens here."""

import array, asyncio, io, itertools, json, os, tempfile, time, uuid
from collections import deque

import cbor2, zmq, zmq.asyncio

LOG, ASK, ORDERED, DONE, REFUSED, TELL, AT, BEAT = range(1, 9)
CALL, REPLY, FAIL, REFUSE, PROGRESS, ABANDON, AWAY = range(10, 17)
ITEMS, GREET, TAKEN = range(20, 23)
GONE = 2  # of the entries of the ledger
MAIN = 0  # the main engine's number
TYPED = {64: "B", 68: "B", 69: "H", 70: "I", 71: "Q", 72: "b", 77: "h", 78: "i", 79: "q", 85: "f", 86: "d"}


class GraphError(Exception):
    """What the graph, or the handler of a service, refuses."""


def decode(parts):
    def value(_, tag):
        if tag.tag == 0x50797204:  # a large binary value is a part of its own
            inner, part = tag.value
            tag = cbor2.CBORTag(inner, parts[part])
        return array.array(TYPED[tag.tag], tag.value) if tag.tag in TYPED else tag.value

    return cbor2.CBORDecoder(io.BytesIO(parts[0]), tag_hook=value).decode()


def settle(answer, well, value):
    if answer is None or answer.done():
        return
    if well:
        answer.set_result(value)
    else:
        answer.set_exception(GraphError(value["message"]))


class Link:
    """Another engine. What is said to it before there is a socket waits."""

    def __init__(self, number):
        self.number, self.socket, self.batch, self.inbox = number, None, [], deque()
        self.sent = self.told = self.taken = self.position = 0

    def post(self, *envelope):
        self.batch.append(envelope)
        self.sent += envelope[0] >= CALL
        asyncio.get_running_loop().call_soon(self.flush)  # what is said in one turn is one batch

    def flush(self):
        if self.batch and self.socket:
            self.socket.send(cbor2.dumps(self.batch))
            self.batch = []


class Links:
    """All links of this engine. What comes is taken in the one order of the graph, by `take`."""

    def __init__(self):
        self.position, self.ids, self.asked, self.tasks = 0, itertools.count(1), {}, set()
        self.links = {MAIN: Link(MAIN)}

    async def join(self, graph, known_as):
        places = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()]
        files = [f"{place}/pyros-{os.getuid()}.{graph}/graph" for place in places if place]
        file = next(filter(os.path.exists, files), None)
        if file is None:
            raise GraphError(f"no graph of this user on this machine has the name {graph}")
        with open(file) as opened:
            found = json.load(opened)
        request = {"pyros": 1, "codec": "cbor", "join": known_as, "instance": str(uuid.uuid4()), "secret": found["secret"]}
        welcome = await self.connect(self.links[MAIN], found["address"], request)
        self.number = welcome["you"]
        self.hello = {key: welcome[key] for key in ("pyros", "graph", "secret", "codec")} | {"engine": self.number}
        await self.ask("/", "flushed")  # from now on the graph is known

    async def connect(self, link, address, hello):
        socket = zmq.asyncio.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, -1)  # a graph that was lost has to be joined again
        socket.connect(address)
        await socket.send_json(hello)
        answer = await asyncio.wait_for(socket.recv_json(), 10)
        if "refused" in answer:
            raise GraphError(answer["refused"])
        link.socket = socket
        link.flush()
        self.spawn(self.hear(link))
        return answer

    async def until_gone(self):
        """Asks the main engine each second whether it still runs; returns when it has said nothing for 5 s."""
        self.heard = time.monotonic()
        while time.monotonic() - self.heard < 5:
            self.links[MAIN].post(BEAT, 1)
            await asyncio.sleep(1)

    def ask(self, node, verb, *arguments):
        """Asks the main engine for something, in the name of a node."""
        after = {}  # what was sent to others before
        for link in self.links.values():
            if link.number != MAIN and link.sent != link.told:
                after[str(link.number)] = link.told = link.sent
        return self.ask_of(MAIN, verb, *arguments, node=node, after=after or 0)

    def ask_of(self, engine, verb, *arguments, node="/", after=0):
        id, answer = next(self.ids), asyncio.get_running_loop().create_future()
        self.asked[id] = answer
        self.post(engine, ASK, id, node, verb, after, *arguments)
        return answer

    def post(self, engine, *envelope):
        """Says something to any engine."""
        if engine not in self.links:
            self.links[engine] = Link(engine)
            self.ask("/", "introduce", engine)  # the main engine tells where to connect
        link = self.links[engine]
        if engine != MAIN and link.position != self.position:
            link.position = self.position
            link.post(AT, self.position)
        link.post(*envelope)

    def spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def hear(self, link):
        while True:
            link.inbox.extend(decode(await link.socket.recv_multipart()))
            if link.number == MAIN:
                self.heard = time.monotonic()
            while any([self.take_next(link) for link in list(self.links.values())]):
                pass

    def take_next(self, link):
        if not link.inbox or not self.may_take(link, link.inbox[0]):
            return False
        kind, *rest = link.inbox.popleft()
        link.taken += kind >= CALL
        if kind in (DONE, REFUSED):
            settle(self.asked.pop(rest[0]), kind == DONE, rest[1])
        elif kind == BEAT and rest[0] == 1:
            link.post(BEAT, 0)
        elif kind == TELL and rest[0] == "connect":
            self.spawn(self.connect(self.links.setdefault(rest[1], Link(rest[1])), rest[2], self.hello))
        elif kind == LOG:
            self.position = rest[0]
        self.take(link, kind, *rest)
        return True

    def may_take(self, link, envelope):
        """Whether all has come that is to be seen before."""
        if envelope[0] == AT:
            return envelope[1] <= self.position
        if envelope[0] != LOG or not envelope[3]:
            return True
        other = self.links.get(envelope[2])
        gone = any(later[0] == LOG and later[2] == envelope[2] and later[4] == GONE for later in link.inbox)
        return other is None or gone or other.taken >= envelope[3].get(str(self.number), 0)
