import { defineNode } from "../../src/mod.ts";

/** Counts, and takes its count along. */
export default defineNode({
  state: () => ({ n: 0 }),
  services: {
    add: (by: number, { state }) => (state.n += by),
  },
});
