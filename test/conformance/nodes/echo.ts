import { defineNode } from "pyros";

/** Answers in every way a service can, and notes what became of its calls. */
export default defineNode({
  state: () => ({ calls: 0, aborted: [] as string[], settled: 0, order: [] as unknown[] }),
  services: {
    echo(value: any, { state }) {
      state.calls++;
      return value;
    },
    note(value: unknown, { state }) {
      state.order.push(value);
    },
    async later({ ms, value }: { ms: number; value?: any }, { sleep, state }) {
      state.calls++;
      await sleep(ms);
      state.settled++;
      return value;
    },
    /** Waits for its signal, then holds its slot until `release`d by `ms` of engine time. */
    async never(ms: number, { signal, state }) {
      state.calls++;
      if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      const { reason } = signal;
      state.aborted.push(reason instanceof Error ? reason.name : String(reason));
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      state.settled++;
      return "too late";
    },
    /** Never settles, whatever its signal says. */
    stuck(_: void, { state }) {
      state.calls++;
      return new Promise<never>(() => {});
    },
    /** Spins: a synchronous part that takes its time. */
    busy(ms: number) {
      const end = performance.now() + ms;
      while (performance.now() < end);
    },
    state(_: void, { state }) {
      return state;
    },
    name(_: void, { name }) {
      return name;
    },
  },
});
