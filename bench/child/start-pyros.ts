/** Starts a graph of as many nodes as the argument says, and ends. */
import { createEngine, defineNode, param, stream } from "../../src/mod.ts";

const node = defineNode({
  params: { gain: param(1, { min: 0, max: 10 }) },
  streams: { position: stream<number>() },
  state: () => ({ x: 0 }),
  services: { reset: (to: number, { state }) => (state.x = to) },
  update({ state, params, streams }, dt) {
    state.x += params.gain * dt;
    streams.position.emit(state.x);
  },
});
const count = Number(process.argv[2]);
const engine = await createEngine({ nodes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`/node${i}`, { use: node }])) });
process.exit(engine.nodes.length === count ? 0 : 3);
