import { expect, test } from "vitest";
import {
  CallCycleError,
  NodeLostError,
  OverloadedError,
  ServiceError,
  ServiceTimeoutError,
  StateError,
  UnknownServiceError,
  ValidationError,
  ValueError,
} from "pyros";
import { describePlacements, inTime, rejection, settled, turns, until, watched } from "./harness.ts";
import type caller from "./nodes/caller.ts";
import type { Told } from "./nodes/caller.ts";
import type echo from "./nodes/echo.ts";
import type throws from "./nodes/throws.ts";

const nodes = { "/echo": { use: "./nodes/echo.ts" }, "/asker": { use: "./nodes/caller.ts" }, "/throws": { use: "./nodes/throws.ts" } };

describePlacements("a call", (placement) => {
  const live = () => placement.engine({ nodes });
  const sim = () => placement.engine({ nodes, clock: "sim" });

  test("resolves to the handler's result, of a plain and of an async handler", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    expect(await client.echo({ a: [1, "x"] })).toEqual({ a: [1, "x"] });
    expect(await client.later({ ms: 1, value: "y" })).toBe("y");
    expect(await client.echo(undefined)).toBe(undefined);
  });

  test("rejects with ServiceError when the handler throws: name, message, code, data, cause, provider and stack, never the same object", async () => {
    const engine = await live();
    const client = engine.client<typeof throws>("/throws");
    for (const error of [await rejection(client.now("coded")), await rejection(client.later("coded"))]) {
      expect(error).toBeInstanceOf(ServiceError);
      expect(error).toMatchObject({ code: "PYROS_SERVICE", provider: "/throws", node: "/throws", data: { at: [1, 2], when: new Date(0) } });
      expect(error.remote).toMatchObject({
        name: "Coded",
        message: "with data",
        code: "E_CODED",
        data: { at: [1, 2] },
        cause: { name: "TypeError", message: "the cause" },
      });
      expect(error.cause).toMatchObject({ name: "TypeError", message: "the cause" });
      expect(error.message).toContain("with data");
      expect(error.stack).toMatch(/throws\.[jt]s/);
      expect(error.remote).not.toBeInstanceOf(Error);
    }
    const [a, b] = [await rejection(client.now("coded")), await rejection(client.now("coded"))];
    expect(a).not.toBe(b);
    expect(a.data).not.toBe(b.data);
  });

  test.each(["error", "string", "null", "undefined", "number", "getter", "proxy", "revoked", "symbol", "function", "frozen"])(
    "rejects with ServiceError when the handler throws a thing of kind %s, and the engine goes on",
    async (kind) => {
      const engine = await live();
      const client = engine.client<typeof throws>("/throws");
      for (const error of [await rejection(client.now(kind)), await rejection(client.later(kind))]) {
        expect(error).toBeInstanceOf(ServiceError);
        expect(typeof error.message).toBe("string");
        if (kind === "string") expect(error.remote.message).toBe("a string");
      }
      expect(await client.fine()).toBe("fine");
    },
  );

  test.each(["getter", "throws", "twice", "both", "works"] as const)(
    "settles once when the handler returns what looks like a promise: %s",
    async (kind) => {
      const engine = await live();
      const client = engine.client<typeof throws>("/throws");
      const [outcome] = await settled([client.thenable(kind, { timeout: 1000 })]);
      if (kind === "getter" || kind === "throws") expect((outcome as any).error).toBeInstanceOf(ServiceError);
      else expect(outcome).toEqual({ value: kind === "works" ? 7 : 1 });
      for (let i = 0; i < 5; i++) expect(await client.fine()).toBe("fine");
      await engine.stopNode("/throws"); // would wait 5 s if the calls in hand were counted wrongly
    },
  );

  test("rejects with ServiceTimeoutError after 5 s when the handler never answers and no timeout is given", async () => {
    const engine = await sim();
    const start = engine.time;
    const call = watched(engine.client<typeof echo>("/echo").never(0));
    await engine.run({ until: start + 4999 });
    expect(call.outcome).toBe(undefined);
    await engine.run({ until: start + 5000 });
    const { error } = call.outcome as any;
    expect(error).toBeInstanceOf(ServiceTimeoutError);
    expect(error).toMatchObject({ node: "/echo", subject: "/echo/never", code: "PYROS_SERVICE_TIMEOUT" });
    expect(error.message).toContain("5000 ms");
  });

  test("rejects with ServiceTimeoutError exactly at its timeout, and the provider's signal fires with it", async () => {
    const engine = await sim();
    const client = engine.client<typeof echo>("/echo");
    const call = watched(client.never(0, { timeout: 70 }));
    await engine.run({ until: 69 });
    expect(call.outcome).toBe(undefined);
    await engine.run({ until: 70 });
    expect((call.outcome as any).error).toBeInstanceOf(ServiceTimeoutError);
    expect(await client.state()).toMatchObject({ aborted: ["ServiceTimeoutError"] });
  });

  test("waits for ever with timeout Infinity", async () => {
    const engine = await sim();
    const call = watched(engine.client<typeof echo>("/echo").later({ ms: 1e9, value: 1 }, { timeout: Infinity }));
    await engine.run({ until: 1e9 - 1 });
    expect(call.outcome).toBe(undefined);
    await engine.run({ until: 1e9 });
    expect(call.outcome).toEqual({ value: 1 });
  });

  test.each([0, -1, NaN, "5" as never])("is refused when its timeout is %s", async (timeout) => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    for (const options of [{ timeout }, { timeout, retries: 2 }]) {
      if (timeout === ("5" as never)) continue;
      const error = await rejection(client.echo(1, options));
      expect(error.message).toContain("above 0");
    }
    expect(await client.state()).toMatchObject({ calls: 0 });
  });

  test("rejects with the abort reason at once, and the provider's signal fires with it", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    const controller = new AbortController();
    const call = client.never(0, { signal: controller.signal });
    await until(async () => (await client.state()).calls === 1);
    const reason = new RangeError("enough");
    const box = watched(call);
    controller.abort(reason);
    await Promise.resolve();
    expect(await rejection(call)).toBe(reason);
    expect(box.outcome).toEqual({ error: reason });
    await until(async () => (await client.state()).aborted.length > 0);
    expect((await client.state()).aborted).toEqual(["RangeError"]);
  });

  test("is refused with the reason when its signal has fired before, and the handler does not run", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    expect(await rejection(client.echo(1, { signal: AbortSignal.abort("before") }))).toBe("before");
    expect(await client.state()).toMatchObject({ calls: 0 });
  });

  test("does not run the handler when it is aborted on its way", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    const controller = new AbortController();
    const call = client.echo(1, { signal: controller.signal });
    controller.abort(null);
    expect(await rejection(call)).toBe(null);
    expect(await client.state()).toMatchObject({ calls: 0 });
  });

  test("that has settled is not changed by a later abort, and lets go of the signal", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: [any, any]) => (listeners++, add(...args));
    signal.removeEventListener = (...args: [any, any]) => (listeners--, remove(...args));
    expect(await client.echo(1, { signal })).toBe(1);
    expect(listeners).toBe(0);
    controller.abort();
    expect(await client.state()).toMatchObject({ aborted: [] });
  });

  test("rejects with UnknownServiceError when nobody provides it, and names the nearest", async () => {
    const engine = await live();
    const error = await rejection(engine.call("/echo/ecko"));
    expect(error).toBeInstanceOf(UnknownServiceError);
    expect(error).toMatchObject({ code: "PYROS_UNKNOWN_SERVICE", subject: "/echo/ecko" });
    expect(error.message).toContain("/echo/echo");
    expect(await rejection(engine.client<typeof echo>("/nobody").echo(1))).toBeInstanceOf(UnknownServiceError);
  });

  test("rejects with NodeLostError when its provider is stopped while it is out and does not answer", async () => {
    const engine = await sim();
    const call = watched(engine.client<typeof echo>("/echo").stuck(undefined, { timeout: Infinity }));
    await engine.run({ until: 1 });
    await engine.stopNode("/echo");
    await turns();
    const { error } = call.outcome as any;
    expect(error).toBeInstanceOf(NodeLostError);
    expect(error).toMatchObject({ node: "/echo", subject: "/echo/stuck", code: "PYROS_NODE_LOST" });
    expect(await rejection(engine.call("/echo/echo"))).toBeInstanceOf(UnknownServiceError);
  });

  test("answers what is in hand when its provider is stopped", async () => {
    const engine = await live();
    const calls = [1, 2, 3].map((value) => engine.client<typeof echo>("/echo").later({ ms: 20, value }));
    await turns();
    await engine.stopNode("/echo");
    expect(await settled(calls)).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
  });

  test("of a node that ends fires the provider's signal", async () => {
    const engine = await sim();
    const asked = watched(
      engine.client<typeof caller>("/asker").ask({ service: "/echo/never", input: 0, options: { timeout: Infinity } }, {
        timeout: Infinity,
      }),
    );
    await engine.run({ until: 10 });
    await engine.stopNode("/asker");
    await engine.run({ until: 20 });
    expect((asked.outcome as any).error).toBeInstanceOf(NodeLostError);
    expect(await engine.client<typeof echo>("/echo").state()).toMatchObject({ aborted: [expect.any(String)], settled: 1 });
  });

  test("that is made inside a call inherits what remains of its time", async () => {
    const engine = await sim();
    const client = engine.client<typeof caller>("/asker");
    const outer = watched(client.ask({ service: "/echo/never", input: 0, options: { timeout: 10_000 } }, { timeout: 300 }));
    await engine.run({ until: 299 });
    expect(outer.outcome).toBe(undefined);
    await engine.run({ until: 400 });
    expect((outer.outcome as any).error).toBeInstanceOf(ServiceTimeoutError);
    const [told] = (await client.told()) as Told[];
    expect(told).toMatchObject({ after: 300, error: "ServiceTimeoutError", message: expect.stringContaining("within the time left") });
    expect(await engine.client<typeof echo>("/echo").state()).toMatchObject({ aborted: [expect.any(String)] });
  });

  test("that is made inside a call keeps its own time where that is shorter", async () => {
    const engine = await sim();
    const told = await inTime(
      engine,
      engine.client<typeof caller>("/asker").ask({ service: "/echo/never", input: 0, options: { timeout: 40 } }, { timeout: 300 }),
    );
    expect(told).toEqual([{ error: "ServiceTimeoutError", message: expect.stringContaining("40 ms"), after: 40 }]);
  });

  test("that is made inside a call is given up when that is aborted, through any number of nodes", async () => {
    const engine = await sim();
    const controller = new AbortController();
    const inner = { service: "/echo/never", input: 0, options: { timeout: 1e6 } };
    const call = watched(
      engine.client<typeof caller>("/asker").through({ service: "/asker/ask", input: inner, options: { timeout: 1e6 } }, {
        timeout: 1e6,
        signal: controller.signal,
      }),
    );
    await engine.run({ until: 10 });
    controller.abort("stop it");
    await engine.run({ until: 20 });
    expect(call.outcome).toEqual({ error: "stop it" });
    expect(await engine.client<typeof echo>("/echo").state()).toMatchObject({ aborted: ["stop it"], settled: 1 });
  });

  test("does not hold up a short one at the same service, node or caller", async () => {
    const engine = await sim();
    const client = engine.client<typeof echo>("/echo");
    const long = watched(client.later({ ms: 1000, value: "long" }));
    const short = watched(client.later({ ms: 1, value: "short" }));
    await engine.run({ until: 1 });
    expect([short.outcome, long.outcome]).toEqual([{ value: "short" }, undefined]);
    expect(await client.echo("other")).toBe("other");
  });

  test("runs at most once: an error, a timeout or a lost node is not tried again", async () => {
    const engine = await sim();
    const client = engine.client<typeof echo>("/echo");
    await rejection(inTime(engine, client.never(0, { timeout: 10 })));
    await engine.run({ until: 1000 });
    expect(await client.state()).toMatchObject({ calls: 1 });
  });

  test("is tried again where asked, after UnknownServiceError, and finds a provider that comes meanwhile", async () => {
    const engine = await placement.engine({ clock: "sim", nodes: { "/opener": { use: "./nodes/opener.ts" } } });
    const call = watched(engine.call("/opener/late", undefined, { retries: 5 }));
    await engine.run({ until: 25 });
    expect(call.outcome).toBe(undefined);
    await engine.call("/opener/open", "late");
    await engine.run({ until: 2000 });
    expect(call.outcome).toEqual({ value: 1 });
  });

  test("is tried again no more often than asked, and not beyond its timeout", async () => {
    const engine = await sim();
    const few = await rejection(inTime(engine, engine.call("/nobody/x", undefined, { retries: 2 })));
    expect(few).toBeInstanceOf(UnknownServiceError);
    const start = engine.time;
    const many = watched(engine.call("/nobody/x", undefined, { retries: 50, timeout: 500 }));
    await engine.run({ until: start + 500 });
    expect((many.outcome as any)?.error).toBeDefined();
  });

  test("that waits to be tried again is given up at once when its signal fires", async () => {
    const engine = await sim();
    const controller = new AbortController();
    const call = watched(engine.call("/nobody/x", undefined, { retries: 20, timeout: 60_000, signal: controller.signal }));
    await engine.run({ until: 3000 });
    controller.abort("enough");
    await turns();
    expect(call.outcome).toEqual({ error: "enough" });
  });

  test("that is made with retries of a generator service yields progress as well", async () => {
    const engine = await placement.engine({ nodes: { "/progress": { use: "./nodes/progress.ts" } } });
    const call = engine.call("/progress/count", { count: 3 }, { retries: 1 });
    const items: unknown[] = [];
    for await (const item of call) items.push(item);
    expect(items).toEqual([0, 1, 2]);
    expect(await call).toBe(3);
  });

  test("joins the caller's stack to the provider's error while developing, and only then", async () => {
    const developing = await placement.engine({ nodes, development: true });
    async function whoeverCalls() {
      await developing.client<typeof throws>("/throws").later("error");
    }
    const error = await rejection(whoeverCalls());
    expect(error.stack).toMatch(/throws\.[jt]s[\s\S]*--- called by \/ ---[\s\S]*whoeverCalls/);
    const production = await placement.engine({ nodes, development: false });
    const plain = await rejection(production.client<typeof throws>("/throws").later("error"));
    expect(plain.stack).not.toContain("called by");
    expect(plain.stack).toMatch(/throws\.[jt]s/);
  });

  test("to a closed engine is refused with StateError, by every way", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    await engine.close();
    const refusals = [
      client.echo(1),
      client.echo(1, { retries: 3 }),
      engine.call("/echo/echo", 1),
      engine.call("/echo/echo", 1, { timeout: Infinity }),
      engine.waitForService("/echo/echo"),
      engine.waitForService("/later"),
      engine.params.set("/a", 1),
      engine.params.set("/a", "text"),
      engine.params.delete("/a"),
      engine.startNode("/echo"),
      engine.add("/late", () => {}),
    ];
    for (const outcome of await settled(refusals)) expect((outcome as any).error).toBeInstanceOf(StateError);
    expect(() => engine.provide("/x", () => 1)).toThrow(StateError);
    expect(() => engine.stream("/x")).toThrow(StateError);
    expect(() => engine.publisher("/x")).toThrow(StateError);
  });

  test("that is out when the engine closes settles: with the result where work in hand finishes, with StateError or NodeLostError else", async () => {
    const engine = await live();
    const client = engine.client<typeof echo>("/echo");
    const done = Array.from({ length: 500 }, (_, i) => client.later({ ms: 5, value: i }));
    await turns();
    const onTheWay = Array.from({ length: 500 }, (_, i) => client.echo(i));
    const retrying = engine.call("/nobody/x", 1, { retries: 9, timeout: Infinity });
    const waiting = engine.waitForService("/nobody/x");
    const writing = engine.params.set("/written", 1);
    const all = settled([...done, ...onTheWay]);
    const rest = settled<any>([retrying, waiting, writing]);
    await engine.close();
    const outcomes = await all;
    // The nodes of an engine that has joined do not end with this one, which is gone before they answer.
    const expected = [...done.keys(), ...onTheWay.keys()].map((value, i) =>
      placement.name.startsWith("guest") && "error" in outcomes[i]! ? { error: expect.any(StateError) } : { value }
    );
    expect(outcomes).toEqual(expected);
    const [a, b, c] = await rest;
    expect((a as any).error).toBeInstanceOf(Error);
    expect((b as any).error).toBeInstanceOf(StateError);
    expect(c).toBeDefined();
  });

  test("close() of an engine fires the signals of services that the program itself provides", async () => {
    const engine = await live();
    let fired: unknown;
    engine.provide(
      "/mine",
      (_, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(fired = signal.reason))),
    );
    const call = settled([engine.call("/mine", undefined, { timeout: Infinity })]);
    await turns();
    await engine.close();
    const [outcome] = await call;
    expect((outcome as any).error).toBeInstanceOf(Error);
    expect(fired).toBeInstanceOf(Error);
  });

  test("close() ends while simulated time runs and work hangs", async () => {
    const engine = await sim();
    const call = settled([engine.client<typeof echo>("/echo").stuck(undefined, { timeout: Infinity })]);
    const run = engine.run({ until: 1e9 });
    engine.speed = 1;
    await turns();
    await engine.close();
    await run;
    expect(((await call)[0] as any).error).toBeInstanceOf(NodeLostError);
  });

  test("every error of a call has a code, and names the service and the node", async () => {
    const engine = await live();
    const errors = [
      await rejection(engine.call("/nobody/x")),
      await rejection(engine.call("/throws/now", "error")),
      await rejection(engine.call("/echo/never", 0, { timeout: 5 })),
    ];
    for (const error of errors) expect(error.code).toMatch(/^PYROS_[A-Z_]+$/);
    for (const kind of [CallCycleError, OverloadedError, ValidationError, ValueError]) {
      expect(new kind("$", {} as never, {}).code).toMatch(/^PYROS_/);
    }
    expect(errors.map(({ subject }) => subject)).toEqual(["/nobody/x", "/throws/now", "/echo/never"]);
  });
});
