import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEngine, defineNode, type NodeEntry } from "../../src/mod.ts";

/** Nodes that note who was updated in which frame, and fail where they are told to; each of one of four definitions. */
function trial(kinds: readonly number[], failAt: readonly { node: number; frame: number }[] = []) {
  const ran: string[][] = [];
  let frame = 0;
  const definitions = [0, 1, 2, 3].map(() =>
    defineNode({
      update({ name }) {
        const node = Number(name.slice(2));
        (ran[frame] ??= []).push(`n${node}`);
        if (failAt.some((f) => f.node === node && f.frame === frame)) throw new Error("it fails");
      },
    })
  );
  const node = (kind: number): NodeEntry => ({ restart: "never", use: definitions[kind]! });
  const nodes = Object.fromEntries(kinds.map((kind, i) => [`/n${i}`, node(kind)]));
  return { ran, nodes, next: () => frame++ };
}

describe("UpdateSystem", () => {
  test("calls each node once a frame, whoever of them fails in which frame, also where frames are sampled", async () => {
    const fails = fc.array(fc.record({ node: fc.nat(9), frame: fc.nat(19) }), { maxLength: 6 });
    const kinds = fc.array(fc.nat(3), { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(kinds, fails, async (kinds, failAt) => {
        const { ran, nodes, next } = trial(kinds, failAt);
        await using engine = await createEngine({ clock: "sim", nodes });
        for (let i = 0; i < 20; i++) {
          ran[i] = [];
          await engine.step();
          next();
        }
        for (const [frame, names] of ran.entries()) {
          const alive = Array.from({ length: 10 }, (_, i) => i).filter((i) => !failAt.some((f) => f.node === i && f.frame < frame));
          expect([...names].sort()).toEqual(alive.map((i) => `n${i}`).sort());
        }
        const failed = new Set(failAt.map((f) => f.node));
        for (const info of engine.nodes) expect(info.status).toBe(failed.has(Number(info.name.slice(2))) ? "failed" : "running");
      }),
      { numRuns: 30 },
    );
  });

  test("calls a node at its own rate exactly: after n frames as often as n times its rate by the engine's", async () => {
    const rates = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(0.5, 7.5, 59.94, 60)), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(rates, fc.constantFrom(60, 50, 100), fc.integer({ min: 1, max: 90 }), async (rates, rate, frames) => {
        const calls = rates.map(() => 0);
        const seen = rates.map(() => new Set<number>());
        const node = (i: number) => ({ rate: rates[i], use: defineNode({ update: (_, dt) => void (calls[i]!++, seen[i]!.add(dt)) }) });
        await using engine = await createEngine({
          clock: "sim",
          rate,
          nodes: Object.fromEntries(rates.map((_, i) => [`/n${i}`, node(i)])),
        });
        await engine.run({ frames });
        for (const [i, own] of rates.entries()) {
          expect(calls[i], `${own} Hz`).toBe(Math.floor((frames * own) / rate));
          if (calls[i]! > 0) expect([...seen[i]!]).toEqual([1 / own]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("begins with a node's first frame after its start, and ends with its stop, in the middle of a run of frames", async () => {
    const { ran, nodes, next } = trial([0, 0, 1]);
    await using engine = await createEngine({ clock: "sim", nodes });
    for (let i = 0; i < 12; i++) {
      if (i === 3) await engine.stopNode("/n1");
      if (i === 6) await engine.startNode("/n1");
      if (i === 9) await engine.remove("/n0");
      await engine.step();
      next();
    }
    expect(ran.map((names) => [...names].sort().join(""))).toEqual([
      "n0n1n2",
      "n0n1n2",
      "n0n1n2",
      "n0n2",
      "n0n2",
      "n0n2",
      "n0n1n2",
      "n0n1n2",
      "n0n1n2",
      "n1n2",
      "n1n2",
      "n1n2",
    ]);
  });

  test("fails a node whose asynchronous update rejects, and waits for none", async () => {
    let calls = 0;
    const nodes = {
      "/async": {
        restart: "never" as const,
        use: defineNode({ update: (async () => (calls++ < 2 ? undefined : Promise.reject(new Error("late")))) as never }),
      },
    };
    await using engine = await createEngine({ clock: "sim", nodes });
    await engine.run({ frames: 10 });
    expect(engine.nodes[0]).toMatchObject({ status: "failed", error: expect.objectContaining({ message: "late" }) });
    expect(calls).toBe(3);
  });

  test("tells in time of every node which one takes how long, at the cost of a few looks at the clock", async () => {
    const spin = (ms: number) => () => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    const nodes = {
      "/heavy": defineNode({ update: spin(1) }),
      "/rated": { rate: 30, use: defineNode({ update: spin(5) }) },
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`/light${i}`, defineNode({ update() {} })])),
    };
    await using engine = await createEngine({ clock: "sim", nodes });
    await engine.run({ frames: 8 * 6 });
    const { usage } = engine.frameStats;
    expect(usage).toHaveLength(22);
    expect(usage.slice(0, 2).map(({ node }) => node)).toEqual(["/rated", "/heavy"]);
    expect(usage[1]!.time).toBeGreaterThan(0.9);
    expect(usage[2]!.time).toBeLessThan(0.9);
    await engine.remove("/heavy");
    await engine.step();
    expect(engine.frameStats.usage.map(({ node }) => node)).not.toContain("/heavy");
  });
});
