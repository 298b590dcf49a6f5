import { defineNode } from "pyros";

/** Counts its updates; blocks the loop, sleeps and waits for the outside on request. */
export default defineNode({
  state: () => ({ updates: 0, dts: [] as number[], times: [] as number[] }),
  update({ state, time }, dt) {
    state.updates++;
    if (!state.dts.includes(dt)) state.dts.push(dt);
    if (state.times.length < 1000) state.times.push(time);
  },
  services: {
    ticks: (_: void, { state }) => state,
    time: (_: void, { time }) => time,
    count: (_: void, { state, time }) => ({ updates: state.updates, time }),
    block(ms: number, { state }) {
      const before = state.updates;
      const end = performance.now() + ms;
      while (performance.now() < end);
      return before;
    },
    /** The same, and says how it stands at the end. */
    stall(ms: number, context) {
      const end = performance.now() + ms;
      while (performance.now() < end);
      return { updates: context.state.updates, time: context.time };
    },
    /** Times of the engine before and after. */
    async doze(ms: number, context) {
      const before = context.time;
      await context.sleep(ms);
      return [before, context.time];
    },
    /** The same, while the outside takes real time. */
    async outside(ms: number, context) {
      const before = context.time;
      const got = await context.external(() => new Promise<string>((resolve) => setTimeout(resolve, ms, "from outside")));
      return { times: [before, context.time], got };
    },
    async refused(_: void, { external }) {
      return external(() => Promise.reject(new Error("the outside said no")));
    },
    draw: (count: number, { random }) => Array.from({ length: count }, random),
  },
});
