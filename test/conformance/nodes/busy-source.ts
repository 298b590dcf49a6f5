import { defineNode, stream } from "pyros";

/** Emits numbers from 0, some in each frame, while it is told to. */
export default defineNode({
  streams: { items: stream<number>({ depth: 100_000 }) },
  state: () => ({ n: 0, perFrame: 0 }),
  services: {
    run(perFrame: number, { state }) {
      state.perFrame = perFrame;
      return state.n;
    },
    burst(count: number, { state, streams }) {
      for (let i = 0; i < count; i++) streams.items.emit(state.n++);
    },
  },
  update({ state, streams }) {
    for (let i = 0; i < state.perFrame; i++) streams.items.emit(state.n++);
  },
});
