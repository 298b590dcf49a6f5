import { client, defineNode, from } from "pyros";
import type mortal from "./mortal.ts";

/** Calls the mortal one, and hears it. */
export default defineNode({
  needs: { mortal: client<typeof mortal>("/mortal") },
  inputs: { beat: from<number>("/mortal/beat", { depth: 1000 }) },
  state: () => ({ heard: 0 }),
  on: {
    beat(_beat, { state }) {
      state.heard++;
    },
  },
  services: {
    pid: () => process.pid,
    /** Calls what never answers, and tells how long that took to fail, and by which error. */
    async wait(_: void, { needs }) {
      try {
        return { value: await needs.mortal.stuck(undefined, { timeout: Infinity }), at: Date.now() };
      } catch (error) {
        return { name: (error as Error).name, message: (error as Error).message, at: Date.now() };
      }
    },
    heard: (_: void, { state }) => state.heard,
    counts: (_: void, { inputs }) => ({ ...inputs.beat.counts, dropped: { ...inputs.beat.counts.dropped } }),
    count: (_: void, { needs }) => needs.mortal.count(),
  },
});
