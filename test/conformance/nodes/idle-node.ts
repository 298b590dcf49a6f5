import { defineNode, from, param, stream } from "pyros";

/** Has everything that a node may have but an `update`. */
export default defineNode({
  params: { gain: param(1, { min: 0, max: 10 }) },
  streams: { said: stream<number>({ latched: true }), thin: stream<number>({ maxRate: 100 }) },
  inputs: { heard: from<number>("/node0/said", { maxAge: 50 }) },
  state: () => ({ heard: 0, set: 0 }),
  setup({ watch, stream: open }) {
    watch("gain", () => {});
    open("/node0/thin").on(() => {});
  },
  on: {
    heard(_, { state }) {
      state.heard++;
    },
  },
  services: {
    async work(ms: number, { sleep, streams, state }) {
      streams.said.emit(ms);
      streams.thin.emit(ms);
      await sleep(ms);
      return state.heard;
    },
  },
});
