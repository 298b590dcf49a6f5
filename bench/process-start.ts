import { contest } from "./lib/contest.ts";
import { message } from "./lib/message.ts";
import { placed, theirs } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";
import { output, script } from "./lib/runtime.ts";

const variant = "first reply";

async function timed(
  run: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const start = performance.now();
  await run();
  return { [variant]: performance.now() - start };
}

export const question: Question = {
  id: "process-start",
  question: "from the start of a graph with one node in a process of its own to the node's first reply",
  unit: "ms",
  better: "lower",
  floor: "a process that does nothing",
  variants: [{ name: variant }],
  must: { atMost: { floor: 2 } },
  aim: { atMost: { floor: 1.3 } },
  together: true,
  once: true,
  measure: (_, budget) =>
    contest(
      {
        us: () => ({
          async run() {
            const start = performance.now();
            const engine = await placed("process", ["echo"]);
            await engine.call("/echo/echo", message(1));
            const took = performance.now() - start;
            await engine.close();
            return { [variant]: took };
          },
        }),
        floor: () => ({
          run: () => timed(() => output(script("child/empty"))),
        }),
        peers: {
          "Moleculer TCP": () => ({
            async run() {
              let took = NaN;
              const entrant = await theirs(
                "call-moleculer",
                ["alone"],
                async (ask) => ({ took: took = await ask<number>("start") }),
              )();
              if ("absent" in entrant) throw new Error(entrant.absent);
              await entrant.run();
              await entrant.close?.();
              return { [variant]: took };
            },
          }),
        },
      },
      [variant],
      budget,
      "lower",
      { warm: 1, rounds: 9 },
    ),
};
