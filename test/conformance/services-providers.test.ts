import { expect, test } from "vitest";
import { NodeLostError, ServiceTimeoutError, UnknownServiceError, ValidationError } from "pyros";
import { describePlacements, graphOf, rejection, settled, turns, watched } from "./harness.ts";
import type caller from "./nodes/caller.ts";
import type opener from "./nodes/opener.ts";
import type schemas from "./nodes/schemas.ts";

const shared = { use: "./nodes/shared-name.ts" };

describePlacements("several providers of one service", (placement) => {
  const sim = () =>
    placement.engine({ clock: "sim", nodes: { "/p": shared, "/q": shared, "/r": shared, "/asker": { use: "./nodes/caller.ts" } } });
  const times = async (call: () => Promise<string>, count: number) => {
    const names: string[] = [];
    for (let i = 0; i < count; i++) names.push(await call());
    return names.join("");
  };

  test("round robin per caller: a caller's calls go round, whatever another one calls", async () => {
    const engine = await sim();
    const asked = await engine.client<typeof caller>("/asker").ask({ service: "/pool/work", times: 2 });
    expect(await times(() => engine.call("/pool/work"), 7)).toBe("/p/q/r/p/q/r/p");
    const more = await engine.client<typeof caller>("/asker").ask({ service: "/pool/work", times: 2 });
    expect([...asked, ...more].map(({ value }) => value)).toEqual(["/p", "/q", "/r", "/p"]);
  });

  test("{ node } picks one, and is refused where that node does not provide it", async () => {
    const engine = await sim();
    expect(await times(() => engine.call("/pool/work", undefined, { node: "/q" }), 3)).toBe("/q/q/q");
    const error = await rejection(engine.call("/pool/work", undefined, { node: "/asker" }));
    expect(error).toBeInstanceOf(UnknownServiceError);
    expect(error.message).toMatch(/\/asker does not provide \/pool\/work.*\/p, \/q, \/r/);
  });

  test("{ node } of a node is a name in that node's namespace", async () => {
    const engine = await placement.engine({ nodes: { "/team/p": shared, "/team/q": shared, "/team/asker": { use: "./nodes/pair.ts" } } });
    expect(await engine.call("/team/asker/ask", { service: "/pool/work", node: "q" })).toBe("/team/q");
    expect(await engine.call("/team/asker/ask", { service: "/pool/work", node: "/team/p" })).toBe("/team/p");
  });

  test("one that goes is not called any more, one that comes is", async () => {
    const engine = await sim();
    await engine.stopNode("/q");
    expect(await times(() => engine.call("/pool/work"), 4)).toBe("/p/r/p/r");
    await engine.startNode("/q");
    expect((await times(() => engine.call("/pool/work"), 6)).match(/\/q/g)).toHaveLength(2);
  });

  test("calls that are out at one that goes settle there", async () => {
    const engine = await sim();
    const calls = [1, 2, 3].map(() => watched(engine.call("/pool/wait", 50)));
    await engine.run({ until: 10 });
    await engine.stopNode("/q");
    await engine.run({ until: 60 });
    expect(calls.map(({ outcome }) => outcome)).toEqual([{ value: "/p" }, { error: expect.any(NodeLostError) }, { value: "/r" }]);
  });
});

describePlacements("waitForService()", (placement) => {
  const sim = () =>
    placement.engine({
      clock: "sim",
      nodes: { "/opener": { use: "./nodes/opener.ts" }, "/asker": { use: "./nodes/caller.ts" }, "/p": shared, "/q": shared },
    });

  test("resolves at once when the service is there, and when it comes", async () => {
    const engine = await sim();
    await engine.waitForService("/pool/work");
    const waiting = watched(engine.waitForService("/opener/late"));
    const asked = watched(engine.client<typeof caller>("/asker").wait({ service: "/opener/late" }));
    await engine.run({ until: 100 });
    expect([waiting.outcome, asked.outcome]).toEqual([undefined, undefined]);
    await engine.call("/opener/open", "late");
    await turns();
    expect([waiting.outcome, asked.outcome]).toEqual([{ value: undefined }, { value: undefined }]);
  });

  test("waits for at least n providers", async () => {
    const engine = await sim();
    await engine.waitForService("/pool/work", { providers: 2 });
    const waiting = watched(engine.waitForService("/pool/work", { providers: 3, timeout: 1000 }));
    await engine.run({ until: 10 });
    expect(waiting.outcome).toBe(undefined);
    await engine.stopNode("/p");
    await engine.call("/opener/open", "/pool/work");
    await engine.run({ until: 20 });
    expect(waiting.outcome).toBe(undefined);
    await engine.startNode("/p");
    await turns();
    expect(waiting.outcome).toEqual({ value: undefined });
  });

  test("rejects with ServiceTimeoutError at its timeout, and with the reason when its signal fires", async () => {
    const engine = await sim();
    const waiting = watched(engine.waitForService("/nobody/x", { timeout: 50 }));
    await engine.run({ until: 49 });
    expect(waiting.outcome).toBe(undefined);
    await engine.run({ until: 50 });
    expect((waiting.outcome as any).error).toBeInstanceOf(ServiceTimeoutError);
    const controller = new AbortController();
    const aborted = rejection(engine.waitForService("/nobody/x", { signal: controller.signal }));
    controller.abort("enough");
    expect(await aborted).toBe("enough");
    expect(await rejection(engine.waitForService("/nobody/x", { signal: controller.signal }))).toBe("enough");
  });

  test.each([0, -1, NaN])("is refused when its timeout is %s", async (timeout) => {
    const engine = await sim();
    expect((await rejection(engine.waitForService("/nobody/x", { timeout }))).message).toContain("above 0");
  });

  test("of a node ends with the node", async () => {
    const engine = await sim();
    const asked = watched(engine.client<typeof caller>("/asker").wait({ service: "/nobody/x" }, { timeout: Infinity }));
    await engine.run({ until: 10 });
    await engine.stopNode("/asker");
    await turns();
    expect((asked.outcome as any).error).toBeInstanceOf(NodeLostError);
  });
});

describePlacements("provide() and withdraw() while the node runs", (placement) => {
  const sim = () => placement.engine({ clock: "sim", nodes: { "/opener": { use: "./nodes/opener.ts" } } });

  test("a service is found by later callers at once, and not any more when it is withdrawn", async () => {
    const engine = await sim();
    const client = engine.client<typeof opener>("/opener");
    expect(await rejection(engine.call("/opener/late"))).toBeInstanceOf(UnknownServiceError);
    await client.open("late");
    expect(await engine.call("/opener/late")).toBe(1);
    await client.shut("late");
    expect(await rejection(engine.call("/opener/late"))).toBeInstanceOf(UnknownServiceError);
    await client.open("late");
    expect(await engine.call("/opener/late")).toBe(2);
    await client.shut("late");
    expect((await rejection(client.shut("late"))).remote.name).toBe("StateError");
    await client.open("late");
    expect((await rejection(client.open("late"))).remote.name).toBe("DeclarationError");
  });

  test("calls that are out still settle after it is withdrawn", async () => {
    const engine = await sim();
    const client = engine.client<typeof opener>("/opener");
    await client.open("late");
    const call = watched(engine.call("/opener/late", { ms: 100 }));
    await engine.run({ until: 10 });
    await client.shut("late");
    await engine.run({ until: 200 });
    expect(call.outcome).toEqual({ value: 1 });
  });

  test("calls that are out at a withdrawn service settle when the node ends: by the result where work in hand finishes, else with NodeLostError", async () => {
    const engine = await placement.engine({ nodes: { "/opener": { use: "./nodes/opener.ts" } } });
    const client = engine.client<typeof opener>("/opener");
    await client.open("late");
    const call = settled([engine.call("/opener/late", { ms: 30 }, { timeout: Infinity })]);
    await turns();
    await client.shut("late");
    await engine.stopNode("/opener");
    expect(await call).toEqual([{ value: 1 }]);

    const other = await sim();
    await other.call("/opener/open", "late");
    const stuck = watched(other.call("/opener/late", { stuck: true }, { timeout: Infinity }));
    await other.run({ until: 10 });
    await other.call("/opener/shut", "late");
    await other.stopNode("/opener");
    await turns();
    expect((stuck.outcome as any).error).toBeInstanceOf(NodeLostError);
  });

  test("services of the program are provided, called and withdrawn alike", async () => {
    const engine = await sim();
    const withdraw = engine.provide("/program/double", (n: number) => 2 * n);
    expect(await engine.call("/program/double", 4)).toBe(8);
    withdraw();
    withdraw();
    expect(await rejection(engine.call("/program/double", 4))).toBeInstanceOf(UnknownServiceError);
    expect(graphOf(engine).services.filter((name) => name.startsWith("/program"))).toEqual([]);
  });
});

describePlacements("schemas", (placement) => {
  const live = () => placement.engine({ nodes: { "/schemas": { use: "./nodes/schemas.ts" } } });

  test("a wrong input rejects with ValidationError that tells each issue with its path, and the handler does not run", async () => {
    const engine = await live();
    const client = engine.client<typeof schemas>("/schemas");
    const error = await rejection(client.move({ x: "far", how: "medium" } as never));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      code: "PYROS_VALIDATION",
      node: "/schemas",
      subject: "/schemas/move",
      issues: [{ path: "$.x" }, { path: "$.how" }],
    });
    expect(error.message).toContain("input of /schemas/move");
    expect(await client.ran()).toBe(0);
  });

  test("the handler gets what the schema makes of the input", async () => {
    const engine = await live();
    const client = engine.client<typeof schemas>("/schemas");
    expect(await client.move({ x: 1 } as never)).toEqual({ x: 1, how: "slow" });
    expect(await client.slowly(5 as never)).toBe("n5");
  });

  test("an asynchronous schema refuses as well", async () => {
    const engine = await live();
    const client = engine.client<typeof schemas>("/schemas");
    const error = await rejection(client.slowly("x" as never));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.issues).toEqual([{ path: "$.deep[0]", message: "no number" }]);
    expect(await client.ran()).toBe(0);
  });

  test("a call that is given up while its input is checked does not run its handler", async () => {
    const engine = await live();
    const client = engine.client<typeof schemas>("/schemas");
    const controller = new AbortController();
    const call = rejection(client.patiently(1, { signal: controller.signal }));
    await turns();
    controller.abort("enough");
    expect(await call).toBe("enough");
    expect(await client.letGo()).toBe(1);
    const other = client.patiently(2);
    await turns();
    expect(await client.letGo()).toBe(1);
    expect(await other).toBe(2);
    expect(await client.ran()).toBe(1);
  });

  test("a wrong result rejects with ValidationError of the result", async () => {
    const engine = await live();
    const client = engine.client<typeof schemas>("/schemas");
    expect(await client.answer(1)).toBe(1);
    for (const bad of ["text", -1]) {
      const error = await rejection(client.answer(bad));
      expect(error).toBeInstanceOf(ValidationError);
      expect(error.message).toContain("result of /schemas/answer");
    }
    expect(await client.slowAnswer(3)).toBe("n3");
    expect(await rejection(client.slowAnswer("x"))).toBeInstanceOf(ValidationError);
  });

  test("a schema that throws is an error at the caller", async () => {
    const engine = await live();
    const error = await rejection(engine.call("/schemas/broken", 1));
    expect(error.message).toContain("the schema is broken");
  });
});
