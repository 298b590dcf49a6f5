import { defineNode, param, type SetupContext } from "pyros";

/** Has params of every kind; reads and writes them by its own words. */
export default defineNode({
  params: {
    gain: param(1, { min: 0, max: 10, description: "steering gain", unit: "1/s" }),
    mode: param("idle", { oneOf: ["idle", "run"] }),
    label: param("a1", { pattern: "^[a-z][0-9]$" }),
    laps: param(3, { integer: true }),
    host: param(null as string | null, { pattern: "." }),
    pid: { p: 1, i: 2, deep: { d: 3 } },
    path: [1, 2, 3] as number[],
    raw: new Uint8Array([1, 2]),
    enabled: true,
  },
  state: () => ({ seen: [] as number[], news: [] as any[] }),
  setup({ params, state }: SetupContext) {
    state.seen.push(params.gain);
  },
  services: {
    /** What `params.x` reads as now. */
    view: (_: void, { params }) => ({ ...spread(params) }),
    /** Sets by its own words, and tells what `params` and `get` read before and after. */
    async set(values: Record<string, unknown>, { params, set, get }) {
      const [first] = Object.keys(values);
      const writing = set(values);
      const before = [(params as any)[first!], get(first!)];
      const revision = await writing;
      return { before, after: [(params as any)[first!], get(first!)], revision };
    },
    get: (name: string, { get }) => get(name),
    assign({ name, value }: { name: string; value: unknown }, { params }) {
      try {
        (params as any)[name] = value;
      } catch (error) {
        return (error as Error).message;
      }
      return "assigned";
    },
    /** Writes into what it got. */
    async writeInto(how: "view" | "get" | "watch", { params, get, watch, set }) {
      const spoil = (pid: any, path: any) => {
        try {
          pid.p = 99;
        } catch {}
        try {
          path.push(99);
        } catch {}
      };
      if (how === "view") spoil(params.pid, params.path);
      if (how === "get") spoil(get("pid"), get("path"));
      if (how === "watch") {
        const stops = [watch("pid", (pid) => spoil(pid, [])), watch("path", (path) => spoil({}, path))];
        await set({ pid: { p: 5, i: 2, deep: { d: 3 } }, path: [7] });
        for (const stop of stops) stop();
      }
      return { view: { pid: params.pid, path: params.path }, got: { pid: get("pid"), path: get("path") } };
    },
    async reads(_: void, { params, sleep, state }) {
      for (let i = 0; i < 3; i++) {
        state.seen.push(params.gain);
        await sleep(10);
      }
      return state.seen;
    },
  },
});

function spread(params: object): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const name in params) all[name] = (params as Record<string, unknown>)[name];
  return all;
}
