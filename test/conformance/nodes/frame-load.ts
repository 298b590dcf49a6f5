import { defineNode, param } from "pyros";

/** Uses some ms of each frame, or throws in the frame that it is told. */
export default defineNode({
  params: { ms: param(0), throwAt: param(0) },
  state: () => ({ n: 0 }),
  restart: "never",
  update({ params, state }) {
    state.n++;
    if (state.n === params.throwAt) throw new Error(`update ${state.n} failed`);
    const end = performance.now() + params.ms;
    while (params.ms > 0 && performance.now() < end);
  },
  services: { n: (_: void, { state }) => state.n },
});
