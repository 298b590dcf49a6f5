import type { Bursts } from "./lib/bursts.ts";
import { contest, type Enter } from "./lib/contest.ts";
import { ours, placed, theirs } from "./lib/placed.ts";
import type { Question } from "./lib/question.ts";

const variant = "64 bytes";
const bursts: Bursts = { burst: 5000, turn: 100 };

const program = (
  name: string,
  count: number,
  on: "own" | "node" = "own",
): Enter =>
  theirs(
    name,
    [],
    async (ask) => ({
      [variant]: await ask<number>("stream", 64, count, bursts),
    }),
    on,
  );

export const question: Question = {
  id: "process-stream",
  question: `items a second from process to process: ${bursts.turn} a turn, ${bursts.burst.toLocaleString("en")} before an answer`,
  unit: "items/s",
  better: "higher",
  floor: "none",
  variants: [{ name: variant }],
  must: { faster: { "zeromq.js PUB/SUB": 5 } },
  aim: { faster: { "zeromq.js PUB/SUB": 12 } },
  together: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 20_000 : 100_000;
    return contest(
      {
        us: ours(
          () => placed("process", ["sink", "source"]),
          async (call) => ({
            [variant]: await call("/source/stream", [64, count, bursts]),
          }),
        ),
        peers: {
          "zeromq.js PUB/SUB": program("stream-zeromq", count / 4, "node"),
          "Moleculer events": program("stream-moleculer", count / 4),
        },
      },
      [variant],
      budget,
      "higher",
    );
  },
};
