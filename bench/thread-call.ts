import { contest } from "./lib/contest.ts";
import { pair } from "./lib/pair.ts";
import type { Question } from "./lib/question.ts";

const { us, program } = pair("thread", ["bound/echo", "bound/caller"], "calls");

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
  awake: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 1000 : 4000;
    return contest(
      {
        us: us(count),
        floor: program("call-ports", [count]),
        peers: {
          comlink: program("call-comlink", [count]),
          piscina: program("call-piscina", [count]),
        },
      },
      ["p50", "p99"],
      budget,
    );
  },
};
