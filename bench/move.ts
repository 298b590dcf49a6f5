import type { Engine, Placement } from "../src/mod.ts";
import { contest, type Enter } from "./lib/contest.ts";
import { placed } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";
import { quantile } from "./lib/stats.ts";

const places = ["thread", "process", "loop"] as const; // where it goes, one after the other
const pause = 1; // ms between two calls
const stand = 100; // ms for which it stays
const variants = [
  "p50",
  "p99",
  ...places.map((place) => `to ${place}, p99`),
];

/** Calls all the time, whatever is out, and gives the longest that one took while something was done, in ms. */
async function longest(
  engine: Engine,
  run: () => Promise<void>,
): Promise<number> {
  let over = false;
  let most = 0;
  const out = new Set<Promise<void>>();
  const calling = (async () => {
    for (let n = 0; !over; n++) {
      const start = performance.now();
      const call = engine.call("/counter/add", 1).then(() => {
        most = Math.max(most, performance.now() - start);
        out.delete(call);
      });
      out.add(call);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  })();
  await run();
  over = true;
  await calling;
  await Promise.all(out);
  return most;
}

/** Starts another engine and ends it: the machine has as much to do, and the node stays. */
async function start(place: Placement): Promise<void> {
  const other = await placed(place, ["echo"]);
  await other.close();
}

function entrant(cycles: number, moves: boolean): Enter {
  return async () => {
    const engine = await placed("loop", ["counter"]);
    const cycle = async (waits: Record<string, number[]>) => {
      for (const place of places) {
        const run = () => (moves ? engine.move("/counter", place) : start(place));
        (waits[place] ??= []).push(await longest(engine, run));
        await new Promise((resolve) => setTimeout(resolve, stand));
      }
    };
    return {
      async run() {
        for (let i = 0; i < Math.min(cycles, 5); i++) await cycle({});
        const waits: Record<string, number[]> = {};
        for (let i = 0; i < cycles; i++) await cycle(waits);
        const all = Object.values(waits).flat();
        return {
          p50: quantile(all, 0.5),
          p99: quantile(all, 0.99),
          ...Object.fromEntries(
            places.map((
              place,
            ) => [`to ${place}, p99`, quantile(waits[place], 0.99)]),
          ),
        };
      },
      close: () => engine.close(),
    };
  };
}

export const question: Question = {
  id: "move",
  question: "the longest that a call of a node waits while that moves: from the loop to a thread, a process, and back",
  unit: "ms",
  better: "lower",
  floor: "the longest that one waits while an engine starts in such a place and ends, and the node stays",
  variants: variants.map((name) => ({
    name,
    ...(name === "p50" ? {} : { must: { over: 20 }, aim: { over: 5 } }),
  })),
  together: true,
  once: true,
  measure: (_, budget) => {
    const cycles = budget.quick ? 10 : 100;
    return contest(
      { us: entrant(cycles, true), floor: entrant(cycles, false) },
      variants,
      budget,
      "lower",
      { warm: 0, rounds: 1 },
    );
  },
};
