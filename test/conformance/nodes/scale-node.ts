import { defineNode } from "pyros";

/** One of very many. */
export default defineNode({
  state: () => ({ x: 0 }),
  update({ state }, dt) {
    state.x += dt;
  },
  services: { x: (_: void, { state }) => state.x },
});
