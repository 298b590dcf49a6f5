import { defineNode, param, stream } from "pyros";

export default defineNode({
  description: "works elsewhere",
  params: { gain: param(1, { min: 0, max: 10 }) },
  streams: { ticks: stream<number>({ depth: 1000 }) },
  services: {
    double: (n: number, { params }) => n * 2 * params.gain,
    emit(count: number, { streams }) {
      for (let i = 0; i < count; i++) streams.ticks.emit(i);
    },
    async slow(ms: number, { sleep }) {
      await sleep(ms);
      return "done";
    },
    hang: () => new Promise<never>(() => {}),
    set: ([name, value]: [string, unknown], { set }) => set(name, value),
    pid: () => process.pid,
  },
});
