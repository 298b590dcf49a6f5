import { createEngine } from "../src/mod.ts";
import { megabytes } from "./lib/memory.ts";
import { absent, type Budget, type Figure, type Figures, type Question } from "./lib/question.ts";
import { end, script, start } from "./lib/runtime.ts";
import { figure } from "./lib/stats.ts";

interface Told {
  heard: number;
  pid: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** MB of a runtime that waits and does nothing. */
async function bare(): Promise<Figure> {
  const child = start(script("child/idle-empty"));
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  const held = megabytes(child.pid!);
  await end(child);
  return figure([held]);
}

/** Starts them, has each say something to all, and reads what they take when all have heard all. */
async function measure(
  placement: "thread" | "process",
  { quick }: Budget,
): Promise<Figures> {
  const count = quick ? 10 : 100;
  const before = megabytes(process.pid);
  const names = Array.from({ length: count }, (_, i) => `/node${i}`);
  const engine = await createEngine({
    placement,
    nodes: Object.fromEntries(
      names.map((name) => [name, script("nodes/one-of-many")]),
    ),
  });
  try {
    for (const name of names) {
      await engine.call(`${name}/say`, undefined, { timeout: 60_000 });
    }
    const told = (): Promise<Told[]> =>
      Promise.all(
        names.map((name) => engine.call<Told>(`${name}/heard`, undefined, { timeout: 60_000 })),
      );
    let all = await told();
    for (
      let wait = 0;
      wait < 300 && all.some(({ heard }) => heard < count);
      wait++
    ) {
      await sleep(100);
      all = await told();
    }
    const least = Math.min(...all.map(({ heard }) => heard));
    if (least < count) throw new Error(`one has heard ${least} of ${count}`);
    const each = placement === "thread" ? (megabytes(process.pid) - before) / count : 0;
    const us = figure(
      placement === "thread" ? [each] : all.map(({ pid }) => megabytes(pid)),
    );
    return { us, floor: await bare(), peers: {} };
  } finally {
    await engine.close();
  }
}

export const question: Question = {
  id: "many-engines",
  question: "memory of each of 100 nodes in engines of their own, when every one has sent an item to every other",
  unit: "MB",
  better: "lower",
  floor: "a runtime that waits",
  variants: [{ name: "process" }, { name: "thread" }],
  must: { reach: 0 }, // that there is a figure: all have heard all
  once: true,
  measure(variant, budget) {
    if (process.platform !== "linux") {
      const reason = absent("memory is read from Linux");
      return Promise.resolve({ us: reason, floor: reason, peers: {} });
    }
    return measure(variant as "thread" | "process", budget);
  },
};
