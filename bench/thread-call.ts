import type { Latency } from "./lib/calls.ts";
import { contest, type Enter } from "./lib/contest.ts";
import { ours, placed, theirs } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";

const program = (name: string, count: number): Enter =>
  theirs(
    name,
    [],
    async (ask) => ({ ...(await ask<Latency>("calls", count)) }),
  );

export const question: Question = {
  id: "thread-call",
  question: "a call of 64 bytes from a node in one thread to a node in another, awaited before the next",
  unit: "µs",
  better: "lower",
  floor: "the same object there and back with postMessage",
  variants: [{
    name: "p50",
    must: { atMost: { floor: 1.5 } },
    aim: { atMost: { floor: 1.1 } },
  }, { name: "p99" }],
  together: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 1000 : 4000;
    return contest(
      {
        us: ours(
          () => placed("thread", ["echo", "caller"]),
          (call) => call("/caller/calls", count),
        ),
        floor: program("call-ports", count),
        peers: {
          comlink: program("call-comlink", count),
          piscina: program("call-piscina", count),
        },
      },
      ["p50", "p99"],
      budget,
    );
  },
};
