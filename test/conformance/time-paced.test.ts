import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describePlacements } from "./harness.ts";
import type sleeper from "./nodes/sleeper.ts";

describePlacements("simulated time at a speed", (placement) => {
  const nodes = { "/sleeper": { use: "./nodes/sleeper.ts" } };

  test("follows real time also while nothing happens: what comes from outside finds it where it should be", async () => {
    const engine = await placement.engine({ clock: "sim", speed: 2, nodes });
    const client = engine.client<typeof sleeper>("/sleeper");
    await client.doze([100_000]);
    const running = engine.run();
    const start = performance.now();
    await sleep(400);
    const time = await client.time();
    const passed = (): number => (performance.now() - start) * 2;
    expect(time).toBeGreaterThan(600);
    expect(time).toBeLessThan(passed() + 50);
    // A wait that begins now ends no sooner than real time gets there, and a timeout does not come at once.
    expect(await client.sleep(400, { timeout: 600 })).toBeCloseTo(400);
    expect(time + 400).toBeLessThan(passed() + 50);
    engine.pause();
    await running;
  });

  test("goes on from where it was after a pause: the pause takes no time", async () => {
    const engine = await placement.engine({ clock: "sim", speed: 1, nodes: { "/ticker": { use: "./nodes/ticker.ts" } }, rate: 100 });
    const first = engine.run({ until: 10_000 });
    await sleep(150);
    engine.pause();
    await first;
    const { time } = engine;
    expect(time).toBeLessThan(400);
    await sleep(300);
    expect(engine.time).toBe(time);
    const start = performance.now();
    await engine.run({ until: time + 200 });
    expect(performance.now() - start).toBeGreaterThan(150);
  });
});
