import { expect, test } from "vitest";
import type { Counts } from "pyros";
import { describePlacements, type Engine, graphOf, rejection, turns, until } from "./harness.ts";
import type inputs from "./nodes/stream-inputs.ts";
import type reader from "./nodes/stream-reader.ts";
import type { Subscribe } from "./nodes/stream-reader.ts";
import type source from "./nodes/stream-source.ts";
import type updater from "./nodes/stream-update.ts";

const nodes = { "/source": { use: "./nodes/stream-source.ts" }, "/reader": { use: "./nodes/stream-reader.ts" } };
const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const lost = (counts: Counts): number => Object.values(counts.dropped).reduce((a, b) => a + b, 0);

function exact(counts: Counts): Counts {
  expect(counts.sent, JSON.stringify(counts)).toBe(counts.delivered + lost(counts) + counts.waiting);
  return counts;
}

function clients(engine: Engine) {
  const read = engine.client<typeof reader>("/reader");
  return {
    send: engine.client<typeof source>("/source"),
    read,
    subscribe: (how: Subscribe["how"], more: Partial<Subscribe> = {}) => read.subscribe({ id: how, name: "/source/items", how, ...more }),
    counts: async (id: string) => exact(await read.counts(id)),
  };
}

describePlacements("a stream", (placement) => {
  const live = async (more: object = {}) => {
    const engine = await placement.engine({ nodes: { ...nodes, ...more } });
    return { engine, ...clients(engine) };
  };
  const sim = async (more: object = {}, rest: object = {}) => {
    const engine = await placement.engine({ nodes: { ...nodes, ...more }, clock: "sim", ...rest });
    return { engine, ...clients(engine) };
  };

  test("reaches a callback, for await and latest alike", async () => {
    const { send, read, subscribe } = await live();
    for (const how of ["callback", "iterate", "latest"] as const) await subscribe(how);
    await send.emit({ values: [1, { a: 2 }, "three"] });
    await until(async () => (await read.count("iterate")) === 3);
    expect(await read.values("callback")).toEqual([1, { a: 2 }, "three"]);
    expect(await read.values("iterate")).toEqual([1, { a: 2 }, "three"]);
    expect((await read.latest("latest")).latest).toBe("three");
  });

  test("reaches the declared inputs of a node: by latest, by a handler and by for await", async () => {
    const { engine, send } = await live({ "/in": { use: "./nodes/stream-inputs.ts" } });
    const input = engine.client<typeof inputs>("/in");
    const taken = input.take(3);
    await turns();
    await send.emit({ values: [1, 2, 3] });
    await taken;
    expect(await input.state()).toMatchObject({ got: [1, 2, 3], iterated: [1, 2, 3], ended: 1 });
    expect((await input.latest("plain")).latest).toBe(3);
  });

  test("has no item before one was sent: latest is undefined, age is Infinity, info is undefined", async () => {
    const { engine } = await live({ "/in": { use: "./nodes/stream-inputs.ts" } });
    expect(await engine.client<typeof inputs>("/in").latest("plain")).toEqual({ latest: undefined, age: Infinity, info: undefined });
  });

  test("gives every receiver its own copy of what the sender had when it sent", async () => {
    const { send, read, subscribe, engine } = await live();
    await subscribe("writes");
    await subscribe("callback");
    await subscribe("latest");
    const outside = engine.stream<any>("/source/items");
    await send.emitAndMove("items");
    const sent = { x: 0, tags: ["a"] };
    expect(await read.values("writes")).toEqual([sent]);
    expect(await read.values("callback")).toEqual([sent]);
    expect((await read.latest("latest")).latest).toEqual(sent);
    expect(outside.latest).toEqual(sent);
  });

  test.each(["function", "instance", "cycle", "symbol"] as const)(
    "refuses what cannot leave the loop when it is sent, by its path: %s",
    async (kind) => {
      const { send, read, subscribe } = await live();
      await subscribe("callback");
      expect(await send.emitBad(kind)).toMatchObject({
        name: "ValueError",
        path: kind === "cycle" ? expect.stringContaining("$.at[0]") : "$.at[0]",
      });
      await turns();
      expect(await read.count("callback")).toBe(0);
      expect(await read.counts("callback")).toMatchObject({ sent: 0 });
    },
  );

  test("tells stamp, seq, publisher, missed and whether it is shared with every item", async () => {
    const { engine, send, read, subscribe } = await sim();
    await subscribe("informed");
    await subscribe("iterate");
    await send.emit({ values: ["a", "b"] });
    await engine.run({ until: 250 });
    await send.emit({ values: ["c"] });
    for (const id of ["informed", "iterate"]) {
      expect((await read.got(id)).map(({ info }: any) => info)).toEqual([
        { stamp: 0, seq: 1, publisher: "/source", missed: 0, shared: false },
        { stamp: 0, seq: 2, publisher: "/source", missed: 0, shared: false },
        { stamp: 250, seq: 3, publisher: "/source", missed: 0, shared: false },
      ]);
    }
  });

  test("carries a stamp that is comparable on one machine: ms since the epoch in live time", async () => {
    const { send, read, subscribe } = await live();
    await subscribe("informed");
    const before = Date.now();
    await send.emit({ values: [1] });
    const [{ info }] = await read.got("informed");
    expect(info.stamp).toBeGreaterThan(before - 100);
    expect(info.stamp).toBeLessThan(Date.now() + 100);
  });

  test("tells how many items were missed since the one before", async () => {
    const { send, read, subscribe } = await live();
    await subscribe("stuck", { options: { depth: 2 } });
    await send.burst({ count: 8 }); // 0 is in hand, 6 and 7 wait, 1 to 5 are lost
    expect(await read.values("stuck")).toEqual([0]);
    for (const n of [2, 3]) {
      await read.release("stuck");
      await until(async () => (await read.count("stuck")) === n);
    }
    expect((await read.got("stuck")).map(({ value, info }: any) => [value, info.missed])).toEqual([[0, 0], [6, 5], [7, 0]]);
  });

  test("tells what latest has missed, and its age", async () => {
    const { engine, send, read, subscribe } = await sim();
    await subscribe("latest");
    const outside = engine.stream<number>("/source/items");
    await send.emit({ values: [1, 2, 3] });
    await engine.run({ until: 40 });
    for (const { latest, age, info } of [await read.latest("latest"), { latest: outside.latest, age: outside.age, info: outside.info }]) {
      expect({ latest, age, info }).toEqual({
        latest: 3,
        age: 40,
        info: { stamp: 0, seq: 3, publisher: "/source", missed: 2, shared: false },
      });
    }
    expect((await read.latest("latest")).latest).toBe(3); // reading it again gives the same
    exact(outside.counts);
    expect(exact(await read.counts("latest"))).toMatchObject({ sent: 3, delivered: 1, waiting: 0 });
  });

  test("reads as undefined once its latest item is older than maxAge", async () => {
    const { engine, send } = await sim({ "/in": { use: "./nodes/stream-inputs.ts" } });
    const input = engine.client<typeof inputs>("/in");
    await send.emit({ values: ["x"] });
    await engine.run({ until: 100 });
    expect((await input.latest("fresh")).latest).toBe("x");
    await engine.run({ until: 101 });
    expect((await input.latest("fresh")).latest).toBe(undefined);
    expect(await input.latest("plain")).toMatchObject({ latest: "x", age: 101 });
    await send.emit({ values: ["y"] });
    expect((await input.latest("fresh")).latest).toBe("y");
  });

  test("passes the handler of an input what it asks for: the item alone, or with its info", async () => {
    const { engine, send } = await sim({ "/in": { use: "./nodes/stream-inputs.ts" } });
    await send.emit({ values: ["a"] });
    expect(await engine.client<typeof inputs>("/in").state()).toMatchObject({
      got: ["a"],
      infos: [["a", { stamp: 0, seq: 1, publisher: "/source", missed: 0, shared: false }]],
    });
  });

  test("drops the oldest beyond depth: 10 by default, the publisher's hint before that, the subscriber's own value before both", async () => {
    const { send, read, subscribe, counts } = await live();
    const table = [
      ["default", { name: "/source/items" }, 10],
      ["hint", { name: "/source/hinted" }, 3],
      ["own", { name: "/source/hinted", options: { depth: 5 } }, 5],
    ] as const;
    for (const [id, more] of table) await subscribe("stuck", { id, ...more });
    await send.burst({ count: 20 });
    await send.burst({ on: "hinted", count: 20 });
    for (const [id, , depth] of table) {
      expect(await counts(id)).toMatchObject({ sent: 20, delivered: 1, waiting: depth, dropped: { depth: 19 - depth } });
      for (let n = 2; n <= depth + 1; n++) {
        await read.release(id);
        await until(async () => (await read.count(id)) === n);
      }
      expect(await read.values(id)).toEqual([0, ...count(20 - depth, 19)]);
    }
  });

  test("keeps up to depth items for a reader that has not begun to iterate", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("none", { options: { depth: 4 } });
    await send.burst({ count: 9 });
    expect(await counts("none")).toMatchObject({ sent: 9, delivered: 0, waiting: 4, dropped: { depth: 5 } });
    await read.iterate({ id: "none" });
    await until(async () => (await read.count("none")) === 4);
    expect(await read.values("none")).toEqual([5, 6, 7, 8]);
  });

  test("drops the oldest beyond maxBytes, but never the only one", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("stuck", { options: { depth: 1000, maxBytes: 10_000 } });
    await subscribe("none", { id: "small", options: { maxBytes: 10 } });
    await send.bytes({ size: 3000, count: 8 });
    const { waiting, dropped, delivered } = await counts("stuck");
    expect(delivered).toBe(1);
    expect(waiting).toBe(3);
    expect(dropped.bytes).toBe(4);
    await read.release("stuck");
    await until(async () => (await read.count("stuck")) === 2);
    expect((await read.values("stuck"))[1][0]).toBe(5);
    expect(await counts("small")).toMatchObject({ waiting: 1, dropped: { bytes: 7 } });
  });

  test("loses nothing to a synchronous callback that keeps up, up to 65,536 items in one turn, whatever its depth", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("callback", { options: { depth: 1 } });
    await send.burst({ count: 65_536 });
    await until(async () => (await read.count("callback")) === 65_536);
    expect(await read.values("callback")).toEqual(count(0, 65_535));
    expect(await counts("callback")).toMatchObject({ sent: 65_536, delivered: 65_536, waiting: 0 });
  });

  test("drops the oldest, and counts them, beyond 65,536 items in one turn", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("callback", { options: { depth: 1 } });
    await send.burst({ count: 65_536 + 1000 });
    await until(async () => (await counts("callback")).waiting === 0);
    expect(await counts("callback")).toMatchObject({ sent: 66_536, delivered: 65_536, dropped: { turn: 1000 } });
    const values = await read.values("callback");
    expect([values[0], values.at(-1)]).toEqual([1000, 66_535]);
  });

  test("loses nothing to a synchronous callback that keeps up, up to 64 MiB in one turn, and counts what is more", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("callback");
    await send.bytes({ size: 2 ** 20, count: 60 });
    await until(async () => (await counts("callback")).waiting === 0);
    expect(await counts("callback")).toMatchObject({ sent: 60, delivered: 60 });
    await read.close("callback");
    await subscribe("callback", { id: "more" });
    await send.bytes({ size: 2 ** 20, count: 80 });
    await until(async () => (await counts("more")).waiting === 0);
    const { dropped, delivered } = await counts("more");
    expect(dropped.turn).toBeGreaterThanOrEqual(16);
    expect(dropped.turn).toBeLessThan(20);
    expect(delivered).toBe(80 - dropped.turn);
  });

  test("keeps order for a callback that is behind and then catches up", async () => {
    const { send, read, subscribe } = await live();
    await subscribe("stuck", { options: { depth: 100 } });
    await send.burst({ count: 20 });
    let released = true;
    for (let n = 20; released && n < 200; n++) {
      if (n < 40) await send.burst({ from: n, count: 1 });
      released = await read.release("stuck");
      await turns(1);
    }
    expect(await read.values("stuck")).toEqual(count(0, 39));
  });

  test("never throws out of emit because of a subscriber that throws, and that subscriber's node fails alone", async () => {
    const { engine, send, read, subscribe } = await live({ "/other": { use: "./nodes/stream-reader.ts", restart: "never" } });
    const other = engine.client<typeof reader>("/other");
    await other.subscribe({ id: "t", name: "/source/items", how: "throws" });
    await subscribe("callback");
    await send.emit({ values: [1, 2] });
    await send.emit({ values: [3] });
    expect(await read.values("callback")).toEqual([1, 2, 3]);
    expect(engine.nodes.map(({ name, status }) => `${name} ${status}`)).toEqual(["/other failed", "/reader running", "/source running"]);
  });

  test("goes on calling a callback from outside the nodes that throws", async () => {
    const { engine, send } = await live();
    const got: number[] = [];
    const subscription = engine.stream<number>("/source/items").on((value) => {
      got.push(value);
      throw new Error("from outside");
    });
    await send.emit({ values: [1, 2] });
    await send.emit({ values: [3] });
    expect(got).toEqual([1, 2, 3]);
    expect(exact(subscription.counts)).toMatchObject({ delivered: 3 });
  });

  test("is not held up by a slow subscriber: the others get everything, and emit does not wait", async () => {
    const { send, read, subscribe, counts } = await live();
    await subscribe("stuck");
    await subscribe("callback");
    const time = await send.emitTimed({ count: 50_000 });
    await until(async () => (await read.count("callback")) === 50_000);
    expect(await counts("callback")).toMatchObject({ delivered: 50_000 });
    expect(await counts("stuck")).toMatchObject({ sent: 50_000, delivered: 1, waiting: 10, dropped: { depth: 49_989 } });
    expect(time).toBeLessThan(2000);
  });

  test("of 1,000,000 items to a stuck subscriber takes bounded memory, and the loss is counted", async () => {
    const { send, subscribe, counts } = await live();
    await subscribe("stuck", { options: { depth: 100 } });
    await subscribe("none");
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    for (let i = 0; i < 10; i++) {
      await send.burst({ from: i * 100_000, count: 100_000 });
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    await until(async () => (await counts("stuck")).waiting === 100);
    const { sent, delivered, dropped } = await counts("stuck");
    expect({ sent, delivered, lost: dropped.depth + dropped.turn }).toEqual({ sent: 1_000_000, delivered: 1, lost: 999_899 });
    expect(await counts("none")).toMatchObject({ sent: 1_000_000, delivered: 0, waiting: 10 });
    expect(most / 2 ** 20).toBeLessThan(160); // what is garbage counts too, until it is collected
  });

  test("takes as long for a deep queue as for a shallow one", async () => {
    const { send, subscribe, counts } = await live();
    await subscribe("stuck", { options: { depth: 200_000 } });
    const start = performance.now();
    for (let i = 0; i < 10; i++) await send.burst({ count: 50_000 });
    await until(async () => (await counts("stuck")).waiting === 200_000);
    expect(await counts("stuck")).toMatchObject({ sent: 500_000, dropped: { depth: 299_999 } });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("that is latched greets whoever subscribes later with the last item, as it was sent", async () => {
    const { send, read, subscribe, counts } = await live();
    await send.emit({ on: "latched", values: ["a"] });
    await send.emitAndMove("latched");
    for (const how of ["informed", "iterate", "latest"] as const) await subscribe(how, { name: "/source/latched" });
    await turns();
    const sent = { x: 0, tags: ["a"] };
    expect(await read.got("informed")).toMatchObject([{ value: sent, info: { seq: 2, publisher: "/source", missed: 0, shared: false } }]);
    expect(await read.values("iterate")).toEqual([sent]);
    expect(await read.latest("latest")).toMatchObject({ latest: sent, info: { seq: 2 } });
    await subscribe("writes", { name: "/source/latched" });
    await subscribe("callback", { name: "/source/latched" });
    expect(await read.values("callback")).toEqual([sent]); // not what the one before wrote
    for (const id of ["informed", "iterate", "latest"]) expect(await counts(id)).toMatchObject({ sent: 1, delivered: 1 });
    await send.emit({ on: "latched", values: [{ x: 5 }] });
    await turns();
    expect(await read.values("callback")).toEqual([sent, { x: 5 }]);
    expect(await counts("informed")).toMatchObject({ sent: 2, delivered: 2 });
  });

  test("that is latched has nothing to greet with before the first item, and gives an item that is on its way once", async () => {
    const { engine, send, read, subscribe, counts } = await live();
    await subscribe("callback", { name: "/source/latched" });
    await turns();
    expect(await read.count("callback")).toBe(0);
    const sending = send.emit({ on: "latched", values: ["x"] });
    await subscribe("callback", { id: "meanwhile", name: "/source/latched" });
    await sending;
    await turns();
    expect(await read.values("meanwhile")).toEqual(["x"]);
    expect(await read.values("callback")).toEqual(["x"]);
    // Subscribed in the turn in which it was sent, before it was delivered.
    const publisher = engine.publisher<number>("/outside", { latched: true });
    publisher.emit(1);
    const got: number[] = [];
    const subscription = engine.stream<number>("/outside").on((value) => void got.push(value));
    exact(subscription.counts);
    await turns();
    expect(got).toEqual([1]);
    expect(exact(subscription.counts)).toMatchObject({ sent: 1, delivered: 1, waiting: 0 });
    expect(await counts("meanwhile")).toMatchObject({ sent: 1, delivered: 1 });
  });

  test("that several nodes publish latched greets with the last item of each", async () => {
    const { engine, send, read, subscribe, counts } = await live({ "/second": { use: "./nodes/stream-source.ts" } });
    await send.emit({ on: "/commonLatched", values: [1, 2] });
    await engine.client<typeof source>("/second").emit({ on: "/commonLatched", values: [3] });
    await subscribe("informed", { name: "/commonLatched" });
    await turns();
    const greeted = (await read.got("informed")).map(({ value, info }: any) => [value, info.publisher, info.seq]);
    expect(greeted.sort((a: any, b: any) => a[0] - b[0])).toEqual([[2, "/source", 2], [3, "/second", 1]]); // from two nodes: in any order
    expect(await counts("informed")).toMatchObject({ sent: 2, delivered: 2 });
  });

  test("that several nodes publish under one absolute name reaches a subscriber from all, each with its own seq", async () => {
    const { engine, send, read, subscribe, counts } = await live({ "/second": { use: "./nodes/stream-source.ts" } });
    await subscribe("informed", { name: "/common" });
    await send.emit({ on: "/common", values: ["a", "b"] });
    await engine.client<typeof source>("/second").emit({ on: "/common", values: ["c"] });
    await send.emit({ on: "/common", values: ["d"] });
    expect((await read.got("informed")).map(({ value, info }: any) => [value, info.publisher, info.seq])).toEqual([
      ["a", "/source", 1],
      ["b", "/source", 2],
      ["c", "/second", 1],
      ["d", "/source", 3],
    ]);
    expect(await counts("informed")).toMatchObject({ sent: 4, delivered: 4 });
  });

  test("with maxRate at the publisher is thinned at the source, and the last item is always delivered", async () => {
    const { engine, send, read, subscribe, counts } = await sim();
    await subscribe("informed", { name: "/source/thin" }); // 10 Hz
    await send.burst({ on: "thin", count: 5 });
    const before = await counts("informed");
    expect(before).toMatchObject({ delivered: 1, dropped: { maxRate: 3 } });
    expect([0, 1]).toContain(before.waiting); // what the source holds back is known where it is
    await engine.run({ until: 99 });
    expect(await read.values("informed")).toEqual([0]);
    await engine.run({ until: 100 });
    expect((await read.got("informed")).map(({ value, info }: any) => [value, info.seq, info.missed])).toEqual([[0, 1, 0], [4, 5, 3]]);
    await send.emit({ on: "thin", values: ["within"] });
    await engine.run({ until: 199 });
    expect(await read.count("informed")).toBe(2);
    await engine.run({ until: 5000 });
    expect(await read.values("informed")).toEqual([0, 4, "within"]);
    await send.emit({ on: "thin", values: ["after"] });
    expect(await read.values("informed")).toEqual([0, 4, "within", "after"]); // it was quiet: no wait
    expect(await counts("informed")).toMatchObject({ sent: 7, delivered: 4, waiting: 0, dropped: { maxRate: 3 } });
  });

  test("with maxRate at a subscriber is thinned for it alone, and the last item is always delivered", async () => {
    const { engine, read, send, subscribe, counts } = await sim();
    await subscribe("callback");
    for (const [id, how] of [["slow", "callback"], ["slow-await", "iterate"], ["slow-latest", "latest"]] as const) {
      await subscribe(how, { id, options: { maxRate: 10 } });
    }
    for (let i = 0; i < 25; i++) {
      await send.burst({ from: i, count: 1 });
      await engine.run({ until: (i + 1) * 10 });
    }
    expect(await read.values("callback")).toEqual(count(0, 24));
    await counts("slow-latest");
    await engine.run({ until: 1000 });
    expect(await read.values("slow")).toEqual([0, 9, 19, 24]);
    expect(await read.values("slow-await")).toEqual([0, 9, 19, 24]);
    expect((await read.latest("slow-latest")).latest).toBe(24);
    expect(await counts("slow")).toMatchObject({ sent: 25, delivered: 4, dropped: { maxRate: 21 }, waiting: 0 });
    expect(await counts("slow-await")).toMatchObject({ sent: 25, delivered: 4, dropped: { maxRate: 21 } });
  });

  test("with maxRate delivers the last item also when its publisher stops before its time", async () => {
    const { engine, send, read, subscribe, counts } = await sim();
    await subscribe("callback", { name: "/source/thin" });
    await send.burst({ on: "thin", count: 5 });
    await engine.stopNode("/source");
    await engine.run({ until: 1000 });
    expect(await read.values("callback")).toEqual([0, 4]);
    expect(await counts("callback")).toMatchObject({ sent: 5, delivered: 2, dropped: { maxRate: 3 }, waiting: 0 });
  });

  test("with maxRate and latched greets with the newest item, once", async () => {
    const { engine, send, read, subscribe, counts } = await sim();
    await send.burst({ on: "thinLatched", count: 3 });
    await subscribe("callback", { name: "/source/thinLatched" });
    expect(await read.values("callback")).toEqual([2]);
    await engine.run({ until: 1000 });
    expect(await read.values("callback")).toEqual([2]);
    expect(await counts("callback")).toMatchObject({ sent: 1, delivered: 1, waiting: 0 });
  });

  test("with share hands all receivers one value, frozen while developing", async () => {
    const { engine, send } = await live();
    const got: any[] = [];
    const readers = [0, 1].map(() => engine.stream<any>("/source/shared").on((value) => void got.push(value)));
    expect(await send.shareAndWrite()).toBe("TypeError");
    expect(got).toHaveLength(2);
    expect(readers.map(({ info }) => info?.shared)).toEqual([true, true]);
    if (placement.name === "loop") expect(got[0]).toBe(got[1]);
    expect(() => (got[0].deep.x = 3)).toThrow(TypeError);
    expect(() => got[0].list.push(2)).toThrow(TypeError);
    expect(got[0]).toEqual({ list: [1], deep: { x: 1 } });
  });

  test("with share does not freeze outside development", async () => {
    const engine = await placement.engine({ nodes, development: false });
    expect(await engine.client<typeof source>("/source").shareAndWrite()).toBe("written");
  });

  test("takes the memory of what is given, detached at the sender, and gives further receivers copies", async () => {
    const { engine, send } = await live();
    const got: any[] = [];
    for (let i = 0; i < 3; i++) engine.stream<any>("/source/items").on((value) => void got.push(value));
    expect(await send.give({ kind: "whole" })).toEqual({ left: 0, buffer: 0 });
    expect(got.map(({ pixels }) => [...pixels])).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]);
    expect(new Set(got.map(({ pixels }) => pixels.buffer)).size).toBe(3);
    got[0].pixels[0] = 99;
    expect(got[1].pixels[0]).toBe(1);
  });

  test("takes the memory of what is given also when nobody subscribes, and when the item is dropped", async () => {
    const { send, subscribe } = await live();
    expect(await send.give({ kind: "whole" })).toEqual({ left: 0, buffer: 0 });
    await subscribe("stuck", { options: { depth: 1 } });
    for (let i = 0; i < 4; i++) expect(await send.give({ kind: "whole" })).toEqual({ left: 0, buffer: 0 });
    expect(await send.give({ kind: "whole", on: "thin" })).toEqual({ left: 0, buffer: 0 });
    expect(await send.give({ kind: "whole", on: "thin" })).toEqual({ left: 0, buffer: 0 });
  });

  test("greets with what was given, and each receiver gets its own", async () => {
    const { engine, send } = await live();
    await send.give({ kind: "whole", on: "latched" });
    const got: any[] = [];
    for (let i = 0; i < 2; i++) {
      engine.stream<any>("/source/latched").on((value) => void got.push(value));
      await turns();
      got.at(-1).pixels[0] = 99;
    }
    expect(got.map(({ pixels }) => [...pixels])).toEqual([[99, 2, 3, 4], [99, 2, 3, 4]]);
    expect(got[0].pixels.buffer).not.toBe(got[1].pixels.buffer);
  });

  test.each(["partial", "pooled", "twice"] as const)(
    "refuses to give away a buffer of which others have a part, and detaches nothing: %s",
    async (kind) => {
      const { send, read, subscribe } = await live();
      await subscribe("callback");
      expect(await send.give({ kind })).toMatchObject({ error: "ValueError", left: 4 });
      expect(await read.count("callback")).toBe(0);
    },
  );

  test("goes through an operator that is a user's async generator, and leaving it leaves nothing behind", async () => {
    const { engine, send, read, subscribe } = await live();
    const before = graphOf(engine).subscriptions;
    await subscribe("operator", { take: 3 });
    await send.emit({ values: [1, 2, 3, 4] });
    await send.emit({ values: [5, 6, 7, 8] });
    await until(() => read.ended("operator"));
    expect(await read.values("operator")).toEqual([4, 8, 12]);
    expect(graphOf(engine).subscriptions).toEqual(before);
  });

  test("is left by break, and nothing is left behind: the subscription is gone and what waited is counted", async () => {
    const { engine, send, read, subscribe, counts } = await live();
    await subscribe("iterate", { take: 2 });
    expect(graphOf(engine).subscriptions).toEqual(["/source/items of /reader"]);
    await send.emit({ values: [1, 2, 3, 4] });
    await until(() => read.ended("iterate"));
    expect(graphOf(engine).subscriptions).toEqual([]);
    // What one node emits in one turn comes to another in one, unless it takes long: then the rest comes to nobody.
    const { sent } = await counts("iterate");
    if (placement.name === "loop") expect(sent).toBe(4);
    expect(await counts("iterate")).toMatchObject({ sent, delivered: 2, waiting: 0, dropped: { closed: sent - 2 } });
    await send.emit({ values: [5] });
    expect(await counts("iterate")).toMatchObject({ sent });
    expect(await read.values("iterate")).toEqual([1, 2]);
  });

  test("ends the loop of a reader when the subscription closes", async () => {
    const { read, send, subscribe } = await live();
    await subscribe("iterate");
    await send.emit({ values: [1] });
    await read.close("iterate");
    await until(() => read.ended("iterate"));
    expect(await read.values("iterate")).toEqual([1]);
  });

  test("lets a declared input be read by a loop again after a break, and keeps it open", async () => {
    const { engine, send } = await live({ "/in": { use: "./nodes/stream-inputs.ts" } });
    const input = engine.client<typeof inputs>("/in");
    for (let i = 1; i <= 2; i++) {
      const taken = input.take(1);
      await turns();
      await send.emit({ values: [i] });
      await taken;
    }
    expect(await input.state()).toMatchObject({ iterated: [1, 2], ended: 2 });
    exact(await input.counts("iterated"));
  });

  test("settles what waits for an item when the iterator of a declared input is given back", async () => {
    const { engine, send } = await live({ "/in": { use: "./nodes/stream-inputs.ts" } });
    const input = engine.client<typeof inputs>("/in");
    await input.giveBack(undefined, { timeout: 500 });
    expect((await input.state()).settled).toEqual([{ done: true, value: undefined }, { done: true, value: undefined }]);
    await send.emit({ values: [1] });
    exact(await input.counts("iterated"));
  });

  test("counts what a latest reader did not read as dropped by latest", async () => {
    const { engine, send } = await sim({ "/up": { use: "./nodes/stream-update.ts" } }, { rate: 10 });
    const up = engine.client<typeof updater>("/up");
    await send.emit({ values: [1, 2, 3] });
    await engine.step();
    await send.emit({ values: [4] });
    await engine.step(2);
    expect(await up.seen()).toEqual([[3, 2], [4, 0], [4, 0]]);
    expect(exact(await up.counts())).toEqual({
      sent: 4,
      delivered: 2,
      waiting: 0,
      dropped: { depth: 0, bytes: 0, latest: 2, turn: 0, maxRate: 0, link: 0, closed: 0 },
    });
  });

  test("counts nothing from before a subscription, and nothing after its end", async () => {
    const { read, send, subscribe, counts } = await live();
    await send.emit({ values: [1, 2] });
    await subscribe("callback");
    await send.emit({ values: [3] });
    await read.close("callback");
    await send.emit({ values: [4] });
    expect(await counts("callback")).toMatchObject({ sent: 1, delivered: 1, waiting: 0 });
    expect(await read.values("callback")).toEqual([3]);
  });

  test.each([
    [{ depth: 0 }, "depth"],
    [{ depth: 1.5 }, "depth"],
    [{ maxBytes: 0 }, "maxBytes"],
    [{ maxRate: -1 }, "maxRate"],
    [{ maxAge: NaN }, "maxAge"],
  ])("refuses a subscription with an option out of its range, by its name: %j", async (options, word) => {
    const { read } = await live();
    expect(await read.refused({ name: "/source/items", options })).toMatchObject({
      name: "DeclarationError",
      message: expect.stringContaining(word),
    });
  });

  test("refuses a publisher with an option out of its range, and a second publisher of one node", async () => {
    const { engine } = await live();
    for (const options of [{ depth: 0 }, { maxRate: 0 }, { maxRate: NaN }]) expect(() => engine.publisher("/x", options)).toThrow(/\/x/);
    const first = engine.publisher("/x");
    expect(() => engine.publisher("/x")).toThrow(/publishes \/x already/);
    first.close();
    engine.publisher("/x").close();
  });

  test("goes on for a subscriber while its publisher stops and starts again, and seq begins anew", async () => {
    const { engine, send, read, subscribe, counts } = await live();
    await subscribe("informed");
    await send.emit({ values: [1] });
    await engine.restartNode("/source");
    await send.emit({ values: [2] });
    expect((await read.got("informed")).map(({ value, info }: any) => [value, info.seq])).toEqual([[1, 1], [2, 1]]);
    expect(await counts("informed")).toMatchObject({ sent: 2, delivered: 2 });
  });

  test("gives a subscriber that stops nothing more, and leaves no subscription", async () => {
    const { engine, send, subscribe } = await live();
    await subscribe("callback");
    await subscribe("iterate");
    await engine.stopNode("/reader");
    await send.emit({ values: [1] });
    expect(graphOf(engine).subscriptions).toEqual([]);
  });

  test("refuses to subscribe or publish on an engine that has closed", async () => {
    const { engine, send } = await live();
    await engine.close();
    expect(() => engine.stream("/source/items")).toThrow(/closed/);
    expect(() => engine.publisher("/x")).toThrow(/closed/);
    expect((await rejection(send.name())).name).toBe("StateError");
  });
});
