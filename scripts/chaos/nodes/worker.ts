import { defineNode, stream } from "pyros";
import { record } from "./record.ts";

/** Serves calls, some of them slowly, and publishes what it does. */
export default defineNode({
  params: { served: 0 },
  streams: { done: stream<{ id: string; at: number }>({ depth: 100 }) },
  state: () => ({ served: 0 }),
  services: {
    pid: () => process.pid,
    async work({ id, ms }: { id: string; ms: number }, { state, streams, sleep }) {
      record("executed", id);
      state.served++;
      if (ms > 0) await sleep(ms);
      streams.done.emit({ id, at: state.served });
      return id;
    },
    async *steps({ id, count }: { id: string; count: number }, { sleep }) {
      record("executed", id);
      for (let i = 0; i < count; i++) {
        await sleep(1);
        yield i;
      }
      return id;
    },
    /** Ends its thread or process in a way of its own. */
    die(how: "exit" | "throw" | "reject" | "loop") {
      setTimeout(() => {
        if (how === "exit") process.exit(3);
        if (how === "throw") throw new Error("chaos");
        if (how === "reject") void Promise.reject(new Error("chaos"));
        if (how === "loop") { for (;;); }
      }, 1);
    },
  },
});
