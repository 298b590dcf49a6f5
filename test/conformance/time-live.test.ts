import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describePlacements, rejection, until, watched } from "./harness.ts";
import type ticker from "./nodes/time-ticker.ts";

const tickerAt = (rate?: number) => ({ use: "./nodes/time-ticker.ts", ...(rate === undefined ? {} : { rate }) });

describePlacements("live time", (placement) => {
  test("frames run at fixed steps of the rate, late ones are made up for", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/ticker": tickerAt() } });
    const tick = engine.client<typeof ticker>("/ticker");
    const due = () => engine.frameStats.frames + engine.frameStats.skipped;
    await until(() => due() > 0);
    const [start, from] = [performance.now(), due()];
    await sleep(500);
    // A loop that counted its own delays would fall behind more and more; this one is back at its step whenever it is read in time.
    await until(() => Math.abs(due() - from - (performance.now() - start) / 10) <= 2);
    const { dts, updates } = await tick.ticks();
    expect(dts).toEqual([0.01]);
    expect(updates).toBe(engine.frameStats.frames);
  });

  test("a node's own rate, lower or higher than the engine's, is kept by frames, with its own dt", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/slow": tickerAt(20), "/even": tickerAt(100), "/fast": tickerAt(400) } });
    await until(() => engine.frameStats.frames >= 40);
    const frames = () => engine.frameStats.frames;
    const ask = async (name: string) => ({ before: frames(), ...(await engine.client<typeof ticker>(name).ticks()), after: frames() });
    const [slow, even, fast] = [await ask("/slow"), await ask("/even"), await ask("/fast")];
    expect([slow.dts, even.dts, fast.dts]).toEqual([[0.05], [0.01], [0.0025]]);
    for (const [node, times] of [[slow, 0.2], [even, 1], [fast, 4]] as const) {
      expect(node.updates).toBeGreaterThanOrEqual(Math.floor(node.before * times));
      expect(node.updates).toBeLessThanOrEqual(Math.ceil(node.after * times));
    }
  });

  test("catching up is bounded, and what it leaves out is counted", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/ticker": tickerAt() } });
    await until(() => engine.frameStats.frames > 2);
    const { frames, skipped } = engine.frameStats;
    await engine.client<typeof ticker>("/ticker").block(500);
    // Fifty frames are due; those that are made up for run in one go.
    await until(() => engine.frameStats.skipped > skipped);
    const ran = engine.frameStats.frames - frames;
    const left = engine.frameStats.skipped - skipped;
    expect(left).toBeGreaterThanOrEqual(40);
    expect(ran).toBeLessThanOrEqual(10);
    expect(ran + left).toBeGreaterThanOrEqual(49);
  });

  test("messages are delivered at once, between frames", async () => {
    const engine = await placement.engine({ rate: 0.2, nodes: { "/ticker": tickerAt() } });
    for (let i = 0; i < 10; i++) await engine.client<typeof ticker>("/ticker").time();
    expect(engine.frameStats.frames).toBe(0);
  });

  test("the engine's time is that of the epoch, and never runs back", async () => {
    const engine = await placement.engine({ nodes: { "/ticker": tickerAt() } });
    expect(Math.abs(engine.time - Date.now())).toBeLessThan(5_000);
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      const now = i % 20 === 0 ? await engine.client<typeof ticker>("/ticker").time() : engine.time;
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  test("a sleep lasts at least as long as asked, in the engine's time", async () => {
    const engine = await placement.engine({ nodes: { "/ticker": tickerAt() } });
    const tick = engine.client<typeof ticker>("/ticker");
    const naps = await Promise.all([0, 1, 10, 25].map(async (ms) => ({ ms, times: await tick.doze(ms) })));
    for (const { ms, times: [before, after] } of naps) expect(after! - before!).toBeGreaterThanOrEqual(ms);
  });

  test("a sleep of less than nothing is refused, and one whose call was aborted ends: its node need not wait for it", async () => {
    const engine = await placement.engine({ nodes: { "/ticker": tickerAt() } });
    for (const ms of [-1, Number.NaN]) {
      expect((await rejection(engine.call("/ticker/doze", ms))).message).toContain(`cannot sleep for ${ms} ms`);
    }
    const abort = new AbortController();
    const nap = watched(engine.call("/ticker/doze", 1e9, { timeout: 1e6, signal: abort.signal }));
    await engine.client<typeof ticker>("/ticker").time();
    abort.abort();
    await until(() => nap.outcome !== undefined);
    const before = performance.now();
    await engine.stopNode("/ticker");
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});
