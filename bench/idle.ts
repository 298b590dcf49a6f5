import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { absent, type Budget, type Figures, type Question } from "./lib/question.ts";
import { end, script, start } from "./lib/runtime.ts";
import { figure } from "./lib/stats.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Switches to each thread of a process so far: one that sleeps and wakes counts one, whatever it does then. */
function switches(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread): [string, number] => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const counts = [...status.matchAll(/^(?:non)?voluntary_ctxt_switches:\s*(\d+)$/gm)];
    return [thread, counts.reduce((sum, [, count]) => sum + Number(count), 0)];
  });
  return new Map(threads);
}

/** How often the threads of `after` have woken up since `before`; what a thread did that has ended is not known. */
function wakeUps(before: Map<string, number>, after: Map<string, number>): number {
  return [...after].reduce((sum, [thread, count]) => sum + count - (before.get(thread) ?? 0), 0);
}

/** Starts a child and waits until it says that it is ready. */
async function ready(name: string): Promise<ChildProcess> {
  const child = start(script(`child/${name}`));
  await new Promise((resolve, reject) => {
    child.stdout?.once("data", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return child;
}

/** Reads from outside how often the processes woke up; both are there at the same time, so that the machine does the same to them. */
async function measure({ quick }: Budget): Promise<Figures> {
  try {
    readFileSync("/proc/self/status");
  } catch {
    const reason = absent("wake-ups can only be counted on Linux");
    return { us: reason, floor: reason, peers: {} };
  }
  const names = ["idle-pyros", "idle-empty"];
  const children = await Promise.all(names.map(ready));
  try {
    // What follows a start (compilers, collectors) goes on for a while.
    await sleep(quick ? 500 : 3000);
    const rounds: number[][] = names.map(() => []);
    const seconds = quick ? 1 : 2;
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      const before = children.map((child) => switches(child.pid!));
      await sleep(seconds * 1000);
      children.forEach((child, i) => rounds[i].push(wakeUps(before[i], switches(child.pid!)) / seconds));
    }
    return { us: figure(rounds[0]), floor: figure(rounds[1]), peers: {} };
  } finally {
    await Promise.all(children.map(end));
  }
}

export const question: Question = {
  id: "idle",
  question: "how often a graph wakes up in which nothing is to be done",
  unit: "wake-ups/s",
  better: "lower",
  floor: "the runtime without a graph",
  variants: [{ name: "100 nodes without update" }],
  must: { over: 0 },
  once: true,
  measure: (_, budget) => measure(budget),
};
