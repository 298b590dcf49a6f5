import type { Latency } from "./calls.ts";
import type { Enter } from "./contest.ts";
import { nameOf, ours, placed, theirs } from "./placed.ts";

/** Who takes part in a contest of pairs that are each in a thread or process of their own, and of which one measures. */
export interface Pair {
  /** Two nodes. */
  us(...args: readonly unknown[]): Enter;
  /** A program of `bench/child`. */
  program(name: string, args: readonly unknown[], how?: { words?: readonly string[]; on?: "own" | "node" }): Enter;
}

/**
 * The same thing asked of two nodes, and of programs that do as they do.
 *
 * @param nodes of `bench/nodes`; the last one measures
 * @param task the service of that node, and what programs call it
 * @param variant what a single number that it answers is the value of; else it answers values by variant
 */
export function pair(placement: "thread" | "process", nodes: readonly string[], task: string, variant = ""): Pair {
  const values = (told: number | Latency): Record<string, number> => typeof told === "number" ? { [variant]: told } : { ...told };
  return {
    us: (...args) =>
      ours(
        () => placed(placement, nodes),
        async (call) => values(await call(`${nameOf(nodes.at(-1)!)}/${task}`, args.length === 1 ? args[0] : args)),
      ),
    program: (name, args, { words = [], on = "own" } = {}) =>
      theirs(name, words, async (ask) => values(await ask<number | Latency>(task, ...args)), on),
  };
}
