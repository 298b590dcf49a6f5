import { moleculer } from "./lib/moleculer.ts";
import { isAbsent } from "./lib/peers.ts";
import { type Absent, type Budget, type Figure, type Figures, type Question } from "./lib/question.ts";
import { output, script } from "./lib/runtime.ts";
import { figure } from "./lib/stats.ts";

const count = 1000;

/** Seconds from the start of a process to its end. */
async function seconds(name: string): Promise<number> {
  const start = performance.now();
  await output(script(`child/${name}`), [String(count)]);
  return (performance.now() - start) / 1000;
}

async function measure({ quick }: Budget): Promise<Figures> {
  const available = await moleculer();
  const why: Record<string, Absent | undefined> = { "start-moleculer": isAbsent(available) ? available : undefined };
  const names = ["start-pyros", "empty", "start-moleculer"];
  const rounds: Record<string, number[]> = {};
  // The first start of each fills the caches of the disk and of the runtime, and does not count.
  for (let round = 0; round <= (quick ? 2 : 9); round++) {
    for (const name of names) {
      if (why[name]) continue;
      const took = await seconds(name);
      if (round > 0) (rounds[name] ??= []).push(took);
    }
  }
  const of = (name: string): Figure | Absent => why[name] ?? figure(rounds[name]);
  return {
    us: of("start-pyros"),
    floor: of("empty"),
    peers: { [`Moleculer, ${count} services`]: of("start-moleculer") },
  };
}

export const question: Question = {
  id: "loop-start",
  question: `a process that starts a graph of ${count.toLocaleString("en")} nodes and ends`,
  unit: "s",
  better: "lower",
  floor: "a process that does nothing",
  variants: [{ name: "state, param, stream, service, update" }],
  must: { over: 0.3 },
  aim: { over: 0.1 },
  once: true,
  measure: (_, budget) => measure(budget),
};
