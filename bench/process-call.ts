import { contest } from "./lib/contest.ts";
import { pair } from "./lib/pair.ts";
import type { Question } from "./lib/question.ts";

const { us, program } = pair("process", ["echo", "caller"], "calls");

export const question: Question = {
  id: "process-call",
  question: "a call of 64 bytes from a node in one process to a node in another, awaited before the next",
  unit: "µs",
  better: "lower",
  floor: "64 bytes there and back over a Unix socket of node:net",
  variants: [
    {
      name: "p50",
      note: "zeromq.js sends 64 raw bytes, all others but the floor an object",
      must: {
        atMost: { floor: 1.6 },
        faster: { "zeromq.js REQ/REP": 2, "zeromq.js DEALER/ROUTER": 2 },
      },
      aim: { atMost: { floor: 1.2 } },
    },
    { name: "p99" },
  ],
  together: true,
  awake: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 1000 : 4000;
    return contest(
      {
        us: us(count),
        floor: program("call-socket", [count]),
        peers: {
          "zeromq.js REQ/REP": program("call-zeromq", [count], { words: ["reqrep"], on: "node" }),
          "zeromq.js DEALER/ROUTER": program("call-zeromq", [count], { words: ["dealer"], on: "node" }),
          "IPC channel": program("call-ipc", [count]),
          "Moleculer TCP": program("call-moleculer", [count]),
          "comlink, threads": program("call-comlink", [count]),
        },
      },
      ["p50", "p99"],
      budget,
    );
  },
};
