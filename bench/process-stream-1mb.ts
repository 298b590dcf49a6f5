import type { Bursts } from "./lib/bursts.ts";
import { megabyte } from "./lib/message.ts";
import { contest } from "./lib/contest.ts";
import { pair } from "./lib/pair.ts";
import type { Question } from "./lib/question.ts";

const variant = "1 MB";
const bursts: Bursts = { burst: 16, turn: 1 };
const { us, program } = pair("process", ["sink", "source"], "stream", variant);

export const question: Question = {
  id: "process-stream-1mb",
  question: `items of 1 MB a second from process to process: one a turn, ${bursts.burst} before an answer`,
  unit: "items/s",
  better: "higher",
  floor: "a copy in memory",
  variants: [{ name: variant }],
  must: { faster: { "zeromq.js PUB/SUB": { node: 1.1, deno: 1 } } },
  aim: { faster: { "zeromq.js PUB/SUB": 1.5 } },
  together: true,
  once: true,
  measure(_, budget) {
    const count = budget.quick ? 160 : 480;
    return contest(
      {
        us: us(megabyte, count, bursts),
        floor: program("copy", [megabyte, count, bursts]),
        peers: { "zeromq.js PUB/SUB": program("stream-zeromq", [megabyte, count, bursts], { on: "node" }) },
      },
      [variant],
      budget,
      "higher",
    );
  },
};
