"""An engine of Pyros in Python: what of the graph it knows, and what its nodes may do. docs/protocol.md has the rest."""

import asyncio, time
from collections import defaultdict

import cbor2
from links import (ABANDON, ASK, AWAY, CALL, DONE, FAIL, GONE, GREET, ITEMS, LOG, MAIN, REFUSE, REFUSED, REPLY, TAKEN, TELL)
from links import GraphError, Links, settle

SERVICE, NO_SERVICE, STREAM, NO_STREAM, INTEREST, NO_INTEREST, PARAMS = range(3, 10)


class Engine(Links):
    def __init__(self):
        super().__init__()
        self.params, self.watchers, self.nodes = {}, defaultdict(list), []
        self.services, self.streams = {}, {}  # what there is elsewhere, by engine and number
        self.handlers, self.publishers, self.readers = {}, {}, defaultdict(list)  # what there is here
        self.interests = defaultdict(dict)  # by stream, and then by engine: whether it wants every item
        self.called = {}

    # What a node does.

    async def enter(self, node, description):
        await self.ask("/", "reserve", node, description)  # nobody else has the name
        self.nodes.append(node)

    def tell(self, node, what, status):
        self.links[MAIN].post(TELL, "node", node, {"type": what, "status": status, "lives": 1})

    async def leave(self):
        for node in self.nodes:
            self.tell(node, "removed", "stopped")
        self.links[MAIN].post(TELL, "leave")
        await asyncio.sleep(0.1)  # so that it goes out

    async def provide(self, node, service, handler):
        ref = next(self.ids)
        self.handlers[ref] = handler
        await self.ask(node, "enter", [SERVICE, ref, service, node, False, False])

    async def call(self, node, service, value=cbor2.undefined, timeout=5):
        engine, ref = next((where for where, name in self.services.items() if name == service), (None, None))
        if ref is None:
            raise GraphError(f"nobody provides {service}")
        id, answer = next(self.ids), asyncio.get_running_loop().create_future()
        self.called[engine, id] = answer
        self.post(engine, CALL, id, ref, node, value, timeout * 1000)
        try:
            return await asyncio.wait_for(answer, timeout)
        except asyncio.TimeoutError:
            self.post(engine, ABANDON, id, {"class": "ServiceTimeoutError", "message": f"{service} did not answer in time"})
            raise

    async def declare(self, node, param, default, rule):
        await self.ask(node, "declare", f"{node}/{param}", default, rule, cbor2.undefined)

    async def set(self, node, name, value):
        await self.ask(node, "set", [{"name": name, "value": value}])

    def watch(self, name, callback):
        self.watchers[name].append(callback)

    async def publish(self, node, stream):
        ref = next(self.ids)
        self.publishers[ref] = Publisher(self, ref, stream)
        await self.ask(node, "enter", [STREAM, ref, stream, node, {}])
        return self.publishers[ref]

    async def read(self, node, stream, callback):
        self.readers[stream].append(callback)
        await self.ask(node, "enter", [INTEREST, stream, False])  # only the newest item counts

    # What other engines say.

    def take(self, link, kind, *rest):
        if kind == LOG and (rest[1] != self.number or rest[3] == PARAMS):
            self.changed(rest[1], *rest[3:])
        elif kind in (REPLY, FAIL, REFUSE):
            settle(self.called.pop((link.number, rest[0]), None), kind == REPLY, rest[1])
        elif kind == AWAY:
            settle(self.called.pop((link.number, rest[0]), None), False, {"message": "its node has moved; call again"})
        elif kind == CALL:
            self.spawn(self.serve(link, *rest[:4]))
        elif kind in (ITEMS, GREET):
            for value in rest[4] if kind == ITEMS else [rest[3]]:
                for callback in self.readers[self.streams.get((link.number, rest[0]))]:
                    callback(value)
            link.post(TAKEN, rest[0])  # the next one may come
        elif kind == TAKEN and rest[0] in self.publishers:
            self.publishers[rest[0]].taken(link.number)
        elif kind == ASK and rest[2] in ("flush", "flushed", "reach"):
            self.spawn(self.delivered(link, rest[0], rest[4] if rest[2] == "reach" else []))
        elif kind == ASK:
            link.post(REFUSED, rest[0], {"class": "StateError", "message": f"an engine in Python cannot {rest[2]} its nodes"})

    def changed(self, engine, what, *rest):
        """The ledger tells what has changed in the graph."""
        if what == SERVICE:
            self.services[engine, rest[0]] = rest[1]
        elif what == STREAM:
            self.streams[engine, rest[0]] = rest[1]
        elif what in (NO_SERVICE, NO_STREAM):
            (self.services if what == NO_SERVICE else self.streams).pop((engine, rest[0]), None)
        elif what == INTEREST:
            self.interests[rest[0]][engine] = rest[1]
        elif what == NO_INTEREST:
            self.interests[rest[0]].pop(engine, None)
        elif what == PARAMS:
            for name, *value in rest[0]:
                self.params.pop(name, None)
                if value:
                    self.params[name] = value[0]
                for callback in self.watchers[name]:
                    callback(self.params.get(name))
        elif what == GONE:
            self.links.pop(engine, None)
            for table in (self.services, self.streams, self.called):
                for key in [key for key in table if key[0] == engine]:
                    gone = table.pop(key)
                    if table is self.called:
                        settle(gone, False, {"message": rest[0]})
            for wanted in self.interests.values():
                wanted.pop(engine, None)

    async def delivered(self, link, id, engines):
        """Answers when these engines have got all that was said to them before."""
        for engine in engines:
            if engine in self.links:
                await self.ask_of(engine, "flushed")
        link.post(DONE, id, cbor2.undefined)

    async def serve(self, link, id, ref, caller, value):
        try:
            link.post(REPLY, id, await self.handlers[ref](value))
        except Exception as error:
            link.post(FAIL, id, {"name": type(error).__name__, "message": str(error)})


class Publisher:
    """A stream that is published here. An engine that wants the newest item only gets one at a time."""

    def __init__(self, engine, ref, stream):
        self.engine, self.ref, self.stream, self.number, self.out = engine, ref, stream, 0, {}

    def emit(self, value):
        self.number += 1
        for engine, every in list(self.engine.interests[self.stream].items()):
            if every or engine not in self.out:
                self.send(engine, value, 0, every)
            else:  # in the place of what waits behind the one that is out
                self.out[engine] = (value, self.out[engine][1] + 1 if self.out[engine] else 0)

    def taken(self, engine):
        waiting = self.out.pop(engine, None)
        if waiting:
            self.send(engine, *waiting, False)

    def send(self, engine, value, lost, every):
        if not every:
            self.out[engine] = None
        self.engine.post(engine, ITEMS, self.ref, self.number, time.time() * 1000, {"latest": lost} if lost else 0, [value])
