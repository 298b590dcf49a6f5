/** An engine with many nodes on the live clock; prints number and beginning of each frame, in ms. Arguments: rate in Hz, frames, nodes. */
import { createEngine, defineNode, defineSystem, type Engine } from "../../src/mod.ts";

const [rate, frames, count] = process.argv.slice(2).map(Number);
const began: [number, number][] = [];
const running: { engine?: Engine } = {};
let skipped = 0;

const note = defineSystem({
  name: "note",
  stage: "receive",
  run() {
    const now = performance.now();
    const before = began.at(-1) ?? [-1, now];
    // Skipped frames count as frames, or all that follow would look late; asking for their number is too dear for every frame.
    const late = now - before[1] > 2000 / rate ? (running.engine?.frameStats.skipped ?? 0) - skipped : 0;
    skipped += late;
    began.push([before[0] + 1 + late, now]);
    if (began.length !== frames) return;
    console.log(JSON.stringify(began));
    void running.engine?.close();
  },
});

const node = defineNode({
  state: () => ({ t: 0.5 }),
  update({ state }, dt) {
    state.t += dt;
  },
});
running.engine = await createEngine({
  rate,
  systems: [note],
  nodes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`/node${i}`, { use: node }])),
});
