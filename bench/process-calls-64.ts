import { contest, type Enter } from "./lib/contest.ts";
import { ours, placed, theirs } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";

const width = 64;
const variant = "64 bytes";

const program = (
  name: string,
  count: number,
  args: string[] = [],
  on: "own" | "node" = "own",
): Enter =>
  theirs(
    name,
    args,
    async (ask) => ({ [variant]: await ask<number>("inFlight", count, width) }),
    on,
  );

export const question: Question = {
  id: "process-calls-64",
  question: `calls a second from process to process, ${width} of them under way at any time`,
  unit: "calls/s",
  better: "higher",
  floor: "none",
  variants: [{ name: variant }],
  must: { faster: { "zeromq.js DEALER/ROUTER": 5 } },
  aim: { faster: { "zeromq.js DEALER/ROUTER": 10 } },
  together: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 10_000 : 40_000;
    return contest(
      {
        us: ours(
          () => placed("process", ["echo", "caller"]),
          async (call) => ({
            [variant]: await call("/caller/inFlight", [count, width]),
          }),
        ),
        peers: {
          "zeromq.js DEALER/ROUTER": program("call-zeromq", count / 4, [
            "dealer",
          ], "node"),
          "IPC channel": program("call-ipc", count / 4),
          "Moleculer TCP": program("call-moleculer", count / 4),
          "comlink, threads": program("call-comlink", count / 4),
        },
      },
      [variant],
      budget,
      "higher",
    );
  },
};
