import { defineNode, from, stream } from "pyros";

/** Talks to itself without end once it is told to. */
export default defineNode({
  streams: { talk: stream<number>(), wide: stream<number>({ depth: 100_000 }) },
  inputs: { talk: from<number>("~talk"), wide: from<number>("~wide", { depth: 100_000 }) },
  state: () => ({ calls: 0, items: 0, busy: 0, on: false }),
  on: {
    talk(n, { streams, state }) {
      state.items++;
      if (state.on) streams.talk.emit(n + 1);
    },
    wide(ms, { state }) {
      state.busy++;
      const end = Date.now() + ms;
      while (Date.now() < end);
    },
  },
  services: {
    ping(n: number, { state }) {
      state.calls++;
      return n;
    },
    spin(ms: number, { state }) {
      state.busy++;
      const end = Date.now() + ms;
      while (Date.now() < end);
    },
    chat(how: "calls" | "awaited" | "items", { state, call, streams }) {
      state.on = true;
      const on = () => state.on;
      if (how === "items") streams.talk.emit(0);
      if (how === "awaited") {
        void (async () => {
          for (let i = 0; on(); i++) await call("~ping", i);
        })();
      }
      if (how === "calls") {
        const next = (): void => {
          if (on()) void call("~ping", 0).then(next);
        };
        for (let i = 0; i < 10; i++) next();
      }
    },
    burst(ms: number[], { streams }) {
      for (const each of ms) streams.wide.emit(each);
    },
    /** Has many quick handlers run, and then slow ones of 2 ms; says how many of these ran between two timers, at most. */
    async crowd(how: "spin" | "wide", { call, streams, state }) {
      const before = state.busy;
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      const send = (ms: number) => {
        if (how === "spin") void call("~spin", ms);
        else streams.wide.emit(ms);
      };
      for (let i = 0; i < 1000; i++) send(0);
      while (state.busy < before + 1000) await turn();
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve)); // from there timers are next
      for (let i = 0; i < 200; i++) send(2);
      let most = 0;
      let handled = state.busy;
      while (state.busy < before + 1200) {
        await turn();
        most = Math.max(most, state.busy - handled);
        handled = state.busy;
      }
      return most;
    },
    hush(_: void, { state }) {
      state.on = false;
      return state;
    },
    state(_: void, { state }) {
      return state;
    },
  },
});
