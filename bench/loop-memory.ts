import type { Budget, Figures, Question } from "./lib/question.ts";
import { output, script } from "./lib/runtime.ts";
import { figure } from "./lib/stats.ts";

const count = 100_000;

/** Bytes that one of a kind takes, each time in a process of its own. */
async function bytes(kind: string): Promise<number> {
  const { bytes } = JSON.parse(await output(script("child/memory"), [kind, String(count)]));
  return bytes;
}

async function measure(variant: string, { quick }: Budget): Promise<Figures> {
  const us: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    floor.push(await bytes("objects"));
    us.push(await bytes(variant === "state and update" ? "bare" : "full"));
  }
  return { us: figure(us), floor: figure(floor), peers: {} };
}

export const question: Question = {
  id: "loop-memory",
  question: `what one of ${count.toLocaleString("en")} nodes takes, names and config included`,
  unit: "B",
  better: "lower",
  floor: "a plain object with the same state",
  variants: [
    { name: "state and update" },
    {
      name: "with a param, a stream and a service",
      must: {},
      aim: {},
    },
  ],
  must: { over: 2000 },
  aim: { over: 600 },
  once: true,
  measure,
};
