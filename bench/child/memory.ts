/** Prints the bytes that one of many things takes, by their kind: what is held after a collection, less what was held before. */
import { createEngine, defineNode, type Engine, stream } from "../../src/mod.ts";
import { collectAll } from "../lib/runtime.ts";

const [kind, count] = [process.argv[2], Number(process.argv[3])];

/** Makes `count` of a kind, and returns what keeps them alive. */
type Fill = (count: number) => unknown;

const state = (): { x: number; y: number; name: string } => ({ x: 0.5, y: 0, name: "idle" });

const bare = defineNode({
  state,
  update({ state }, dt) {
    state.x += dt;
  },
});

const full = defineNode({
  params: { gain: 1 },
  streams: { position: stream<number>() },
  state,
  services: { reset: (to: number, { state }) => (state.x = to) },
  update({ state }, dt) {
    state.x += dt;
  },
});

/** In simulated time, so that no frame runs while memory is read. */
const graph = (use: typeof bare | typeof full) => (count: number): Promise<Engine> =>
  createEngine({ clock: "sim", nodes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`/node${i}`, { use }])) });

const fills: Record<string, Fill> = {
  objects: (count) => Array.from({ length: count }, state),
  bare: graph(bare),
  full: graph(full),
};

async function used(): Promise<number> {
  await collectAll();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// Once small, so that code and classes are there before the first reading.
let held = await fills[kind](10);
held = undefined;
const before = await used();
held = await fills[kind](count);
const bytes = ((await used()) - before) / count;
console.log(JSON.stringify({ bytes, held: held !== undefined }));
process.exit(0);
