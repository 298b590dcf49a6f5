import { expect, test } from "vitest";
import { ValueError } from "pyros";
import { describePlacements, inTime, rejection, until } from "./harness.ts";
import type hoard from "./nodes/hoard.ts";
import type keeper from "./nodes/keeper.ts";
import type reader from "./nodes/reader.ts";

const nodes = {
  "/keeper": { use: "./nodes/keeper.ts" },
  "/a_vandal": { use: "./nodes/reader.ts" },
  "/judge": { use: "./nodes/reader.ts" },
  "/z_vandal": { use: "./nodes/reader.ts" },
};
const poses = Array.from({ length: 5 }, (_, i) => ({ x: i, trail: Array.from({ length: i + 1 }, (_, k) => k) }));

describePlacements("values", (placement) => {
  for (const development of [true, false]) {
    const start = () => placement.engine({ nodes, development });
    const mode = development ? "development" : "production";

    test(`what a receiver gets is what the sender had when it sent, and no receiver reaches another's, in ${mode}`, async () => {
      const engine = await start();
      await engine.client<typeof keeper>("/keeper").run(5);
      for (const name of ["/judge", "/a_vandal", "/z_vandal"]) {
        const client = engine.client<typeof reader>(name);
        await until(async () => (await client.state()).poses.length === 5);
        expect((await client.state()).poses).toEqual(poses);
      }
      await engine.client<typeof keeper>("/keeper").run(1);
      const client = engine.client<typeof reader>("/judge");
      await until(async () => (await client.state()).poses.length === 6);
      expect((await client.state()).poses[5]).toEqual({ x: 5, trail: [0, 1, 2, 3, 4, 5] }); // the sender's own is untouched
    });

    test(`the program's subscriptions get their own as well, in ${mode}`, async () => {
      const engine = await start();
      const [first, second] = [engine.stream("/keeper/pose"), engine.stream("/keeper/pose")];
      const seen: unknown[] = [];
      first.on((pose) => (pose.trail.length = 0));
      second.on((pose) => seen.push(pose));
      await engine.client<typeof keeper>("/keeper").run(5);
      await until(() => seen.length === 5);
      expect(seen).toEqual(poses);
    });

    test(`inputs and results of calls are the receiver's own, in ${mode}`, async () => {
      const engine = await start();
      const client = engine.client<typeof keeper>("/keeper");
      const input = { list: [1, 2], touched: false };
      const sent = client.keep(input);
      input.list.push(3);
      const state = await sent;
      expect(input).toEqual({ list: [1, 2, 3], touched: false });
      expect(state.input).toEqual({ list: [1, 2], touched: true });
      state.input.list.push(99);
      expect(await client.kept()).toEqual({ list: [1, 2], touched: true });
      expect(await client.kept()).not.toBe(await client.kept());
      const answer = await client.answer({ a: 1 });
      await Promise.resolve();
      expect(answer).toEqual({ a: 1 });
    });

    test(`values of params are the reader's own, in ${mode}`, async () => {
      const engine = await start();
      const value = [1];
      const done = engine.params.set("/keeper/list", value);
      value.push(2);
      await done;
      const got = engine.params.get<number[]>("/keeper/list")!;
      expect(got).toEqual([1]);
      got.push(3);
      expect(engine.params.get("/keeper/list")).toEqual([1]);
    });

    test(`share gives one value to all, in ${mode}: ${development ? "frozen" : "not frozen"}`, async () => {
      const engine = await start();
      const got: object[] = [];
      engine.stream("/keeper/shared").on((pose) => got.push(pose));
      engine.stream("/keeper/shared").on((pose) => got.push(pose));
      expect(await engine.client<typeof keeper>("/keeper").share({ x: 1, trail: [1] })).toBe(development ? "frozen" : "open");
      await until(() => got.length === 2);
      expect(got[0]).toBe(got[1]);
      expect(Object.isFrozen(got[0])).toBe(development);
      const vandal = engine.client<typeof reader>("/a_vandal");
      await until(async () => (await vandal.state()).shared.length === 1);
      expect((await vandal.state()).frozen).toBe(development ? 1 : 0);
    });

    test(`give hands a whole buffer over and detaches it, with receivers or without, and further receivers get copies, in ${mode}`, async () => {
      const engine = await start();
      const client = engine.client<typeof keeper>("/keeper");
      expect(await client.give({ size: 16 })).toBe(0);
      for (const name of ["/judge", "/a_vandal", "/z_vandal"]) {
        const to = engine.client<typeof reader>(name);
        await until(async () => (await to.state()).bytes.length === 1);
        expect((await to.state()).bytes).toEqual([[16, 7]]);
      }
      const error = await rejection(client.give({ size: 16, part: true }));
      expect(error.remote).toMatchObject({ name: "ValueError", message: expect.stringContaining("cannot be given") });
      for (const name of ["/judge", "/a_vandal", "/z_vandal"]) await engine.stopNode(name);
      expect(await client.give({ size: 16 })).toBe(0);
    });

    for (const what of ["function", "instance", "cycle", "symbol", "accessor", "shared", "proto", "surrogate", "promise"]) {
      test(`refuses a value with a part of kind "${what}" by path, in the same words everywhere, in ${mode}`, async () => {
        const engine = await start();
        const client = engine.client<typeof keeper>("/keeper");
        const said = new Set<string>();
        for (const how of ["emit", "call", "param", "share"] as const) {
          const told = await client.refuse({ what, how });
          expect({ how, ...told }).toMatchObject({ how, name: "ValueError", path: expect.stringMatching(/^\$\.a\[1\]/) });
          said.add(told.message.slice(told.message.indexOf("$.a[1]")));
        }
        const result = await rejection(client.refuse({ what, how: "result" }));
        expect(result).toBeInstanceOf(ValueError);
        expect(result.path).toMatch(/^\$\.a\[1\]/);
        said.add(result.message.slice(result.message.indexOf("$.a[1]")));
        expect([...said]).toHaveLength(1);
      });
    }
  }

  test("what a node keeps stays as it came, of whatever size, while more comes and goes: items, inputs and results", async () => {
    const engine = await placement.engine({ nodes: { "/source": { use: "./nodes/hoard.ts" }, "/hoard": { use: "./nodes/hoard.ts" } } });
    const [source, holder] = [engine.client<typeof hoard>("/source"), engine.client<typeof hoard>("/hoard")];
    const [count, step] = [160, 16];
    for (let begin = 0; begin < count; begin += step) {
      await source.send({ other: "/hoard", begin, end: begin + step }, { timeout: 60_000 });
      await until(async () => (await holder.count()) === begin + step);
    }
    expect(await holder.wrong()).toEqual({ items: [], inputs: [], answers: [], held: [count, count, 0] });
    expect(await source.wrong()).toMatchObject({ answers: [], held: [count, 0, count] });
  });

  test("the canonical form arrives as it was sent", async () => {
    const engine = await placement.engine({ nodes: { "/echo": { use: "./nodes/echo.ts" } }, clock: "sim" });
    const error = new RangeError("told", { cause: "why" });
    const values: any[] = [
      null,
      undefined,
      true,
      -0,
      NaN,
      -Infinity,
      2n ** 80n,
      "text",
      [],
      {},
      { a: undefined },
      [undefined],
      new Date(5),
      new Date(NaN),
      new Map<any, any>([[1, { a: new Set(["x"]) }], [{ k: 1 }, 2]]),
      new Set([1, [2]]),
      new Uint8Array([1, 2]),
      new Float64Array([0.5, -0]),
      new BigInt64Array([3n]),
      new Uint8Array([9]).buffer,
      new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1),
      error,
    ];
    for (const value of values) {
      const got = await inTime(engine, engine.call("/echo/echo", value));
      expect(got).toEqual(value);
      if (typeof value === "number") expect(Object.is(got, value)).toBe(true);
      if (typeof value === "object" && value !== null) expect(got).not.toBe(value);
    }
    const whole = new Uint8Array([1, 2, 3, 4]);
    const view = await engine.call<Uint8Array>("/echo/echo", whole.subarray(1, 3));
    expect([view, view.buffer.byteLength]).toEqual([new Uint8Array([2, 3]), 2]);
    const twice = { x: 1 };
    const [a, b] = await engine.call<object[]>("/echo/echo", [twice, twice]);
    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });
});
