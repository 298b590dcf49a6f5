/** What the frames of the main engine are to its own nodes: other engines have frames of their own, at the same moments. */
import { setTimeout as sleep } from "node:timers/promises";
import { createEngine, defineSystem, type Engine, type EngineConfig } from "pyros";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../conformance/harness.ts";
import type ticker from "../conformance/nodes/time-ticker.ts";

const use = "../conformance/nodes/frame-load.ts";

const tickerAt = (rate?: number) => ({ use: "../conformance/nodes/time-ticker.ts", ...(rate === undefined ? {} : { rate }) });

async function start(config: EngineConfig): Promise<Engine> {
  const engine = await createEngine(config, { base: import.meta.url });
  onTestFinished(() => engine.close());
  return engine;
}

test("a system can run before or after the nodes' updates, and after systems of earlier stages", async () => {
  const log: string[] = [];
  const engine = await start({
    clock: "sim",
    rate: 50,
    nodes: { "/load": { use, params: { throwAt: 1 } } },
    systems: [
      defineSystem({
        name: "early",
        stage: "update",
        before: ["update"],
        run: () => void log.push(engine.nodes.find((n) => n.name === "/load")!.status),
      }),
      defineSystem({
        name: "late",
        stage: "update",
        after: ["update", "receive"],
        run: () => void log.push(engine.nodes.find((n) => n.name === "/load")!.status),
      }),
    ],
  });
  await engine.step();
  expect(log).toEqual(["running", "failed"]);
});

test("frameStats names who used the time, the largest first, and forgets who went", async () => {
  const engine = await start({
    clock: "sim",
    rate: 50,
    nodes: { "/idle": { use }, "/some": { use, params: { ms: 1 } }, "/much": { use, params: { ms: 25 } } },
  });
  await engine.step(80);
  const { usage, frames, rate } = engine.frameStats;
  expect([frames, rate]).toEqual([80, 50]);
  expect(usage.map(({ node }) => node)).toEqual(["/much", "/some", "/idle"]);
  expect(usage[0]!.time).toBeGreaterThanOrEqual(24);
  await engine.remove("/much");
  await engine.step(8);
  expect(engine.frameStats.usage.map(({ node }) => node)).toEqual(["/some", "/idle"]);
});

test("in live time lateness and skipped frames are told", async () => {
  const engine = await start({ rate: 200, nodes: { "/much": { use, params: { ms: 30 } } } });
  await until(() => engine.frameStats.skipped > 0);
  expect(engine.frameStats.lateness).toBeGreaterThan(5);
});

test("frames are due at fixed steps of the rate, and a node that says no other is updated in each", async () => {
  const engine = await start({ rate: 100, nodes: { "/ticker": tickerAt() } });
  const tick = engine.client<typeof ticker>("/ticker");
  const due = () => engine.frameStats.frames + engine.frameStats.skipped;
  await until(() => due() > 0);
  const [began, from] = [performance.now(), due()];
  await sleep(500);
  // A loop that counted its own delays would fall behind more and more; this one is back at its step whenever it is read in time.
  await until(() => Math.abs(due() - from - (performance.now() - began) / 10) <= 2);
  const { dts, updates } = await tick.ticks();
  expect(dts).toEqual([0.01]);
  expect(updates).toBe(engine.frameStats.frames);
});

test("a node's own rate is kept by frames, exactly", async () => {
  const engine = await start({ rate: 100, nodes: { "/slow": tickerAt(20), "/even": tickerAt(100), "/fast": tickerAt(400) } });
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

test("what a bounded catching up leaves out is counted", async () => {
  const engine = await start({ rate: 100, nodes: { "/ticker": tickerAt() } });
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
