import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describePlacements, type Engine, rejection, until, watched } from "./harness.ts";
import type ticker from "./nodes/time-ticker.ts";

const tickerAt = (rate?: number) => ({ use: "./nodes/time-ticker.ts", ...(rate === undefined ? {} : { rate }) });

describePlacements("live time", (placement) => {
  /** Whether a node's updates keep to a rate, in Hz: whenever it is read in time, it is where it should be. */
  async function keeps(engine: Engine, name: string, rate: number): Promise<void> {
    const node = engine.client<typeof ticker>(name);
    await until(async () => {
      const from = await node.count();
      await sleep(300);
      const to = await node.count();
      // Frames that were late were made up for, and none came too early.
      return Math.abs(to.updates - from.updates - ((to.time - from.time) * rate) / 1000) <= Math.max(2, rate / 40);
    }, 30_000);
  }

  test("frames run at fixed steps of the rate, late ones are made up for", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/ticker": tickerAt() } });
    await keeps(engine, "/ticker", 100);
    expect((await engine.client<typeof ticker>("/ticker").ticks()).dts).toEqual([0.01]);
  });

  test("a node's own rate, lower or higher than the engine's, is kept by frames, with its own dt", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/slow": tickerAt(20), "/even": tickerAt(100), "/fast": tickerAt(400) } });
    for (const [name, rate, dt] of [["/slow", 20, 0.05], ["/even", 100, 0.01], ["/fast", 400, 0.0025]] as const) {
      await keeps(engine, name, rate);
      expect((await engine.client<typeof ticker>(name).ticks()).dts).toEqual([dt]);
    }
  });

  test("catching up is bounded", async () => {
    const engine = await placement.engine({ rate: 100, nodes: { "/ticker": tickerAt() } });
    const node = engine.client<typeof ticker>("/ticker");
    await until(async () => (await node.count()).updates > 2);
    const blocked = await node.stall(500);
    // Fifty frames are due; those that are made up for run in one go.
    await until(async () => (await node.count()).updates > blocked.updates);
    const { updates, time } = await node.count();
    expect(updates - blocked.updates).toBeLessThanOrEqual(10 + (time - blocked.time) / 10 + 1);
  });

  test("messages are delivered at once, between frames", async () => {
    const engine = await placement.engine({ rate: 0.2, nodes: { "/ticker": tickerAt() } });
    for (let i = 0; i < 10; i++) await engine.client<typeof ticker>("/ticker").time();
    expect((await engine.client<typeof ticker>("/ticker").ticks()).updates).toBe(0);
  });

  test("the engine's time is that of the epoch, and never runs back", async () => {
    const engine = await placement.engine({ nodes: { "/ticker": tickerAt() } });
    expect(Math.abs(engine.time - Date.now())).toBeLessThan(5_000);
    let last = 0;
    for (let i = 0; i < 2000; i++) {
      if (i % 20 === 0) {
        // Processes ask the system apart, and may be some µs off.
        expect(Math.abs(await engine.client<typeof ticker>("/ticker").time() - engine.time)).toBeLessThan(1_000);
      }
      const now = engine.time;
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
