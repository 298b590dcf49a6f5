/** Runs very many nodes and entities in one engine, and prints what that took. Arguments: how many of each; frames. */
import { addComponent, addEntity } from "bitecs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createEngine, defineSystem, type NodeEntry } from "pyros";
import { placements } from "./placements.ts";

/** What a run took. */
export interface Scale {
  /** Ms of real time. */
  start: number;
  update: number;
  close: number;
  /** Bytes of a node. */
  memory: number;
  /** Nodes that ran, entities that were moved in a frame, and what three nodes and an entity have come to. */
  running: number;
  moved: number;
  nodes: number[];
  entity: number;
}

const [count, frames] = process.argv.slice(2).map(Number) as [number, number];
const place = placements.find(({ name }) => name === process.argv[4])!.place;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = (): number => {
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
};

const Position = { x: new Float64Array(4 * count) };
const Velocity = { x: new Float64Array(4 * count) };
let moved = 0;
const move = defineSystem({
  name: "move",
  query: [Position, Velocity],
  writes: [Position],
  run({ entities }, dt) {
    moved = entities.length;
    for (const id of entities) Position.x[id]! += Velocity.x[id]! * dt;
  },
});

const base = new URL("./", import.meta.url);
const use = "./nodes/scale-node.ts";
const nodes: Record<string, NodeEntry> = {};
for (let i = 0; i < count; i++) nodes[`/n${i}`] = { use };
let last = performance.now();
const lap = (): number => -(last - (last = performance.now()));
const before = heap();
lap();
const engine = await createEngine(place({ clock: "sim", rate: 50, nodes, systems: [move] }), { base });
const start = lap();
const memory = (heap() - before) / count;

let entity = -1;
for (let i = 0; i < count; i++) {
  entity = addEntity(engine.world);
  addComponent(engine.world, entity, Position);
  addComponent(engine.world, entity, Velocity);
  Velocity.x[entity] = i;
}
lap();
await engine.step(frames);
const update = lap();
const some = await Promise.all([0, count >> 1, count - 1].map((i) => engine.call<number>(`/n${i}/x`)));
const running = engine.nodes.filter(({ name, status }) => status === "running" && name !== "/move").length;
lap();
await engine.close();
const scale: Scale = { start, update, close: lap(), memory, running, moved, nodes: some, entity: Position.x[entity]! };
console.log(`scale ${JSON.stringify(scale)}`);
