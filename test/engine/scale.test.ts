import { addComponent, addEntity } from "bitecs";
import { expect, test } from "vitest";
import { createEngine, defineNode, defineSystem, type NodeEntry } from "../../src/mod.ts";

const count = 100_000;

test(
  "100,000 nodes in one engine start, update and close, beside 100,000 entities that a user system moves",
  { timeout: 180_000 },
  async () => {
    const node = defineNode({
      state: () => ({ x: 0 }),
      update({ state }, dt) {
        state.x += dt;
      },
      services: { x: (_: void, { state }) => state.x },
    });
    const Position = { x: new Float64Array(4 * count) };
    const Velocity = { x: new Float64Array(4 * count) };
    let moved = 0;
    const move = defineSystem({
      name: "move",
      query: [Position, Velocity],
      writes: [Position],
      setup({ world }) {
        for (let i = 0; i < count; i++) {
          const id = addEntity(world);
          addComponent(world, id, Position);
          addComponent(world, id, Velocity);
          Velocity.x[id] = i;
        }
      },
      run({ entities }, dt) {
        moved = entities.length;
        for (let i = 0; i < entities.length; i++) Position.x[entities[i]!]! += Velocity.x[entities[i]!]! * dt;
      },
    });
    const nodes: Record<string, NodeEntry> = {};
    for (let i = 0; i < count; i++) nodes[`/n${i}`] = { use: node };
    const before = process.memoryUsage().heapUsed;
    const times: Record<string, number> = {};
    const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      times[what] = performance.now() - start;
      return result;
    };
    const engine = await timed("start", () => createEngine({ clock: "sim", rate: 50, nodes, systems: [move] }));
    const watch = engine.watchGraph();
    try {
      await timed("update", () => engine.run({ frames: 50 }));
      const heap = (process.memoryUsage().heapUsed - before) / count;
      expect(moved).toBe(count);
      expect(Position.x.reduce((a, b) => a + b, 0) / ((count * (count - 1)) / 2)).toBeCloseTo(1, 6);
      for (const name of ["/n0", "/n77777", `/n${count - 1}`]) expect(await engine.call(`${name}/x`)).toBeCloseTo(1, 9);
      expect(engine.nodes).toHaveLength(count + 1);
      expect(heap, "bytes a node").toBeLessThan(10_000);
    } finally {
      await timed("close", () => engine.close());
    }
    let removed = 0;
    await timed("watch", async () => {
      for await (const { type } of watch) if (type === "removed") removed++;
    });
    expect(removed).toBe(count + 1);
    // Wide, for a loaded machine: what grows with the square of the nodes takes minutes.
    for (const [what, limit] of Object.entries({ start: 40_000, update: 20_000, close: 40_000, watch: 10_000 })) {
      expect(
        times[what],
        `${what} of ${JSON.stringify(times)}`,
      ).toBeLessThan(limit);
    }
  },
);

test("1,000 nodes more take about as long whether there are 1,000 or 10,000", { timeout: 60_000 }, async () => {
  const node = defineNode({ services: { ping: () => "pong" }, update() {} });
  await using engine = await createEngine({ clock: "sim" });
  const add = async (from: number, to: number): Promise<number> => {
    const start = performance.now();
    for (let i = from; i < to; i++) await engine.add(`/n${i}`, node);
    return performance.now() - start;
  };
  await add(0, 1000); // until it is compiled
  const few = await add(1000, 2000);
  await add(2000, 10_000);
  const many = await add(10_000, 11_000);
  expect(many).toBeLessThan(few * 5 + 500);
});
