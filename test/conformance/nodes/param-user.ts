import { defineNode, from, type SetOptions, type SetupContext, stream } from "pyros";

/** Declares no params: reads, sets and watches those of others. */
export default defineNode({
  streams: { told: stream<any>() },
  inputs: { heard: from<any>("/writer/told") },
  state: () => ({ news: [] as any[], log: [] as any[] }),
  setup: (_: SetupContext) => ({ stops: new Map<string, () => void>() }),
  on: {
    /** A message that says what was set before it: notes what is seen of that here. */
    heard(said: { name: string; value: number }, { get, state }) {
      state.log.push(["heard", said.value, get(said.name)]);
    },
  },
  services: {
    get: (name: string, { get }) => get(name),
    set: ({ name, value, options }: { name: string; value: unknown; options?: SetOptions }, { set }) => set(name, value, options),
    setAll: ({ values, options }: { values: Record<string, unknown>; options?: SetOptions }, { set }) => set(values, options),
    watch(name: string, { watch, state, local }) {
      local.stops.set(name, watch(name, (value, change) => void state.news.push({ value, ...change })));
    },
    /** Notes values in the same log as what was heard. */
    watchInLog(name: string, { watch, state }) {
      watch(name, (value) => void state.log.push(["watched", value]));
    },
    watchBadly(name: string, { watch }) {
      watch(name, () => {
        throw new Error("a watcher that throws");
      });
    },
    unwatch(name: string, { local }) {
      local.stops.get(name)!();
    },
    news: (_: void, { state }) => state.news.splice(0),
    log: (_: void, { state }) => state.log,
    heard: ({ name, value }: { name: string; value: number }, { get, state }) => void state.log.push(["called", value, get(name)]),
    /** Sets, waits until it is acknowledged, and then sends by a stream and by a call. */
    async setAndTell({ name, from, to }: { name: string; from: number; to: number }, { set, streams, call }) {
      for (let value = from; value <= to; value++) {
        await set(name, value);
        streams.told.emit({ name, value });
        await call("/reader/heard", { name, value });
      }
    },
    /** Many sets in one turn, and what was read meanwhile. */
    async burst({ name, count }: { name: string; count: number }, { set, get }) {
      const before = get(name);
      const writes = Array.from({ length: count }, (_, i) => set(name, i));
      const meanwhile = get(name);
      return { before, meanwhile, revisions: await Promise.all(writes), after: get(name) };
    },
  },
});
