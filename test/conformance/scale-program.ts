/** Runs very many nodes and entities in one engine, and prints what that took. Arguments: how many of each; frames. */
import { addComponent, addEntity } from "bitecs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createEngine, defineSystem, type EngineConfig, type NodeEntry } from "pyros";
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
const placement = process.argv[4] as "thread" | "process" | "mixed";
const place = placements.find(({ name }) => name === placement)!.place;
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
/** One thread or process where the placement would give each node its own; of mixed, one of each beside the loop. */
function shared(config: EngineConfig): EngineConfig {
  const kinds = ({ thread: ["thread"], process: ["process"], mixed: ["process", "thread"] } as const)[placement];
  if (kinds === undefined) return place(config);
  const names = Object.keys(config.nodes!);
  const [first, each] = placement === "mixed" ? [Math.floor(count / 3), Math.ceil(count / 3)] : [0, count];
  const hosts = kinds.map((kind, i) => [kind, { placement: kind, nodes: names.slice(first + i * each, first + (i + 1) * each) }]);
  return { ...place({}), ...config, placement: "loop", hosts: Object.fromEntries(hosts) as EngineConfig["hosts"] };
}

let last = performance.now();
const lap = (): number => -(last - (last = performance.now()));
const before = heap();
lap();
const engine = await createEngine(shared({ clock: "sim", rate: 50, nodes, systems: [move] }), { base });
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
