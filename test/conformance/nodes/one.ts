import { defineNode } from "pyros";

/** Takes turns: services of `concurrency: 1` and of few places. */
export default defineNode({
  state: () => ({ running: 0, most: 0, log: [] as string[] }),
  services: {
    /** One at a time. */
    async turn({ id, ms }: { id: string; ms: number }, { state, sleep }) {
      state.running++;
      state.most = Math.max(state.most, state.running);
      state.log.push(`${id} begins`);
      try {
        await sleep(ms);
        state.log.push(`${id} ends`);
      } finally {
        state.running--;
      }
      return id;
    },
    /** One at a time; calls the services that are named, the first with the rest. */
    async chain(names: string[], { call, state }): Promise<string> {
      state.log.push("chain");
      const [next, ...rest] = names;
      return next === undefined ? "end" : `${next} > ${await call(next, rest, { timeout: 10_000 })}`;
    },
    /** Answers, and then calls itself when the answer is out. */
    after(again: boolean, { call, state }) {
      if (again) {
        void Promise.resolve().then(() => new Promise((resolve) => setTimeout(resolve, 1))).then(() => call("~after", false)).then(
          () => state.log.push("again"),
          (error) => state.log.push(error.name),
        );
      }
      return "answered";
    },
    /** Two places. */
    async few(ms: number, { sleep, signal, state }) {
      state.log.push("few");
      if (ms > 0) await sleep(ms);
      else if (ms < 0) await new Promise<void>((resolve) => signal.addEventListener("abort", () => setTimeout(resolve, -ms)));
      return "done";
    },
    /** One at a time, and one more waits. */
    async line(ms: number, { sleep }) {
      await sleep(ms);
      return "done";
    },
    state(_: void, { state }) {
      return state;
    },
  },
  serviceOptions: {
    turn: { concurrency: 1 },
    chain: { concurrency: 1 },
    after: { concurrency: 1 },
    few: { maxInFlight: 2 },
    line: { concurrency: 1, maxInFlight: 2 },
  },
});
