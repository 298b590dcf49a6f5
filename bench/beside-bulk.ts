import { contest, type Entrant } from "./lib/contest.ts";
import { placed } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";

interface Told {
  p50: number;
  p99: number;
  items: number;
}

export const question: Question = {
  id: "beside-bulk",
  question: "a call of 64 bytes from process to process while items of 16 MB go the same way, each as soon as the last has come",
  unit: "µs",
  better: "lower",
  floor: "the same call alone",
  variants: [{ name: "p50" }, {
    name: "p99",
    must: { atMost: { floor: 5 } },
    aim: { atMost: { floor: 2 } },
  }],
  together: true,
  once: true,
  async measure(_, budget) {
    const count = budget.quick ? 1000 : 4000;
    const engine = await placed("process", ["taker", "feeder"]);
    const calls = (beside: boolean) => (): Entrant => ({
      async run() {
        const { p50, p99, items } = await engine.call<Told>("/feeder/calls", [
          count,
          beside,
        ], { timeout: Infinity });
        if (beside && items === 0) {
          throw new Error("no item has come meanwhile");
        }
        return { p50, p99 };
      },
    });
    try {
      return await contest({ us: calls(true), floor: calls(false) }, [
        "p50",
        "p99",
      ], budget);
    } finally {
      await engine.close();
    }
  },
};
