import { threadId } from "node:worker_threads";
import { client, defineNode, from, param, type SetupContext, stream } from "pyros";

interface Cycle {
  services: { cycle(depth: number): Promise<number> };
}

const here = `${process.pid}/${threadId}`;

/** Is moved about while it works. */
export default defineNode({
  params: {
    /** Where alone it starts; anywhere by default. */
    only: param(""),
    /** What becomes of its setup and dispose. */
    setup: param("quick", { oneOf: ["quick", "throw", "exit", "hang", "calls"] }),
    dispose: param("quick", { oneOf: ["quick", "note", "spoil"] }),
  },
  streams: {
    ticks: stream<number>({ depth: 100_000 }),
    last: stream<number>({ latched: true }),
  },
  inputs: {
    items: from<number>("/source/items", { depth: 100_000 }),
    few: from<number>("/source/items", { depth: 3 }),
    newest: from<number>("/source/items"),
    thin: from<number>("/source/items", { maxRate: 20 }),
    slow: from<number>("/slow/items", { depth: 100_000 }),
  },
  needs: { partner: client<Cycle>("peer") },
  state: () => ({
    n: 0,
    order: [] as [string, number][],
    items: [] as number[],
    few: 0,
    slow: [] as number[],
    notes: [] as string[],
    bad: undefined as any,
  }),
  serviceOptions: { turn: { concurrency: 1 } },
  async setup({ params, signal }: SetupContext) {
    if (params["only"] !== "" && params["only"] !== here) {
      if (params["setup"] === "throw") throw new Error("setup throws there");
      if (params["setup"] === "exit") process.exit(3);
      if (params["setup"] === "hang") await new Promise(() => {});
    }
    return { born: here, signal };
  },
  dispose({ params, state, streams }) {
    streams.ticks.emit(-1); // an ended life emits nothing
    if (params.dispose === "note") state.notes.push("disposed");
    if (params.dispose === "spoil") state.bad = () => {};
  },
  on: {
    items(item, { state }) {
      state.items.push(item);
    },
    few(_, { state }) {
      state.few++;
    },
    thin() {},
    async slow(item, { state }) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      state.slow.push(item);
    },
  },
  services: {
    where: () => here,
    add(by: number, { state }) {
      return (state.n += by);
    },
    /** Notes that a caller has called, and answers with what it was given. */
    note([who, i]: [string, number], { state }) {
      state.order.push([who, i]);
      return i;
    },
    async turn(ms: number, { sleep, state }) {
      await sleep(ms);
      return ++state.n;
    },
    async long(ms: number, { sleep, state, signal }) {
      state.notes.push("begun");
      await sleep(ms);
      state.notes.push(signal.aborted ? "aborted" : "finished");
      return here;
    },
    async *count(to: number, { sleep }): AsyncGenerator<number, string> {
      for (let i = 0; i < to; i++) {
        yield i;
        await sleep(5);
      }
      return here;
    },
    stuck: () => new Promise<never>(() => {}),
    /** Calls the partner, which calls this one: `depth` times there and back. */
    async cycle(depth: number, { needs, state }): Promise<number> {
      state.n++;
      return depth === 0 ? 0 : 1 + (await needs.partner.cycle(depth - 1));
    },
    /** Calls the partner `count` times, one after the other, as a caller of that name. */
    async drive([service, count]: [string, number], { name, call }) {
      const answers: unknown[] = [];
      for (let i = 0; i < count; i++) answers.push(await call(service, [name, i]));
      return answers;
    },
    /** The same, all at once. */
    drives([service, count]: [string, number], { name, call }) {
      return Promise.all(Array.from({ length: count }, (_, i) => call(service, [name, i])));
    },
    emit(values: number[], { streams }) {
      for (const value of values) streams.ticks.emit(value);
    },
    emitLast(value: number, { streams }) {
      streams.last.emit(value);
    },
    random: (count: number, { random }) => Array.from({ length: count }, () => random()),
    spoil(_: void, { state }) {
      state.bad = { at: [0, () => {}] };
    },
    state: (_: void, { state }) => ({ ...state, bad: typeof state.bad }),
    born: (_: void, { local }) => local.born,
    counts: (input: "items" | "few" | "newest" | "thin" | "slow", { inputs }) => inputs[input].counts,
    latest: (_: void, { inputs }) => ({ value: inputs.newest.latest, info: inputs.newest.info }),
    /** Keeps its state and all that it could do, and tries it after its life has ended. */
    haunt(_: void, context) {
      const { state, streams, call, local } = context;
      const haunt = (): void => {
        state.n = 1e9;
        streams.ticks.emit(1e9);
        void call("/partner/add", 1e9).catch(() => {});
      };
      local.signal.addEventListener("abort", () => setTimeout(haunt, 20));
    },
  },
});
