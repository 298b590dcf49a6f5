import { defineNode, from, stream } from "pyros";

// Per engine, as module variables are: whether some handler's synchronous part is under way.
let inside = 0;
let nested = 0;
const part = (run: () => void): void => {
  if (inside++ > 0) nested++;
  run();
  inside--;
};

/** Does in each synchronous part all that might run another handler. */
export default defineNode({
  params: { value: 0 },
  streams: { out: stream<number>() },
  inputs: { out: from<number>("~out") },
  state: () => ({ runs: 0 }),
  setup({ watch }) {
    watch("value", () => part(() => {}));
  },
  on: {
    out(n, { call, streams, set, state }) {
      part(() => {
        state.runs++;
        if (n <= 0) return;
        streams.out.emit(n - 1);
        void call("~work", n - 1).catch(() => {});
        void set("value", n).catch(() => {});
      });
    },
  },
  services: {
    work(n: number, { call, streams, set, provide, withdraw, state, waitForService, stream: open }) {
      part(() => {
        state.runs++;
        if (n <= 0) return;
        streams.out.emit(n - 1);
        void call("~work", n - 1).catch(() => {});
        void call("~work", 0, { signal: AbortSignal.abort() }).catch(() => {});
        void set("value", -n).catch(() => {});
        provide(`extra${state.runs}`, () => part(() => state.runs++));
        void call(`~extra${state.runs}`).catch(() => {});
        void waitForService(`~extra${state.runs}`).then(() => part(() => {}), () => {});
        withdraw(`extra${state.runs}`);
        const subscription = open("~out").on(() => part(() => {}));
        streams.out.emit(0);
        subscription.close();
      });
    },
    count(_: void, { state }) {
      return { nested, runs: state.runs };
    },
  },
  update({ state, call, streams }) {
    part(() => {
      if (state.runs > 5000) return;
      void call("~work", 1).catch(() => {});
      streams.out.emit(1);
    });
  },
});
