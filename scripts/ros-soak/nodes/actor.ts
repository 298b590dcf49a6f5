import { defineNode, type SetupContext, stream } from "pyros";
import { Calls } from "../calls.ts";

const floodOf = "x".repeat(20_000);

/** Publishes, serves and sets params for others in a ROS graph, and does with theirs what they do with these. */
export default defineNode({
  rate: 20,
  params: { others: [] as string[], reads: [] as string[], level: 0 },
  streams: {
    tick: stream<{ data: number }>({ type: "std_msgs/Int32" }),
    flood: stream<{ data: string }>({ type: "std_msgs/String" }),
    last: stream<{ data: string }>({ type: "std_msgs/String", latched: true }),
  },
  state: () => ({ n: 0 }),
  setup({ params, call, stream, get, sleep, random, signal }: SetupContext) {
    const calls = new Calls({ call, subscribe: (name) => stream(name), level: (name) => get(name), sleep, random });
    calls.start(params["others"] as string[], signal);
    for (const name of params["reads"] as string[]) stream(name).on(() => {});
    return { calls };
  },
  serviceOptions: { echo: { type: "std_srvs/SetBool" }, slow: { type: "std_srvs/Trigger" }, count: { type: "actionlib/TestAction" } },
  services: {
    echo: ({ data }: { data: boolean }) => ({ success: data, message: "echo" }),
    async slow(_: object, { sleep, random }) {
      await sleep(random() * 500);
      return { success: true, message: "slow" };
    },
    async *count({ goal }: { goal: number }, { sleep, signal }): AsyncGenerator<{ feedback: number }, { result: number }> {
      for (let i = 1; i <= goal && !signal.aborted; i++) {
        yield { feedback: i };
        await sleep(10);
      }
      return { result: goal };
    },
    /** Begins no more calls. */
    quiet(_: void, { local }) {
      local.calls.quiet = true;
    },
    report: (_: void, { local }) => local.calls.report,
  },
  update({ state, streams, set }) {
    const n = state.n++;
    streams.tick.emit({ data: n });
    for (let i = 0; i < 3; i++) streams.flood.emit({ data: floodOf });
    if (n % 20 !== 0) return;
    streams.last.emit({ data: `word ${n}` });
    set("level", n).catch(() => {}); // the node has ended
  },
});
