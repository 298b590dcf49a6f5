import { defineNode, param, stream } from "pyros";

export interface Pose {
  x: number;
  y: number;
  speed: number;
}

/** Wanders about, pushed by chance: exact arithmetic only. */
export default defineNode({
  params: { drag: param(0.05, { min: 0, max: 1 }) },
  streams: { pose: stream<Pose>({ depth: 4 }) },
  state: () => ({ x: 0, y: 0, vx: 1, vy: 0.5, kicks: 0 }),
  services: {
    async kick(force: { x: number; y: number }, { state, sleep, random }) {
      await sleep(7 * random());
      state.vx += force.x;
      state.vy += force.y;
      return { n: ++state.kicks, vx: state.vx, vy: state.vy };
    },
  },
  update({ state, params, streams, random }, dt) {
    state.vx += (random() - 0.5 - params.drag * state.vx) * dt;
    state.vy += (random() - 0.5 - params.drag * state.vy) * dt;
    state.x += state.vx * dt;
    state.y += state.vy * dt;
    streams.pose.emit({ x: state.x, y: state.y, speed: Math.sqrt(state.vx * state.vx + state.vy * state.vy) });
  },
});
