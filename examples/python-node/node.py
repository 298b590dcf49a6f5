"""A node in Python: one more planner of the swarm. See README.md."""

import asyncio, math, random, signal, sys

from engine import Engine
from links import GraphError

NODE, WIDTH, HEIGHT = "/python", 200, 120  # m


async def main(graph):
    engine = Engine()
    await engine.join(graph, known_as="python")
    await engine.enter(NODE, "plans ways through the world, in Python")

    # A param, and what is published: how it does.
    await engine.declare(NODE, "effort", 300, {"min": 1, "max": 100_000, "integer": True, "description": "orders tried for one answer"})
    report = await engine.publish(NODE, f"{NODE}/report")
    engine.watch(f"{NODE}/effort", lambda effort: print(f"effort is {effort}", flush=True))

    # A stream of the swarm: where it is.
    flock = {}
    await engine.read(NODE, "/world/flock", flock.update)

    # A service that the swarm's own planner provides, too: its guide asks one after the other.
    answers = 0

    async def plan(question):
        nonlocal answers
        answers += 1
        way = shortest(question, engine.params[f"{NODE}/effort"])
        report.emit({"answers": answers, "length": length(question["from"], way), "bodies": flock.get("count", 0)})
        return way

    await engine.provide(NODE, "/planner/plan", plan)
    engine.tell(NODE, "started", "running")

    # A call, and a write of a param of another node.
    if "/guide/gain" in engine.params:
        await engine.call(NODE, "/guide/replan")
        await engine.set(NODE, "/guide/gain", 1.5)
    print(f"{NODE} has joined {graph}", flush=True)

    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    gone, stop = asyncio.create_task(engine.until_gone()), asyncio.create_task(stopped.wait())
    await asyncio.wait([gone, stop], return_when=asyncio.FIRST_COMPLETED)
    if gone.done():
        raise GraphError(f"the graph {graph} is gone")
    await engine.leave()


def shortest(question, effort):
    """The shortest way found through the stops that are given, and as many more as are wanted."""
    way = question["stops"][: question["want"]]
    while len(way) < question["want"]:
        way.append({"x": WIDTH * random.uniform(0.15, 0.75), "y": HEIGHT * random.uniform(0.2, 0.8)})
    for _ in range(effort):
        a, b = sorted(random.choices(range(len(way) + 1), k=2))
        other = way[:a] + way[a:b][::-1] + way[b:]
        if length(question["from"], other) < length(question["from"], way):
            way = other
    return way


def length(start, way):
    return sum(math.dist((a["x"], a["y"]), (b["x"], b["y"])) for a, b in zip([start, *way], way))


try:
    asyncio.run(main(*sys.argv[1:] or ["swarm"]))
except GraphError as error:
    sys.exit(f"error: {error}")
