import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine } from "pyros";
import { describe, expect, onTestFinished, test } from "vitest";
import { displayOn } from "../../examples/swarm/nodes/display.ts";
import swarm from "../../examples/swarm/pyros.config.ts";
import { rejection, until } from "../conformance/harness.ts";

const program = fileURLToPath(new URL("../../examples/python-node/node.py", import.meta.url));
const base = new URL("../../examples/swarm/pyros.config.ts", import.meta.url);
const python = ["python3", "/usr/bin/python3"].find((command) => spawnSync(command, ["-c", "import zmq, cbor2"]).status === 0);
const howToGet = "this needs Python with pyzmq and cbor2: apt-get install python3-zmq python3-cbor2";

if (python === undefined && process.env.CI !== undefined) throw new Error(howToGet);
// oxlint-disable-next-line no-console
if (python === undefined) console.log(`skipped: ${howToGet}`);

class Program {
  output = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(graph: string) {
    this.child = spawn(python!, [program, graph], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on("data", (data: Buffer) => (this.output += data.toString()));
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    onTestFinished(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) process.kill(this.child.pid!, "SIGKILL");
      await this.ended;
    });
  }

  /** Waits for some output. */
  async says(what: string): Promise<void> {
    await until(() => {
      if (this.child.exitCode !== null) throw new Error(`it has ended and said:\n${this.output}`);
      return this.output.includes(what);
    }, 30_000);
  }
}

async function startSwarm(name: string, placement?: "thread" | "process"): Promise<Engine> {
  const quiet = { on() {}, removeListener() {}, resume() {}, pause() {} };
  const nodes = { ...swarm.nodes, "/display": displayOn({ write: () => {} }, quiet) };
  const engine = await createEngine({ ...swarm, name, nodes, params: { world: { count: 1000 } } }, {
    base,
    ...(placement === undefined ? {} : { placement: { nodes: { "/guide": placement, "/planner": placement } } }),
  });
  onTestFinished(() => engine.close());
  return engine;
}

describe.skipIf(python === undefined)("the node in Python", () => {
  test("takes part in the swarm: services and params both ways, streams both ways, and leaves it", async () => {
    const name = `python-${process.pid}`;
    const engine = await startSwarm(name);
    const node = new Program(name);
    await node.says(`/python has joined ${name}`);
    expect(engine.nodes.find((info) => info.name === "/python")).toMatchObject({
      status: "running",
      guest: "python",
      description: "plans ways through the world, in Python",
    });
    expect(engine.params.get("/guide/gain")).toBe(1.5);

    const question = { from: { x: 0, y: 60 }, stops: [5, 3, 1, 4, 2].map((x) => ({ x: x * 20, y: 60 })), want: 5 };
    const way = await engine.call<{ x: number }[]>("/planner/plan", question, { node: "/python" });
    expect(way.map(({ x }) => x)).toEqual([20, 40, 60, 80, 100]);

    // The guide asks both planners, one after the other, and what the one in Python tells of it comes here.
    const report = engine.stream<{ answers: number; bodies: number }>("/python/report");
    await until(() => (report.latest?.answers ?? 0) > 3);
    await until(() => report.latest!.bodies === 1000); // it reads the swarm's stream
    expect(engine.stream("/guide/path", { depth: 1 })).toBeDefined();

    await engine.params.set("/python/effort", 77);
    await node.says("effort is 77");
    expect((await rejection(engine.params.set("/python/effort", 0))).code).toBe("PYROS_VALIDATION");

    expect((await rejection(engine.call("/planner/plan", { want: 1 }, { node: "/python" }))).remote.name).toBe("KeyError");
    expect((await rejection(engine.stopNode("/python"))).message).toBe("an engine in Python cannot stop its nodes");

    process.kill(node.child.pid!, "SIGTERM");
    expect([await node.ended, node.output.includes("Traceback")]).toEqual([0, false]);
    await until(() => engine.nodes.every((info) => info.name !== "/python"));
    expect(engine.services.filter((service) => service.owner === "/python")).toEqual([]);
  });

  test.each(["thread", "process"] as const)("is called by nodes in a %s, over a link of its own", async (placement) => {
    const name = `python-${placement}-${process.pid}`;
    const engine = await startSwarm(name, placement);
    const node = new Program(name);
    await node.says("has joined");
    const report = engine.stream<{ answers: number }>("/python/report");
    await until(() => (report.latest?.answers ?? 0) > 3);
    expect(engine.params.get("/guide/gain")).toBe(1.5); // it has called and set what is there
  });

  test("says so when there is no such graph, when it is refused, and when the graph is gone", async () => {
    const missing = new Program("nowhere");
    expect([await missing.ended, missing.output.includes("no graph of this user on this machine has the name nowhere")]).toEqual([1, true]);
    const name = `python-gone-${process.pid}`;
    const engine = await createEngine({ name });
    const node = new Program(name);
    await node.says("has joined");
    const second = new Program(name);
    expect([await second.ended, second.output.includes("two nodes have the name /python")]).toEqual([1, true]);
    await engine.close();
    expect(await node.ended).toBe(1);
    expect(node.output).toMatch(`the graph ${name} is gone`);
  });
});
