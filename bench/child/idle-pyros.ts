/** An idle graph: a hundred nodes with services, params, streams and subscribers, none with an `update`, and no user system. */
import { createEngine, defineNode, from, stream } from "../../src/mod.ts";

const node = defineNode({
  params: { gain: 1 },
  streams: { said: stream<number>() },
  inputs: { heard: from<number>("/node0/said") },
  state: () => ({ heard: 0 }),
  services: { count: (_: undefined, { state }) => state.heard },
  on: {
    heard(_, { state }) {
      state.heard++;
    },
  },
});
const engine = await createEngine({ nodes: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`/node${i}`, { use: node }])) });

// It has run: a call, a param and an item have gone through before it falls idle.
await engine.call("/node1/count");
await engine.params.set("/node1/gain", 2);
engine.publisher("/node0/said").emit(1);

process.stdin.resume();
console.log("ready");
