import { contest, type Entrant } from "./lib/contest.ts";
import { placed } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";
import type { Beside } from "./nodes/feeder.ts";

/** Items a second. */
const rate = 10;

interface Told {
  p50: number;
  p99: number;
  items: number;
}

export const question: Question = {
  id: "beside-bulk",
  question: "a call of 64 bytes from process to process while items of 16 MB go the same way, ten a second",
  unit: "µs",
  better: "lower",
  floor: "the same call alone",
  variants: [{ name: "p50" }, {
    name: "p99",
    note: "one after the other: each item as soon as the last has come. For every few of them V8 marks its heap, on both sides",
    must: { atMost: { floor: 5 } },
    aim: { atMost: { floor: 2 } },
  }],
  together: true,
  awake: true,
  once: true,
  async measure(_, budget) {
    const count = budget.quick ? 5000 : 20_000;
    const engine = await placed("process", ["taker", "feeder"]);
    const calls = (beside: Beside) => (): Entrant => ({
      async run() {
        const { p50, p99, items } = await engine.call<Told>("/feeder/calls", [
          count,
          beside,
        ], { timeout: Infinity });
        if (beside !== 0 && items === 0) {
          throw new Error("no item has come meanwhile");
        }
        return { p50, p99 };
      },
    });
    try {
      return await contest(
        { us: calls(rate), floor: calls(0), peers: { "one after the other": calls("one after the other") } },
        ["p50", "p99"],
        budget,
      );
    } finally {
      await engine.close();
    }
  },
};
