import { expect, test } from "vitest";
import { CallCycleError, NodeLostError, OverloadedError, ServiceError } from "pyros";
import { describePlacements, inTime, rejection, settled, turns, until, watched } from "./harness.ts";
import type echo from "./nodes/echo.ts";
import type one from "./nodes/one.ts";

describePlacements("limits of a service", (placement) => {
  const sim = () =>
    placement.engine({
      clock: "sim",
      development: false,
      nodes: { "/a": { use: "./nodes/one.ts" }, "/b": { use: "./nodes/one.ts" }, "/echo": { use: "./nodes/echo.ts" } },
    });
  const live = () =>
    placement.engine({ development: false, nodes: { "/a": { use: "./nodes/one.ts" }, "/echo": { use: "./nodes/echo.ts" } } });

  test("concurrency 1 makes a service take turns, in the order of the calls", async () => {
    const engine = await sim();
    const client = engine.client<typeof one>("/a");
    const calls = settled(["x", "y", "z"].map((id) => client.turn({ id, ms: 10 })));
    await engine.run({ until: 30 });
    expect(await calls).toEqual([{ value: "x" }, { value: "y" }, { value: "z" }]);
    expect(await client.state()).toMatchObject({
      most: 1,
      running: 0,
      log: ["x begins", "x ends", "y begins", "y ends", "z begins", "z ends"],
    });
  });

  test("handlers of one node interleave at await without concurrency", async () => {
    const engine = await sim();
    const client = engine.client<typeof echo>("/echo");
    const calls = [1, 2, 3].map((value) => watched(client.later({ ms: 10, value })));
    await engine.run({ until: 10 });
    expect(calls.map(({ outcome }) => outcome)).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
  });

  test("a call that waits for its turn and is given up is forgotten, and frees its place", async () => {
    const engine = await sim();
    const client = engine.client<typeof one>("/a");
    const first = watched(client.turn({ id: "x", ms: 100 }));
    const second = rejection(client.turn({ id: "y", ms: 10 }, { timeout: 20 }));
    const third = watched(client.turn({ id: "z", ms: 10 }));
    await engine.run({ until: 110 });
    expect((await second).name).toBe("ServiceTimeoutError");
    expect([first.outcome, third.outcome]).toEqual([{ value: "x" }, { value: "z" }]);
    expect((await client.state()).log).toEqual(["x begins", "x ends", "z begins", "z ends"]);
  });

  test("a call that waits for its turn and is given up frees its place among maxInFlight", async () => {
    const engine = await sim();
    const client = engine.client<typeof one>("/a");
    const first = watched(client.line(100));
    const second = rejection(client.line(1, { timeout: 20 }));
    await engine.run({ until: 10 });
    expect(await rejection(client.line(1))).toBeInstanceOf(OverloadedError);
    await engine.run({ until: 30 });
    expect((await second).name).toBe("ServiceTimeoutError");
    const third = watched(client.line(1));
    await engine.run({ until: 200 });
    expect([first.outcome, third.outcome]).toEqual([{ value: "done" }, { value: "done" }]);
  });

  test("a call whose turn has come and that is given up at that moment passes its turn on", async () => {
    const engine = await live();
    const client = engine.client<typeof one>("/a");
    for (let i = 0; i < 30; i++) {
      const controllers = Array.from({ length: 5 }, () => new AbortController());
      const calls = controllers.map(({ signal }, n) => client.turn({ id: String(n), ms: 0 }, { signal }));
      const all = settled(calls);
      for (let n = 0; n < i % 10; n++) await Promise.resolve();
      controllers[i % 5]!.abort("gone");
      await all;
    }
    expect(await client.turn({ id: "last", ms: 0 }, { timeout: 1000 })).toBe("last");
    expect(await client.state()).toMatchObject({ most: 1, running: 0 });
  });

  test("maxInFlight calls are in hand at most; one more rejects with OverloadedError", async () => {
    const engine = await sim();
    const client = engine.client<typeof one>("/a");
    const calls = [1, 2].map(() => watched(client.few(50)));
    await engine.run({ until: 1 });
    const error = await rejection(client.few(1));
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ node: "/a", subject: "/a/few", code: "PYROS_OVERLOADED" });
    expect(error.message).toContain("maxInFlight");
    await engine.run({ until: 60 });
    expect(calls.map(({ outcome }) => outcome)).toEqual([{ value: "done" }, { value: "done" }]);
    expect(await inTime(engine, client.few(1))).toBe("done");
  });

  test("maxInFlight is 1,024 by default, and counts calls that wait for their turn", async () => {
    const engine = await sim();
    const free = settled(Array.from({ length: 1025 }, () => engine.client<typeof echo>("/echo").later({ ms: 10 })));
    const turn = settled(Array.from({ length: 1025 }, (_, i) => engine.client<typeof one>("/a").turn({ id: String(i), ms: 0 })));
    await engine.run({ until: 10 });
    for (const outcomes of [await free, await turn]) {
      const failed = outcomes.filter((outcome) => "error" in outcome);
      expect(failed).toHaveLength(1);
      expect(failed[0]).toMatchObject({ error: { name: "OverloadedError" } });
      expect(outcomes.at(-1)).toBe(failed[0]);
    }
  });

  test("a slot frees when the handler settles, not when the caller gives up", async () => {
    const engine = await live();
    const client = engine.client<typeof one>("/a");
    const controller = new AbortController();
    const stuck = [1, 2].map(() => rejection(client.few(-50, { signal: controller.signal })));
    await until(async () => (await client.state()).log.length === 2);
    controller.abort("enough");
    expect(await Promise.all(stuck)).toEqual(["enough", "enough"]);
    expect(await rejection(client.few(1))).toBeInstanceOf(OverloadedError);
    await until(() => client.few(1).then(() => true, () => false));
  });

  test("a chain of calls that comes back to a concurrency 1 service it holds fails at once with CallCycleError", async () => {
    const engine = await sim();
    const direct = await rejection(engine.client<typeof one>("/a").chain(["/a/chain"]));
    expect(direct).toBeInstanceOf(ServiceError);
    expect(direct.remote).toMatchObject({ name: "CallCycleError", code: "PYROS_CALL_CYCLE" });
    const indirect = await rejection(engine.client<typeof one>("/a").chain(["/b/chain", "/a/chain"]));
    expect(indirect.remote.message).toContain("/a/chain -> /b/chain -> /a/chain");
    expect(engine.time).toBe(0);
    expect(await engine.client<typeof one>("/a").chain(["/b/chain"])).toBe("/b/chain > end");
    expect(new CallCycleError("x").code).toBe("PYROS_CALL_CYCLE");
  });

  test("two chains that cross each other's concurrency 1 services wait no longer than their timeouts", async () => {
    const engine = await sim();
    const calls = [
      engine.client<typeof one>("/a").chain(["/b/chain"], { timeout: 100 }),
      engine.client<typeof one>("/b").chain(["/a/chain"], { timeout: 100 }),
    ];
    const all = settled(calls);
    await engine.run({ until: 200 });
    expect(await all).toHaveLength(2);
    expect(await inTime(engine, engine.client<typeof one>("/a").chain([]))).toBe("end");
    expect(await inTime(engine, engine.client<typeof one>("/b").chain([]))).toBe("end");
  });

  test("a handler that has answered holds its turn no longer: what it calls then is no cycle", async () => {
    const engine = await live();
    const client = engine.client<typeof one>("/a");
    expect(await client.after(true)).toBe("answered");
    await until(async () => (await client.state()).log.length > 0);
    expect((await client.state()).log).toEqual(["again"]);
  });

  const many = placement.runs(1_000_000);

  test(`${many} calls at a stuck node: bounded memory and OverloadedError, and it answers again`, { timeout: 300_000 }, async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    const counts: Record<string, number> = {};
    let most = 0;
    const before = process.memoryUsage().heapUsed;
    for (let made = 0; made < many; made += 10_000) {
      for (let i = 0; i < 10_000; i++) {
        client.stuck(undefined, { timeout: Infinity }).catch((error: Error) => (counts[error.name] = (counts[error.name] ?? 0) + 1));
      }
      most = Math.max(most, process.memoryUsage().heapUsed - before);
      await turns(1);
    }
    await until(() => counts["OverloadedError"] === many - 1024, 200_000);
    expect(most).toBeLessThan(400 * 2 ** 20);
    expect(await client.echo("still there")).toBe("still there");
    await engine.restartNode("/echo").catch(() => {});
    await until(() => counts["NodeLostError"] === 1024);
    expect(new NodeLostError("x").code).toBe("PYROS_NODE_LOST");
    expect(await client.echo("again")).toBe("again");
  });

  test(`${many} calls in one turn at a stuck node: bounded memory and OverloadedError`, { timeout: 300_000 }, async () => {
    const engine = await sim();
    const client = engine.client<typeof echo>("/echo");
    let overloaded = 0;
    for (let i = 0; i < many; i++) {
      client.stuck(undefined, { timeout: 100 }).catch((error: Error) => (overloaded += Number(error instanceof OverloadedError)));
    }
    await engine.run({ until: 100 });
    await turns();
    expect(overloaded).toBe(many - 1024);
  });
});
