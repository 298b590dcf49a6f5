import { defineNode, stream } from "pyros";

/** Notes its frames; wastes time in one of them on request. */
export default defineNode({
  streams: { tick: stream<number>() },
  state: () => ({ frames: 0, dt: new Set<number>(), times: [] as number[], block: 0, emit: false }),
  services: {
    look: (_: void, { state }) => ({ frames: state.frames, dt: [...state.dt], times: state.times }),
    block(ms: number, { state }) {
      state.block = ms;
    },
    emitEach(_: void, { state }) {
      state.emit = true;
    },
    ping: () => "pong",
  },
  update({ state, time, streams }, dt) {
    state.frames++;
    state.dt.add(dt);
    if (state.times.length < 100_000) state.times.push(time);
    if (state.emit) streams.tick.emit(state.frames);
    if (state.block === 0) return;
    const end = performance.now() + state.block;
    state.block = 0;
    while (performance.now() < end);
  },
});
