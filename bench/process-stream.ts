import type { Bursts } from "./lib/bursts.ts";
import { contest } from "./lib/contest.ts";
import { pair } from "./lib/pair.ts";
import type { Question } from "./lib/question.ts";

const variant = "64 bytes";
const bursts: Bursts = { burst: 5000, turn: 100 };
const { us, program } = pair("process", ["sink", "source"], "stream", variant);

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
    const fewer = [64, count / 4, bursts];
    return contest(
      {
        us: us(64, count, bursts),
        peers: {
          "zeromq.js PUB/SUB": program("stream-zeromq", fewer, { on: "node" }),
          "Moleculer events": program("stream-moleculer", fewer),
        },
      },
      [variant],
      budget,
      "higher",
    );
  },
};
