import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Engine, NodeLostError, ServiceError, ServiceTimeoutError } from "pyros";
import { Library } from "../../systems/ros/message/library.ts";
import type counter from "./nodes/counter.ts";
import { elsewhere } from "./elsewhere.ts";
import { hasActionlib } from "./actionlib.ts";
import { bridge, healthOf, masterKinds, started, startMaster, startPeer, until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];

function counting(master: string, rule: object = {}, name = "/counting"): Promise<Engine> {
  const params = { types, export: { actions: [{ match: "/counter/count", as: "/count", ...rule }] } };
  return started({ nodes: { "/counter": "./nodes/counter.ts", "/ros": bridge(master, name, params) } });
}

function asking(master: string, name = "/asking"): Promise<Engine> {
  return started({ nodes: { "/ros": bridge(master, name, { types, import: { actions: ["/*"] } }) } });
}

const has = (engine: Engine, name = "/count"): boolean => engine.services.some((service) => service.name === name);
const seen = (engine: Engine): Promise<{ open: number; stopped: number }> => engine.client<typeof counter>("/counter").seen({});

/** The progress and the end of a goal. */
async function pursued(engine: Engine, goal: number): Promise<{ readonly feedback: number[]; readonly result: unknown }> {
  const feedback: number[] = [];
  const call = engine.call<{ result: number }>("/count", { goal }, { depth: 1000 });
  for await (const item of call) feedback.push((item as { feedback: number }).feedback);
  return { feedback, result: await call };
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe("the messages of an action", () => {
  it("have the MD5 that ROS gives them", () => {
    const library = new Library({ folders: types, installed: [] });
    const sums = Object.fromEntries(
      ["TestAction", "TestActionGoal", "TestActionResult", "TestActionFeedback", "TestGoal"].map((
        name,
      ) => [name, library.message(`actionlib/${name}`).md5]),
    );
    expect(sums).toEqual({
      TestAction: "991e87a72802262dfbe5d1b3cf6efc9a",
      TestActionGoal: "348369c5b403676156094e8c159720bf",
      TestActionResult: "3d669e3a63aa986c667ea7b0f46ce85e",
      TestActionFeedback: "6d3d0bf7fb3dda24779c010a9f3eb7cb",
      TestGoal: "18df0149936b7aa95588e3862476ebde",
    });
    expect(library.message("actionlib_msgs/GoalStatusArray").md5).toBe("8b2b82f13216d0a8ea88bd3af735e619");
  });
});

describe.each(masterKinds)("actions, with the %s master", (kind) => {
  it("are generator services on the other side: feedback is progress", async () => {
    const master = await startMaster(kind);
    const [from, to] = [await counting(master.address), await asking(master.address)];
    await until("it is there", () => has(to));
    expect(await pursued(to, 5)).toEqual({ feedback: upTo(5), result: { result: 5 } });
    const all = await Promise.all(upTo(20).map((goal) => to.call("/count", { goal })));
    expect(all).toEqual(upTo(20).map((result) => ({ result })));
    expect((await healthOf(to)).actions.imported).toMatchObject([{
      action: "/count",
      type: "actionlib/Test",
      servers: ["/counting"],
      active: true,
      open: 0,
      ended: 21,
      failed: 0,
    }]);
    expect((await healthOf(from)).actions.exported).toMatchObject([{ action: "/counter/count", there: "/count", ended: 21, failed: 0 }]);
    await from.close();
    await until("it has gone", () => !has(to));
  });

  it("tell what went wrong, and stop when nobody wants the result", async () => {
    const master = await startMaster(kind);
    const [from, to] = [await counting(master.address), await asking(master.address)];
    await until("it is there", () => has(to));
    const failed = await to.call("/count", { goal: -1 }).then(() => undefined, (error: unknown) => error);
    expect(failed).toBeInstanceOf(ServiceError);
    expect(failed).toMatchObject({ remote: { name: "Aborted", message: "it cannot count down" }, data: { result: 0 } });
    await expect(to.call("/count", { goal: "x" })).rejects.toThrow(/actionlib\/TestActionGoal|goal must be a whole number/);

    const enough = new AbortController();
    const call = to.call("/count", { goal: 100_000 }, { signal: enough.signal });
    await until("it is pursued", async () => (await seen(from)).open === 1);
    enough.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await until("it was stopped", async () => (await seen(from)).stopped === 1);

    for await (const _ of to.call("/count", { goal: 100_000 })) break;
    await until("it was stopped", async () => (await seen(from)).stopped === 2);
    expect(await seen(from)).toEqual({ open: 0, stopped: 2 });
    expect((await healthOf(from)).actions.exported).toMatchObject([{ open: 0, ended: 3, failed: 3 }]);
  });

  it("settle when the server is killed, and it is found again when it comes back", async () => {
    const master = await startMaster(kind);
    const to = await asking(master.address);
    const params = { types, export: { actions: [{ match: "/counter/count", as: "/count" }] } };
    const config = { nodes: { "/counter": "./nodes/counter.ts", "/ros": bridge(master.address, "/counting", params) } };
    const first = await elsewhere(config);
    await until("it is there", () => has(to));
    const call = to.call("/count", { goal: 100_000 }, { timeout: Infinity });
    const settled = call.then(() => undefined, (error: unknown) => error);
    await until("it is pursued", async () => (await healthOf(to)).actions.imported[0]!.open === 1);
    await first.kill();
    expect(await settled).toBeInstanceOf(NodeLostError);
    await until("it has gone", () => !has(to));
    await elsewhere(config);
    await until("it is there again", () => has(to));
    expect(await pursued(to, 3)).toEqual({ feedback: [1, 2, 3], result: { result: 3 } });
  });

  it("do not come back, and are served by one bridge only", async () => {
    const master = await startMaster(kind);
    const both = { types, import: { actions: ["/*"], streams: ["/**"] }, export: { actions: [{ match: "/counter/count", as: "/count" }] } };
    const engine = await started({
      nodes: {
        "/counter": "./nodes/counter.ts",
        "/ros": bridge(master.address, "/one", both),
        "/ros2": { ...bridge(master.address, "/two", both), placement: "thread" },
      },
    });
    const to = await asking(master.address);
    await until("it is there", () => has(to));
    await until("one serves it", async () => (await master.subscribers("/count/goal")).length === 1);
    expect(await pursued(to, 5)).toEqual({ feedback: upTo(5), result: { result: 5 } });
    expect(has(engine)).toBe(false);
    expect(engine.streams.map(({ name }) => name).filter((name) => name.startsWith("/count/"))).toEqual([]);
  });

  it("of one goal at a time are preempted by the next", async () => {
    const master = await startMaster(kind);
    const [from, to] = [await counting(master.address, { preempt: true }), await asking(master.address)];
    await until("it is there", () => has(to));
    const first = to.call("/count", { goal: 100_000 }).then(() => undefined, (error: unknown) => error);
    await until("it is pursued", async () => (await seen(from)).open === 1);
    expect(await to.call("/count", { goal: 2 })).toEqual({ result: 2 });
    expect(await first).toMatchObject({ remote: { name: "Preempted" } });
  });

  it("that take too long come to the caller's timeout", async () => {
    const master = await startMaster(kind);
    const [from, to] = [await counting(master.address), await asking(master.address)];
    await until("it is there", () => has(to));
    await expect(to.call("/count", { goal: 100_000 }, { timeout: 5 })).rejects.toThrow(ServiceTimeoutError);
    await until("nothing is pursued", async () => (await seen(from)).open === 0);
  });
});

describe.skipIf(!hasActionlib)("actionlib's", () => {
  it("simple server is used from here", async () => {
    const master = await startMaster("rosmaster");
    const engine = await asking(master.address);
    const peer = startPeer(master.address, "action_server.py");
    await until("it is there", () => has(engine));
    const { feedback, result } = await pursued(engine, 10);
    expect(result).toEqual({ result: 10 });
    expect(feedback.at(-1)).toBeLessThanOrEqual(10);
    expect(feedback.length).toBeGreaterThan(5); // the result comes on another connection, and may overtake feedback
    const failed = await engine.call("/count", { goal: -1 }).then(() => undefined, (error: unknown) => error);
    expect(failed).toMatchObject({
      remote: { name: "Aborted", message: "it cannot count down" },
      data: { result: 7 },
      provider: "/action_server",
    });
    for await (const _ of engine.call("/count", { goal: 100_000 })) break;
    await until("it was preempted", () => peer.lines.includes("preempted"));
    const call = engine.call("/count", { goal: 100_000 }, { timeout: Infinity }).then(() => undefined, (error: unknown) => error);
    await until("it is pursued", async () => (await healthOf(engine)).actions.imported[0]!.open === 1);
    process.kill(peer.pid!, "SIGKILL");
    expect(await call).toBeInstanceOf(NodeLostError);
    startPeer(master.address, "action_server.py");
    await until("it has gone, and come again", () => has(engine));
    expect((await pursued(engine, 3)).result).toEqual({ result: 3 });
  });

  it("simple client is served from here", async () => {
    const master = await startMaster("rosmaster");
    const engine = await counting(master.address);
    const peer = startPeer(master.address, "action_client.py", "/count");
    await until("it is ready", () => peer.lines.length > 0);
    expect(peer.lines).toEqual(["ready"]);
    const answer = async (goal: string): Promise<string> => {
      const answers = (): string[] => peer.lines.filter((line) => line.startsWith(`${goal}: `)); // actionlib logs there too
      peer.stdin!.write(`${goal}\n`);
      await until(`${goal} is answered`, () => answers().length > 0);
      return answers()[0]!;
    };
    expect(await answer("10")).toMatch(/^10: SUCCEEDED 10 fed=(10|[5-9]) text=$/);
    expect(await answer("-1")).toBe("-1: ABORTED 0 fed=0 text=it cannot count down");
    expect(await answer("100000 stop")).toMatch(/^100000 stop: PREEMPTED 0 fed=\d+ text=the goal .* was cancelled$/);
    await until("nothing is pursued", async () => (await seen(engine)).open === 0);
    expect(await answer("2")).toMatch(/^2: SUCCEEDED 2/);
  });
});
