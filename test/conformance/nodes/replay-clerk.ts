import { defineNode, from } from "pyros";
import type { Pose } from "./replay-body.ts";

/** Averages what it hears, writes it down as a param, and answers with progress. */
export default defineNode({
  params: { mean: 0 },
  inputs: { pose: from<Pose>("body/pose"), told: from<{ n: number }>("guide/told", { depth: 2 }) },
  state: () => ({ sum: 0, count: 0, told: 0 }),
  on: {
    pose(pose, { state, set }) {
      state.sum += pose.speed;
      if (++state.count % 50 === 0) void set("mean", state.sum / state.count).catch(() => {});
    },
    async told({ n }, { state, sleep, random }) {
      await sleep(30 * random());
      state.told += n;
    },
  },
  services: {
    async *report(steps: number, { state, sleep, inputs }) {
      for (let i = 0; i < steps; i++) {
        await sleep(11);
        yield { i, told: state.told };
      }
      return { mean: state.sum / state.count, missed: inputs.told.counts.dropped };
    },
  },
});
