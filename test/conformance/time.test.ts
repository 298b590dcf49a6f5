import fc from "fast-check";
import { expect, test } from "vitest";
import { NodeStartError, StateError } from "pyros";
import { describePlacements, type EngineConfig, inTime, rejection, turns, until, watched } from "./harness.ts";
import type restless from "./nodes/restless.ts";
import type rounds from "./nodes/rounds.ts";
import type sleeper from "./nodes/sleeper.ts";
import type board from "./nodes/time-board.ts";
import type ticker from "./nodes/ticker.ts";

const nodes = { "/sleeper": { use: "./nodes/sleeper.ts" }, "/ticker": { use: "./nodes/ticker.ts" } };

describePlacements("simulated time", (placement) => {
  const sim = async (config: EngineConfig = {}) => {
    const engine = await placement.engine({ clock: "sim", rate: 50, nodes, ...config });
    return { engine, sleep: engine.client<typeof sleeper>("/sleeper"), tick: engine.client<typeof ticker>("/ticker") };
  };
  const still = { "/sleeper": nodes["/sleeper"] };

  test("begins at 0 and stands still until it is told to run", async () => {
    const { engine, sleep, tick } = await sim();
    await turns(20);
    expect(engine.time).toBe(0);
    expect(await sleep.time()).toBe(0);
    expect((await tick.look()).frames).toBe(0);
  });

  test("does not run while places for nodes are made, whoever sleeps meanwhile", async () => {
    const { engine } = await sim({ nodes: { "/restless": { use: "./nodes/restless.ts" }, ...nodes } });
    expect(engine.time).toBe(0);
    await engine.run({ until: 1000 });
    expect(await engine.client<typeof restless>("/restless").turns()).toBe(100);
  });

  test("runs for seconds, until a time and for frames, exactly", async () => {
    const { engine, tick } = await sim();
    await engine.run({ seconds: 2 });
    expect([engine.time, (await tick.look()).frames]).toEqual([2000, 100]);
    await engine.run({ until: 2500 });
    expect([engine.time, (await tick.look()).frames]).toEqual([2500, 125]);
    await engine.run({ frames: 5 });
    expect([engine.time, (await tick.look()).frames]).toEqual([2600, 130]);
    await engine.run({ until: 2610 });
    await engine.run({ frames: 1 });
    expect([engine.time, (await tick.look()).frames]).toEqual([2620, 131]);
    await engine.run({ until: 100 }); // past
    expect(engine.time).toBe(2620);
    await engine.run({ seconds: 1, frames: 3, until: 1e9 }); // the first that is reached
    expect(engine.time).toBe(2680);
  });

  test("steps one frame, or several", async () => {
    const { engine, tick } = await sim();
    await engine.step();
    expect([engine.time, (await tick.look()).frames]).toEqual([20, 1]);
    await engine.step(9);
    expect([engine.time, (await tick.look()).frames]).toEqual([200, 10]);
    expect((await tick.look()).times).toEqual(Array.from({ length: 10 }, (_, i) => (i + 1) * 20));
    expect((await tick.look()).dt).toEqual([1 / 50]);
  });

  test("keeps its frames on the grid of the rate, also where a period is no whole number", async () => {
    const { engine, tick } = await sim({ rate: 60 });
    await engine.run({ seconds: 100 });
    const { frames, times } = await tick.look();
    expect(frames).toBe(6000);
    for (const i of [0, 1, 6, 59, 5999]) expect(times[i]).toBe(((i + 1) * 1000) / 60);
  });

  test("runs until a promise settles, and a promise of an earlier run ends no later one", async () => {
    const { engine, sleep } = await sim();
    const call = sleep.sleep(1234, { timeout: 10_000 });
    await engine.run({ until: call });
    expect(await call).toBe(1234);
    expect(engine.time).toBeLessThan(1234 + 21);
    let settle!: () => void;
    await engine.run({ until: new Promise<void>((resolve) => (settle = resolve)), frames: 1 });
    const { time } = engine;
    const running = engine.run({ seconds: 50 });
    settle();
    await running;
    expect(engine.time).toBe(time + 50_000);
  });

  test("runs until nothing is left to happen, where there are no frames", async () => {
    const { engine, sleep } = await sim({ nodes: still });
    await sleep.doze([10, 5000, 70]);
    await engine.run();
    expect(engine.time).toBe(5000);
    expect(await sleep.log()).toEqual([["slept", 10, 10], ["slept", 70, 70], ["slept", 5000, 5000]]);
    await engine.run();
    expect(engine.time).toBe(5000);
  });

  test("pauses after the moment that is under way, and goes on", async () => {
    const { engine, tick } = await sim();
    await tick.emitEach();
    const stream = engine.stream<number>("/ticker/tick").on((frame) => {
      if (frame === 7) engine.pause();
    });
    await engine.run();
    expect(engine.time).toBe(140);
    stream.close();
    await engine.run({ frames: 1 });
    expect(engine.time).toBe(160);
  });

  test("refuses a second run while one is under way, and to run at all in live time", async () => {
    const { engine } = await sim();
    const first = engine.run({ frames: 100 });
    expect(await rejection(engine.run())).toBeInstanceOf(StateError);
    await first;
    const live = await placement.engine({ nodes: still });
    for (const use of [() => live.run(), () => live.step(), async () => live.pause(), async () => (live.speed = 2)]) {
      const error = await rejection((async () => use())());
      expect(error).toBeInstanceOf(StateError);
      expect(error.message).toContain('clock: "sim"');
    }
  });

  test("runs as fast as possible: an hour of 50 Hz in seconds", async () => {
    const { engine, tick } = await sim();
    const start = performance.now();
    await engine.run({ seconds: 600 });
    expect((await tick.look()).frames).toBe(30_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test("runs at a speed, as many times real time", async () => {
    const { engine } = await sim({ speed: 10 });
    const start = performance.now();
    await engine.run({ until: 1000 });
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(90);
    expect(took).toBeLessThan(1000);
    expect(engine.speed).toBe(10);
  });

  test("changes its speed while it runs: what has passed counts as it was", async () => {
    const { engine } = await sim({ speed: 1 });
    const began = performance.now();
    const running = engine.run({ until: 3000 });
    await until(() => engine.time > 150);
    const before = engine.time;
    expect(before).toBeLessThan(performance.now() - began + 100);
    const start = performance.now();
    engine.speed = 5;
    await running;
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(((3000 - before) / 5) * 0.8);
    expect(took).toBeLessThan(((3000 - before) / 5) * 3);
    expect(() => (engine.speed = 0)).toThrow(StateError);
  });

  test("at a speed ends at once by pause, and by close, also in a long wait", async () => {
    const { engine, sleep } = await sim({ speed: 1, nodes: still });
    await sleep.doze([100_000]);
    const start = performance.now();
    const running = engine.run();
    await turns(5);
    engine.pause();
    await running;
    const again = watched(engine.run());
    await turns(5);
    await engine.close();
    await until(() => again.outcome !== undefined);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("at a speed answers a call from outside in a long wait", async () => {
    const { engine, sleep } = await sim({ speed: 1, nodes: still });
    await sleep.doze([100_000]);
    const running = engine.run();
    await turns(5);
    const start = performance.now();
    await sleep.time();
    expect(performance.now() - start).toBeLessThan(1000);
    engine.pause();
    await running;
  });

  test("passes a sleep exactly when its time has come, in the order of moments", async () => {
    const { engine, sleep } = await sim({ nodes: still });
    await sleep.doze([30, 10, 20, 10, 0]);
    await engine.run({ until: 9 });
    expect(await sleep.log()).toEqual([["slept", 0, 0]]);
    await engine.run({ until: 100 });
    expect((await sleep.log()).map(([, ms, at]: any) => [ms, at])).toEqual([[0, 0], [10, 10], [10, 10], [20, 20], [30, 30]]);
    expect(await inTime(engine, sleep.sleep(5))).toBe(5);
  });

  test.each([-1, NaN, "5", undefined])("refuses to sleep for %s", async (ms) => {
    const { sleep } = await sim();
    expect(await sleep.refused(ms)).toContain("RangeError");
  });

  test("wakes a sleeper when its node stops", async () => {
    const { engine, sleep } = await sim();
    await sleep.doze([100]);
    await engine.stopNode("/sleeper");
    await engine.run({ seconds: 1 });
    expect(engine.time).toBe(1000);
    await engine.startNode("/sleeper");
    expect(await sleep.log()).toEqual([]); // of the new life
  });

  test("lets a frame see what a sleep of the same moment did", async () => {
    const { engine, sleep } = await sim();
    await sleep.doze([20]);
    const seen: unknown[] = [];
    engine.params.watch("/x", () => {});
    engine.stream<number>("/ticker/tick").on(async () => void seen.push((await sleep.log()).length));
    await engine.client<typeof ticker>("/ticker").emitEach();
    await engine.step();
    expect(seen).toEqual([1]);
  });

  test("gives each node its own sequence of random numbers, decided by the seed and its name", async () => {
    const dice = async (seed: string | number | undefined, name: string, clock: "sim" | "live" = "sim") => {
      const engine = await placement.engine({
        clock,
        seed,
        nodes: { "/other": { use: "./nodes/sleeper.ts" }, [name]: { use: "./nodes/sleeper.ts" } },
      });
      await engine.client<typeof sleeper>("/other").dice(3); // of another node: it takes nothing away
      return engine.client<typeof sleeper>(name).dice(5);
    };
    const first = await dice(1, "/a");
    expect(await dice(1, "/a")).toEqual(first);
    expect(await dice("1", "/a")).toEqual(first);
    expect(await dice(1, "/a", "live")).toEqual(first);
    expect(await dice(undefined, "/a")).toEqual(await dice("0", "/a"));
    for (const other of [await dice(2, "/a"), await dice(1, "/b"), await dice(undefined, "/a", "live")]) expect(other).not.toEqual(first);
    for (const n of first) {
      expect(n).toBeGreaterThanOrEqual(0);
      expect(n).toBeLessThan(1);
    }
    expect(await dice(undefined, "/a", "live")).not.toEqual(await dice(undefined, "/a", "live"));
  });

  test("goes on with a node's random numbers after its restart", async () => {
    const { engine, sleep } = await sim();
    const first = await sleep.dice(3);
    await engine.restartNode("/sleeper");
    expect(await sleep.dice(3)).not.toEqual(first);
  });

  test("is held by external until it has settled, and the result comes in at that moment", async () => {
    const { engine, sleep, tick } = await sim();
    const call = sleep.outside({ ms: 50 }, { timeout: 10 }); // of simulated time, which stands still
    await engine.run({ until: 5 });
    expect(await call).toEqual(["from outside", 0]);
    const failing = watched(sleep.outside({ ms: 10, fail: true }, { timeout: 10 }));
    await engine.run({ frames: 1 });
    expect((failing.outcome as any).error.remote).toMatchObject({ name: "RangeError", message: "the outside failed" });
    expect((await tick.look()).frames).toBe(1);
  });

  test("delivers in rounds: what is sent in one arrives in the next, by the sender's name and then in its order", async () => {
    const use = "./nodes/rounds.ts";
    for (const order of [["/a", "/b", "/c"], ["/c", "/b", "/a"], ["/b", "/c", "/a"]]) {
      const { engine } = await sim({ nodes: Object.fromEntries(order.map((name) => [name, { use }])) });
      const go = engine.publisher<number>("/go");
      go.emit(1);
      go.emit(2);
      await engine.run({ until: 0 });
      for (const name of order) {
        expect(await engine.client<typeof rounds>(name).heard()).toEqual(
          ["/a", "/b", "/c"].flatMap((sender) => ["1.1", "1.2", "2.1", "2.2"].map((text) => `${sender} ${text}`)),
        );
      }
      await engine.close();
    }
  });

  test("reports messages that go round for ever at one moment, and can still be closed", async () => {
    const { engine } = await sim({ nodes: { "/a": { use: "./nodes/rounds.ts" } } });
    const a = engine.client<typeof rounds>("/a");
    await a.start(500);
    await engine.run({ until: 10 });
    expect(engine.time).toBe(10); // many rounds are fine
    void a.start(Infinity).catch(() => {});
    const error = await rejection(engine.run({ until: 100 }));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toContain("10 ms");
    expect(error.message).toMatch(/round/);
    expect(engine.time).toBe(10);
    const start = performance.now();
    await engine.close();
    expect(performance.now() - start).toBeLessThan(8000);
  });

  test("passes while nodes start, for those that sleep in setup", async () => {
    const { engine } = await sim({ nodes: { "/slow": { use: "./nodes/slow-start.ts" } } });
    expect(engine.time).toBe(250);
    const error = await rejection(
      placement.engine({ clock: "sim", nodes: { "/slow": { use: "./nodes/slow-start.ts", params: { fail: true } } } }),
    );
    expect(error).toBeInstanceOf(NodeStartError);
    expect(error.message).toContain("did not want to");
  });

  test("delivers what comes from outside while it stands still, without passing", async () => {
    const { engine, sleep } = await sim();
    await engine.run({ until: 30 });
    expect(await sleep.time()).toBe(30);
    expect(engine.time).toBe(30);
  });

  test("what is sent as a run ends is delivered, though nobody runs time again", async () => {
    const engine = await placement.engine({ clock: "sim", nodes: { "/m": { use: "./nodes/mortal.ts" } } });
    await engine.params.set("/m/dispose", "slow");
    for (let i = 0; i < 40; i++) {
      const began = performance.now();
      const restarted = engine.restartNode("/m").catch(() => {});
      for (let n = 0; n < i % 6; n++) await new Promise((resolve) => setImmediate(resolve));
      const stopped = engine.stopNode("/m");
      await engine.run({ seconds: 20 });
      await Promise.all([restarted, stopped]);
      expect(performance.now() - began).toBeLessThan(5_000); // it would be cut off after 12 s
      await engine.startNode("/m");
    }
  });

  test("refuses to run to a moment that is no number", async () => {
    const { engine } = await sim();
    for (const options of [{ until: NaN }, { seconds: NaN }, { frames: NaN }]) {
      expect(await rejection(engine.run(options))).toBeInstanceOf(StateError);
    }
    await engine.step();
    expect(engine.time).toBe(20);
  });

  test("lets frames last as long as they would where nothing has an update, and runs none", async () => {
    const { engine } = await sim({ nodes: still });
    await engine.run({ frames: 4 });
    await engine.step();
    await engine.step(0);
    expect([engine.time, engine.frameStats.frames]).toEqual([100, 0]);
  });

  test("takes its share of real time at a speed also where nothing happens", async () => {
    const { engine } = await sim({ speed: 2, nodes: still });
    const start = performance.now();
    await engine.run({ seconds: 0.4 });
    expect(performance.now() - start).toBeGreaterThan(180);
    expect(engine.time).toBe(400);
  });

  for (const how of ["items", "calls"]) {
    test(`delivers what nodes send in their updates, as ${how}, by the senders' names and not by the order of the updates, at the same time`, async () => {
      const sender = { use: "./nodes/time-sender.ts", params: { how } };
      const { engine } = await sim({ nodes: { "/board": { use: "./nodes/time-board.ts" }, "/c": sender, "/a": sender, "/b": sender } });
      await engine.step();
      const first = ["a1", "a2", "b1", "b2", "c1", "c2"];
      expect(await engine.client<typeof board>("/board").log()).toEqual(
        [...first, ...first.map((text) => `${text}'`)].map((text) => [text, 20]),
      );
    });
  }

  test("fires timers by time, those of one moment as they were set, and what they send arrives before time goes on", async () => {
    const { engine } = await sim({ nodes: { "/board": { use: "./nodes/time-board.ts" } } });
    const client = engine.client<typeof board>("/board");
    const naps = client.naps([30, 10, 10, 10.5]);
    await engine.run();
    expect(await naps).toBe(30);
    const at = (time: number, ...texts: string[]) => texts.map((text) => [text, time]);
    expect(await client.log()).toEqual([
      ...at(10, "nap 1", "nap 2", "nap 1'", "nap 2'", "nap 1''", "nap 2''"),
      ...at(10.5, "nap 3", "nap 3'", "nap 3''"),
      ...at(30, "nap 0", "nap 0'", "nap 0''"),
    ]);
  });

  test("keeps the rates of nodes exactly", async () => {
    const at = (rate: number) => ({ use: "./nodes/ticker.ts", rate });
    const { engine } = await sim({ rate: 60, nodes: { "/a": at(7), "/b": at(60), "/c": at(90), "/d": at(0.5) } });
    await engine.run({ seconds: 10 });
    const frames = await Promise.all(
      ["/a", "/b", "/c", "/d"].map(async (name) => (await engine.client<typeof ticker>(name).look()).frames),
    );
    expect(frames).toEqual([70, 600, 900, 5]);
  });

  test("never runs back, whatever is asked of it", async () => {
    const ask = fc.oneof(
      fc.record({ until: fc.double({ min: -100, max: 3000, noNaN: true }) }),
      fc.record({ seconds: fc.double({ min: -1, max: 1, noNaN: true }) }),
      fc.record({ frames: fc.integer({ min: -2, max: 10 }) }),
      fc.record({ nap: fc.integer({ min: 0, max: 100 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 12 }), async (asked) => {
        const { engine, tick, sleep } = await sim();
        let last = 0;
        for (const one of asked) {
          if ("nap" in one) await sleep.doze([one.nap]);
          else await engine.run(one);
          expect(engine.time).toBeGreaterThanOrEqual(last);
          last = engine.time;
        }
        const { times } = await tick.look();
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        await engine.close();
      }),
      { numRuns: placement.runs(50) },
    );
  });
});
