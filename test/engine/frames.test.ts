/** What the frames of the main engine are to its own nodes: other engines have frames of their own, at the same moments. */
import { createEngine, defineSystem, type Engine, type EngineConfig } from "pyros";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../conformance/harness.ts";

const use = "../conformance/nodes/frame-load.ts";

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
