import { createHash } from "node:crypto";
import { query } from "bitecs";
import { createEngine, type Engine, type EngineConfig } from "pyros";
import { testNode } from "pyros/test";
import { describe, expect, test } from "vitest";
import { Position, Velocity } from "../../examples/swarm/components.ts";
import { displayOn } from "../../examples/swarm/nodes/display.ts";
import guide from "../../examples/swarm/nodes/guide.ts";
import monitor from "../../examples/swarm/nodes/monitor.ts";
import planner from "../../examples/swarm/nodes/planner.ts";
import predator from "../../examples/swarm/nodes/predator.ts";
import swarm from "../../examples/swarm/pyros.config.ts";
import { flow } from "../../examples/swarm/systems/flow.ts";
import { type Bodies, type Flock, formations, type Path, type Report, type Spot, world } from "../../examples/swarm/types.ts";
import { cli } from "../cli/support.ts";

const base = new URL("../../examples/swarm/pyros.config.ts", import.meta.url);
const noKeys = { on() {}, removeListener() {}, resume() {}, pause() {} };
const flockAt = (centre: Spot): Flock => ({ count: 1, centre, spread: 1, speed: 1, densest: centre });

/** The swarm of the example in simulated time, with its lines kept instead of printed. */
async function simulate(config: Partial<EngineConfig> = {}, set?: Record<string, unknown>): Promise<{ engine: Engine; lines: string[] }> {
  const lines: string[] = [];
  const display = displayOn({ write: (text) => lines.push(text) }, noKeys);
  const engine = await createEngine({ ...swarm, clock: "sim", seed: 7, nodes: { ...swarm.nodes, "/display": display }, ...config }, {
    base,
    ...(set && { set }),
  });
  return { engine, lines };
}

describe("planner", () => {
  test("plan keeps the stops it is given, adds what is wanted, and finds a short way", async () => {
    await using node = await testNode(planner);
    const row = [5, 3, 1, 4, 2].map((x) => ({ x: x * 20, y: 60 }));
    const way = await node.call.plan({ from: { x: 0, y: 60 }, stops: row, want: 5 });
    expect(way.map(({ x }) => x)).toEqual([20, 40, 60, 80, 100]);
    const more = await node.call.plan({ from: { x: 0, y: 60 }, stops: row, want: 8 });
    expect(more).toHaveLength(8);
    expect(more).toEqual(expect.arrayContaining(row));
    for (const { x, y } of more) expect(x >= 0 && x <= world.width && y >= 0 && y <= world.height).toBe(true);
  });

  test("plan keeps away from a place where it can", async () => {
    await using node = await testNode(planner);
    const stops = [{ x: 20, y: 20 }, { x: 180, y: 20 }, { x: 100, y: 100 }];
    const away = await node.call.plan({ from: { x: 0, y: 20 }, stops, want: 3, avoid: { x: 100, y: 20 } });
    expect(away.map(({ x }) => x)).toEqual([20, 100, 180]); // the shortest way leads through the place to avoid
  });

  test("survey yields every sector and returns the emptiest and the fullest", async () => {
    await using node = await testNode(planner);
    const x = new Float32Array([100, 101, 102, 30]);
    const y = new Float32Array([60.5, 61, 62, 30.5]);
    node.inputs.bodies.emit({ x, y, vx: x, vy: y });
    await node.step();
    const survey = node.call.survey();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { done } of survey) seen.push(done);
    })();
    const { emptiest, fullest } = await node.until(survey);
    await reading;
    expect(seen).toEqual(Array.from({ length: 96 }, (_, i) => i + 1));
    expect(fullest).toMatchObject({ count: 3 });
    expect(Math.abs(fullest.x - 101)).toBeLessThan(world.width / 12);
    expect(emptiest.count).toBe(0);
  });
});

describe("guide", () => {
  test("leads along the way that the planner answers", async () => {
    const way = [{ x: 110, y: 60 }, { x: 150, y: 60 }];
    await using node = await testNode(guide, { needs: { planner: { plan: ({ stops }) => (stops.length === 0 ? way : stops) } } });
    await node.run({ seconds: 3 });
    const steers = node.emitted.steer;
    expect(steers).toHaveLength(60);
    expect(steers[0]).toEqual({ x: 100, y: 60, formation: "flock", gain: 1 });
    expect(steers.at(-1)!.x).toBeGreaterThan(130);
    expect(node.calls.length).toBe(15); // every 200 ms
    expect(node.emitted.path.at(-1)).toMatchObject({ answers: 15, failures: 0 });
  });

  test("waits for a swarm that lags behind", async () => {
    await using node = await testNode(guide, { needs: { planner: { plan: ({ stops }) => stops } }, params: { mode: "goal", goalX: 200 } });
    for (let i = 0; i < 20; i++) {
      node.inputs.flock.emit(flockAt({ x: 0, y: 60 }));
      await node.step(10);
    }
    expect(node.state.at.x).toBe(100);
  });

  test("nudges add up, and stay in the world", async () => {
    await using node = await testNode(guide, { needs: { planner: { plan: ({ stops }) => stops } } });
    await Promise.all([1, 2, 3].map(() => node.call.nudge({ x: 10, y: -30 })));
    expect(node.params).toMatchObject({ mode: "goal", goalX: 130, goalY: 0 });
    await node.call.replan();
    expect(node.params.mode).toBe("tour");
  });

  test("does not bring back a way that it has forgotten while the planner thought", async () => {
    const plan = async ({ stops }: { stops: Spot[] }, { sleep }: { sleep(ms: number): Promise<void> }): Promise<Spot[]> => {
      await sleep(300);
      return stops;
    };
    await using node = await testNode(guide, { needs: { planner: { plan } }, state: { stops: [{ x: 0, y: 0 }] } });
    await node.run({ seconds: 0.3 });
    await node.call.replan();
    await node.run({ seconds: 0.4 });
    expect(node.calls[0]).toMatchObject({ input: { stops: [{ x: 0, y: 0 }] }, result: [{ x: 0, y: 0 }] });
    expect(node.state.stops).toEqual([]);
  });

  test("goes on when the planner fails or does not answer, and counts it", async () => {
    let fails = true;
    const plan = (): Promise<Spot[]> => {
      if (fails) throw new Error("lost the map");
      return new Promise(() => {});
    };
    await using node = await testNode(guide, { needs: { planner: { plan } } });
    await node.run({ seconds: 1 });
    expect(node.state).toMatchObject({ answers: 0, failures: 5 });
    fails = false;
    await node.run({ seconds: 2.5 });
    expect(node.status).toBe("running");
    expect(node.state.failures).toBe(7); // after a second each
    expect(node.emitted.steer).toHaveLength(70);
  });
});

describe("predator", () => {
  test("goes where the swarm is thickest", async () => {
    await using node = await testNode(predator);
    const prey = { x: 40, y: 100 };
    const far = ({ x, y }: Spot) => Math.hypot(x - prey.x, y - prey.y);
    const before = far(node.state);
    await node.step();
    expect(far(node.emitted.spot.at(-1)!)).toBe(before); // it has heard nothing yet
    let nearest = before;
    for (let i = 0; i < 100; i++) {
      node.inputs.flock.emit(flockAt(prey));
      await node.step(3);
      nearest = Math.min(nearest, far(node.state));
    }
    expect(nearest).toBeLessThan(12);
  });
});

describe("monitor", () => {
  test("tells of losses and of missing frames once, and when they are over", async () => {
    await using node = await testNode(monitor);
    const report = (rate: number, lost: number): Report => {
      const streams = [{ name: "/a", rate: 1, subscribers: 1, thinned: 9, replaced: 9, lost }];
      return { frames: 1, rate, wanted: 60, skipped: 0, busy: 1, longest: 2, nodes: 1, streams };
    };
    for (const [rate, lost] of [[10, 5], [60, 5], [60, 8], [60, 8], [30, 8], [30, 8], [60, 8]] as const) {
      node.inputs.report.emit(report(rate, lost));
    }
    await node.step();
    expect(node.emitted.alarm.map(({ text }) => text)).toEqual(["3 items lost", "", "30.0 frames a second instead of 60", ""]);
    expect(await node.call.summary()).toEqual({ reports: 7, alarms: 2, slowest: 10, longest: 2, lost: 8 });
  });
});

describe("flow", () => {
  test.each(formations.slice(1) as Exclude<(typeof formations)[number], "flock">[])(
    "%s draws a body from anywhere to the curve, and keeps it going",
    (formation) => {
      const way = { x: 0, y: 0 };
      for (const [x0, y0] of [[5, 1], [60, 2], [-50, 30], [10, -45], [-80, -50]] as const) {
        let [x, y] = [x0 as number, y0 as number];
        for (let i = 0; i < 4000; i++) {
          flow(formation, x, y, way);
          const length = Math.hypot(way.x, way.y);
          expect(length).toBeLessThanOrEqual(1.0001);
          x += way.x * 0.1;
          y += way.y * 0.1;
        }
        flow(formation, x, y, way);
        expect(Math.hypot(x, y)).toBeLessThan(75);
        expect(Math.hypot(way.x, way.y)).toBeGreaterThan(0.5); // it has not come to rest
      }
    },
  );
});

describe("the swarm", () => {
  test("runs in simulated time, and loses nothing", async () => {
    const { engine, lines } = await simulate();
    const last: { bodies?: Bodies; path?: Path; report?: Report } = {};
    engine.stream<Bodies>("/world/bodies").on((bodies) => void (last.bodies = bodies));
    engine.stream<Path>("/guide/path").on((path) => void (last.path = path));
    engine.stream<Report>("/meter/report").on((report) => void (last.report = report));
    await engine.run({ seconds: 5 });
    const { x, y, vx, vy } = last.bodies!;
    expect(x).toHaveLength(10_000);
    for (let i = 0; i < x.length; i++) {
      const inside = x[i]! >= 0 && x[i]! < world.width && y[i]! >= 0 && y[i]! < world.height;
      if (!inside || !(Math.hypot(vx[i]!, vy[i]!) < 50)) throw new Error(`body ${i} is at ${x[i]},${y[i]} and moves by ${vx[i]},${vy[i]}`);
    }
    expect(last.path).toMatchObject({ answers: 25, failures: 0 });
    expect(last.report).toMatchObject({ wanted: 60, skipped: 0, busy: 0, nodes: 8 });
    expect(last.report!.rate).toBeCloseTo(60);
    for (const { lost } of last.report!.streams) expect(lost).toBe(0);
    expect(engine.nodes.map(({ status }) => status)).toEqual(engine.nodes.map(() => "running"));
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/^frame 2\d\d \| 60\.0 Hz \| 0\.00 ms a frame \| 0 skipped \| 10000 bodies around .* \| 0 lost\n$/);
    await engine.close();
  });

  test("is the same each time it is simulated", async () => {
    const hash = async () => {
      const { engine } = await simulate({}, { "/world/count": 500, "/planner/effort": 200 });
      const sum = createHash("sha256");
      engine.stream<Bodies>("/world/bodies").on(({ x, y }) => void sum.update(x).update(y));
      await engine.run({ seconds: 4 });
      await engine.close();
      return sum.digest("hex");
    };
    expect(await hash()).toBe(await hash());
  });

  test("takes the shape that it is told", async () => {
    const { engine } = await simulate({}, {
      "/world/count": 1000,
      "/guide/formation": "ring",
      "/guide/mode": "goal",
      "/predator/speed": 0,
      "/planner/effort": 1,
    });
    let spread = 0;
    engine.stream<Flock>("/world/flock").on((flock) => void (spread = flock.spread));
    await engine.run({ seconds: 12 });
    expect(spread).toBeGreaterThan(34); // a ring of 38 m
    expect(spread).toBeLessThan(42);
    await engine.params.set("/world/paused", true);
    await engine.run({ seconds: 0.1 });
    const still = spread;
    await engine.run({ seconds: 1 });
    expect(spread).toBe(still);
    await engine.close();
  });

  test("goes on without its planner", async () => {
    const { engine } = await simulate({}, { "/world/count": 100 });
    await engine.stopNode("/planner");
    await engine.run({ seconds: 2 });
    expect(engine.nodes.filter(({ status }) => status !== "running").map(({ name }) => name)).toEqual(["/planner"]);
    await engine.startNode("/planner");
    const path = engine.stream<Path>("/guide/path", { depth: 1 });
    await engine.run({ seconds: 2 });
    const { value } = await path[Symbol.asyncIterator]().next();
    expect(value!.failures).toBeGreaterThan(0);
    expect(value!.answers).toBeGreaterThan(5);
    await engine.close();
  });

  test("leaves no body behind when its world stops", async () => {
    const { engine } = await simulate({}, { "/world/count": 100 });
    expect(query(engine.world, [Position])).toHaveLength(100);
    await engine.stopNode("/world");
    expect(query(engine.world, [Position])).toHaveLength(0);
    await engine.run({ frames: 2 });
    await engine.startNode("/world");
    expect(query(engine.world, [Position, Velocity])).toHaveLength(100);
    await engine.close();
  });

  test("prints plain lines where there is no terminal, and ends after --frames", async () => {
    const { code, out, err } = await cli(".", "run", "examples/swarm/pyros.config.ts", "--frames", "90", "--set", "/world/count=2000");
    expect(err).toBe("");
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) {
      expect(line).toMatch(
        /^frame \d+ \| [\d.]+ Hz \| [\d.]+ ms a frame \| \d+ skipped \| 2000 bodies around [\d,]+ \| planner \d+ answers/,
      );
    }
  });
});
