import { contest } from "./lib/contest.ts";
import { pair } from "./lib/pair.ts";
import type { Question } from "./lib/question.ts";

const width = 64;
const variant = "64 bytes";
const { us, program } = pair("process", ["echo", "caller"], "inFlight", variant);

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
    const fewer = [count / 4, width];
    return contest(
      {
        us: us(count, width),
        peers: {
          "zeromq.js DEALER/ROUTER": program("call-zeromq", fewer, { words: ["dealer"], on: "node" }),
          "IPC channel": program("call-ipc", fewer),
          "Moleculer TCP": program("call-moleculer", fewer),
          "comlink, threads": program("call-comlink", fewer),
        },
      },
      [variant],
      budget,
      "higher",
    );
  },
};
