import { client, createEngine, defineNode, from, stream } from "../src/mod.ts";
import type { Question } from "./lib/question.ts";
import { type Contestant, race, scale, sink } from "./lib/race.ts";

/** Nodes on a ring, each pulled towards its left neighbour; one of them asks a judge about each of its positions. */
const movers = 9;
const rate = 60;

interface Pose {
  x: number;
  v: number;
}

/** The handler of the service. */
const judge = (x: number): number => (x > 0 ? -0.01 : 0.01);

/** The body of `update`: a new pose from the own one and the one last heard from the left. */
function move(state: Pose, left: Pose, push: number, dt: number): void {
  state.v += (left.x - state.x + push) * dt;
  state.x += state.v * dt;
}

/** A step is one frame; `per` makes a nanosecond one of simulated time, by which the race divides. */
const simulated = 1 / rate;

async function us(): Promise<Contestant> {
  const judgeNode = defineNode({ services: { judge: (x: number) => judge(x) } });
  const parts = {
    state: () => ({ x: 0, v: 0, push: 0 }),
    streams: { pose: stream<Pose>({ depth: 1 }) },
    inputs: { left: from<Pose>("left", { depth: 1 }) },
  };
  const mover = defineNode({
    ...parts,
    update({ state, inputs, streams }, dt) {
      move(state, inputs.left.latest ?? state, 0, dt);
      streams.pose.emit({ x: state.x, v: state.v });
    },
  });
  const asker = defineNode({
    ...parts,
    needs: { judge: client<typeof judgeNode>("judge") },
    state: () => ({ x: 0, v: 0, push: 0 }),
    update({ state, inputs, streams, needs }, dt) {
      move(state, inputs.left.latest ?? state, state.push, dt);
      streams.pose.emit({ x: state.x, v: state.v });
      void needs.judge.judge(state.x).then((push) => (state.push = push));
    },
  });
  const nodes = Object.fromEntries(
    Array.from({ length: movers }, (_, i) => {
      const left = `/m${(i + movers - 1) % movers}/pose`;
      return [`/m${i}`, { use: i === 0 ? asker : mover, remap: { left } }];
    }),
  );
  const engine = await createEngine({ clock: "sim", rate, nodes: { ...nodes, "/judge": { use: judgeNode } } });
  return { per: simulated, run: (steps) => engine.run({ frames: steps }), close: () => engine.close() };
}

/** The same by hand: poses are copied to whom they go, the judge is an async function, awaited between the frames. */
function byHand(): Contestant {
  const states: Pose[] = Array.from({ length: movers }, (_, i) => ({ x: i, v: 0 }));
  const heard: Pose[] = states.map((state) => ({ ...state }));
  const ask = async (x: number): Promise<number> => judge(x);
  let push = 0;
  return {
    per: simulated,
    async run(steps) {
      for (let step = 0; step < steps; step++) {
        for (let i = 0; i < movers; i++) {
          move(states[i], heard[i], i === 0 ? push : 0, simulated);
        }
        const answer = ask(states[0].x);
        for (let i = 0; i < movers; i++) {
          heard[(i + 1) % movers] = { x: states[i].x, v: states[i].v };
        }
        push = await answer;
      }
      sink.number += states[0].x;
    },
  };
}

export const question: Question = {
  id: "sim-speed",
  question: `simulated time by real time: ${movers + 1} nodes at ${rate} Hz, a stream each, a service call each frame`,
  unit: "x",
  better: "higher",
  floor: "the same work by hand",
  variants: [{ name: `${movers + 1} nodes` }],
  must: { reach: 1000 },
  aim: { reach: 10_000 },
  // The race counts ns of real time for one simulated second.
  measure: async (_, budget) => scale(await race({ us, floor: byHand }, budget), (ns) => 1e9 / ns),
};
