import { describe, expect, test } from "vitest";
import { Dispatcher } from "../../src/dispatch/dispatcher.ts";
import { createGraphWorld } from "../../src/graph/world.ts";
import { Fifo } from "../../src/stream/fifo.ts";
import { Losses } from "../../src/stream/losses.ts";
import { Streams } from "../../src/stream/streams.ts";
import type { Subscription } from "../../src/stream/subscription.ts";
import type { Counts } from "../../src/stream/counts.ts";
import { Thinner } from "../../src/stream/thinner.ts";
import { SimClock } from "../../src/time/clock.ts";
import { droppedOf, settle, simBench } from "./support.ts";

const ignore = (): void => {};
const who = (name: string) => ({ name });

function exact(counts: Counts): Counts {
  expect(counts.sent, JSON.stringify(counts)).toBe(counts.delivered + droppedOf(counts) + counts.waiting);
  return counts;
}

describe("more than 65,536 items in one turn", () => {
  test("are dropped, oldest first, and counted exactly for subscribers that came before, meanwhile and after", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const got: number[][] = [[], [], []];
    const subscribe = (i: number) => bench.streams.subscribe<number>("/s", who(`/r${i}`), {}, true, ignore).on((n) => void got[i]!.push(n));
    const readers = [subscribe(0)];
    for (let i = 0; i < 60_000; i++) publisher.emit(i);
    readers.push(subscribe(1));
    for (let i = 60_000; i < 130_000; i++) publisher.emit(i);
    for (const { counts } of readers) exact(counts);
    readers.push(subscribe(2));
    for (let i = 130_000; i < 140_000; i++) publisher.emit(i);
    for (const { counts } of readers) exact(counts);
    settle(bench);
    for (const { counts } of readers) exact(counts);
    expect(readers.map(({ counts }) => [counts.sent, counts.delivered, counts.dropped.turn])).toEqual([
      [140_000, 65_536, 74_464],
      [80_000, 65_536, 14_464],
      [10_000, 10_000, 0],
    ]);
    expect(got[0]![0]).toBe(140_000 - 65_536);
  });

  test("may come from inside a callback of the same stream, and are counted exactly", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    let flooded = false;
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, true, ignore);
    const infos: number[] = [];
    reader.on((_, info) => {
      infos.push(info.missed);
      if (flooded) return;
      flooded = true;
      for (let i = 0; i < 100_000; i++) publisher.emit(i);
      exact(reader.counts);
    });
    for (let i = 0; i < 20; i++) publisher.emit(i);
    settle(bench);
    expect(exact(reader.counts)).toMatchObject({ sent: 100_020, waiting: 0 });
    expect(infos.reduce((a, b) => a + b, 0)).toBe(droppedOf(reader.counts));
  });

  test("of several publishers, one item at a time, take bounded room in the dispatcher", () => {
    const bench = simBench();
    const publishers = [bench.streams.publish("/s", who("/p")), bench.streams.publish("/s", who("/q"))];
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, true, ignore).on(ignore);
    for (let i = 0; i < 300_000; i++) publishers[i % 2]!.emit(i);
    expect(bench.dispatcher.waiting).toBeLessThanOrEqual(3 * 65_536);
    exact(reader.counts);
    settle(bench);
    expect(exact(reader.counts)).toMatchObject({ sent: 300_000, delivered: 65_536 });
  });
});

describe("a subscription", () => {
  test("gets what is sent after it came, although an item from before it is still held back by maxRate", async () => {
    const clock = new SimClock();
    const dispatcher = new Dispatcher(clock); // of live time, by a clock that the test holds
    const streams = new Streams(dispatcher, createGraphWorld(), true);
    const publisher = streams.publish("/s", who("/p"), { maxRate: 100 });
    const got: number[][] = [[], []];
    const subscribe = (i: number) => streams.subscribe<number>("/s", who(`/r${i}`), {}, true, ignore).on((n) => void got[i]!.push(n));
    const first = subscribe(0);
    publisher.emit(1);
    publisher.emit(2); // held
    const second = subscribe(1);
    void dispatcher.turn;
    clock.advance(10); // lets 2 go
    clock.advance(20);
    publisher.emit(3); // in the same turn, before anything was delivered
    for (const { counts } of [first, second]) exact(counts);
    await new Promise((resolve) => setImmediate(resolve));
    for (const { counts } of [first, second]) expect(exact(counts).waiting).toBe(0);
    expect(got).toEqual([[1, 2, 3], [3]]);
    dispatcher.close();
  });

  test("has the newest item as latest also while its callback is busy with an older one", async () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore).on(() => new Promise(() => {}));
    for (const n of [1, 2, 3]) publisher.emit(n);
    settle(bench);
    expect(reader.latest).toBe(3);
    expect(exact(reader.counts)).toMatchObject({ delivered: 1, waiting: 2 });
  });

  test("has the item that its callback was called with as latest, also when another one reads it, and when items are copies", () => {
    for (const share of [true, false]) {
      const bench = simBench();
      const publisher = bench.streams.publish("/s", who("/p"), { share });
      const subscribe = (name: string) => bench.streams.subscribe<{ n: number }>("/s", who(name), {}, false, ignore);
      const first = subscribe("/a");
      const second = subscribe("/b");
      const got: [number, boolean, number | undefined][] = [];
      first.on((item) => void got.push([item.n, first.latest === item, second.latest?.n]));
      second.on((item) => void got.push([item.n, second.latest === item, first.latest?.n]));
      for (const n of [1, 2]) publisher.emit({ n });
      settle(bench);
      expect(got).toEqual([[1, true, undefined], [2, true, undefined], [1, true, 2], [2, true, 2]]);
      expect([first.latest, second.latest]).toEqual([{ n: 2 }, { n: 2 }]);
    }
  });

  test("has its account, and what tells of an item, up to date at every call of its callback; errors and promises do not hold that up", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const errors: unknown[] = [];
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, (error) => void errors.push(error));
    const got: unknown[] = [];
    reader.on((n) => {
      const { delivered, waiting } = exact(reader.counts);
      got.push([n, delivered, waiting, reader.info?.seq]);
      if (n === 2) throw new Error("two");
      return n === 4 ? "no promise" : undefined;
    });
    for (let n = 1; n <= 5; n++) publisher.emit(n);
    settle(bench);
    expect(got).toEqual([[1, 1, 4, 1], [2, 2, 3, 2], [3, 3, 2, 3], [4, 4, 1, 4], [5, 5, 0, 5]]);
    expect(errors).toHaveLength(1);
  });

  test("goes on with another callback, holds still or ends from the item on during which it was told to", () => {
    const told: Record<string, (reader: Subscription<number>, got: string[]) => void> = {
      on: (reader, got) => void reader.on((n) => void got.push(`other ${n}`)),
      pause: (reader) => reader.pause(),
      close: (reader) => reader.close(),
    };
    const after = { on: ["1", "2", "other 3", "other 4"], pause: ["1", "2"], close: ["1", "2"] };
    for (const how of ["on", "pause", "close"] as const) {
      const bench = simBench();
      const publisher = bench.streams.publish("/s", who("/p"));
      const got: string[] = [];
      const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore);
      reader.on((n) => {
        got.push(String(n));
        if (n === 2) told[how]!(reader, got);
      });
      for (let n = 1; n <= 4; n++) publisher.emit(n);
      settle(bench);
      expect(got).toEqual(after[how]);
      expect(exact(reader.counts)).toMatchObject({ delivered: got.length, waiting: how === "pause" ? 2 : 0 });
      expect(reader.latest).toBe(how === "close" ? 2 : 4);
    }
  });

  test("keeps its latest when what came after it was dropped on its way", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore).on(() => {});
    for (let n = 0; n < 70_000; n++) {
      publisher.emit(n);
      bench.dispatcher.send({ sender: who("/p"), deliver: () => {} }); // each item is a run of its own
    }
    settle(bench);
    expect(reader.latest).toBe(69_999);
    expect(exact(reader.counts)).toMatchObject({ sent: 70_000, delivered: 65_536 });
  });

  test("gets each item with the moment in which it was emitted, when time moves on before it is delivered", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const stamps: number[] = [];
    bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore).on((_, { stamp }) => void stamps.push(stamp));
    for (const moment of [0, 5, 5, 7]) {
      bench.clock.advance(moment);
      publisher.emit(moment);
      publisher.emit(moment);
    }
    settle(bench);
    expect(stamps).toEqual([0, 0, 5, 5, 5, 5, 7, 7]);
  });

  test("that is read by latest first and by a loop then goes on with what comes", async () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, true, ignore);
    for (const n of [1, 2]) publisher.emit(n);
    settle(bench);
    expect(reader.latest).toBe(2);
    expect(exact(reader.counts)).toMatchObject({ delivered: 1, dropped: { latest: 1 } });
    const loop = reader[Symbol.asyncIterator]();
    for (const n of [3, 4]) publisher.emit(n);
    settle(bench);
    expect(reader.latest).toBe(4); // a look, which takes nothing from the loop
    expect([(await loop.next()).value, (await loop.next()).value]).toEqual([3, 4]);
    expect(exact(reader.counts)).toMatchObject({ sent: 4, delivered: 3, waiting: 0 });
  });

  test("gives each item to one of two loops, and what one of them waited for to the other when it leaves", async () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore);
    const [a, b] = [reader[Symbol.asyncIterator](), reader[Symbol.asyncIterator]()];
    const first = a.next();
    const second = b.next();
    await a.return!();
    publisher.emit(1);
    settle(bench);
    expect(await first).toEqual({ done: true, value: undefined });
    expect(await second).toEqual({ done: false, value: 1 });
    exact(reader.counts);
  });

  test("keeps the newest of what waited as latest when its last loop is left", async () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), {}, false, ignore);
    const loop = reader[Symbol.asyncIterator]();
    for (const n of [1, 2, 3]) publisher.emit(n);
    settle(bench);
    await loop.next();
    await loop.return!();
    expect(exact(reader.counts)).toMatchObject({ delivered: 1, waiting: 1, dropped: { latest: 1 } });
    expect(reader.latest).toBe(3);
    expect(exact(reader.counts)).toMatchObject({ delivered: 2, waiting: 0 });
  });

  test("counts what waits when it closes as closed, also what maxRate holds back for it", () => {
    const bench = simBench();
    const publisher = bench.streams.publish("/s", who("/p"));
    const reader = bench.streams.subscribe<number>("/s", who("/r"), { maxRate: 1 }, true, ignore).on(ignore);
    for (const n of [1, 2, 3]) publisher.emit(n);
    settle(bench);
    publisher.emit(4);
    expect(exact(reader.counts)).toMatchObject({ delivered: 1, waiting: 2, dropped: { maxRate: 1 } });
    reader.close();
    expect(exact(reader.counts)).toMatchObject({ delivered: 1, waiting: 0, dropped: { maxRate: 1, closed: 2 } });
    expect(bench.clock.timers.size).toBe(0);
    reader.close();
    expect(exact(reader.counts)).toMatchObject({ sent: 4 });
  });

  test("leaves no topic, entity or timer behind when all have left", () => {
    const bench = simBench();
    for (let i = 0; i < 3; i++) {
      const publisher = bench.streams.publish("/s", who("/p"), { maxRate: 1, latched: true });
      const reader = bench.streams.subscribe<number>("/s", who("/r"), { maxRate: 1 }, true, ignore);
      for (const n of [1, 2, 3]) publisher.emit(n);
      settle(bench);
      bench.streams.unpublish(publisher);
      bench.streams.unpublish(publisher);
      settle(bench);
      reader.close();
      expect(bench.clock.timers.size).toBe(0);
      expect(bench.world.stream.filter((entry) => entry !== undefined)).toEqual([]);
      expect(bench.world.subscription.filter((entry) => entry !== undefined)).toEqual([]);
    }
  });
});

describe("Fifo", () => {
  test("keeps the order over any number of pushes and shifts", () => {
    const fifo = new Fifo<number>();
    let next = 0;
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      for (let n = 0; n < i % 7; n++) fifo.push(next++);
      for (let n = 0; n < i % 5; n++) if (fifo.length > 0) expect(fifo.shift()).toBe(taken++);
    }
    expect(fifo.length).toBe(next - taken);
    while (fifo.length > 0) expect(fifo.shift()).toBe(taken++);
    expect([fifo.shift(), fifo.length, taken]).toEqual([undefined, 0, next]);
  });
});

describe("Losses", () => {
  test("tells of each loss once, by the first item after it", () => {
    const losses = new Losses();
    for (const order of [2, 3, 4, 9, 6]) losses.add(order);
    expect([losses.take(1), losses.take(5), losses.take(8), losses.empty, losses.take(10), losses.empty]).toEqual([
      0,
      3,
      1,
      false,
      1,
      true,
    ]);
  });

  test("forgets none of very many", () => {
    const losses = new Losses();
    for (let order = 0; order < 10_000; order += 3) losses.add(order);
    expect(losses.take(Infinity)).toBe(3334);
  });
});

describe("Thinner", () => {
  test("lets the first pass, then the newest of each period, and the last one always", () => {
    const clock = new SimClock();
    const passed: [number, number][] = [];
    const dropped: number[] = [];
    const thinner = new Thinner<number>(clock, 10, (n) => passed.push([n, clock.now()]), (n) => dropped.push(n));
    for (let n = 0; n < 25; n++) {
      clock.advance(n * 10);
      thinner.offer(n);
    }
    clock.advance(300);
    clock.advance(1000);
    thinner.offer(25);
    expect(passed).toEqual([[0, 0], [9, 100], [19, 200], [24, 300], [25, 1000]]);
    expect(passed.length + dropped.length).toBe(26);
    expect(clock.timers.size).toBe(0);
  });
});
