import type { Figure } from "./question.ts";

/** The value below which `share` (0 to 1) of the values lie, interpolated; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Median and best of the rounds. */
export function figure(rounds: readonly number[], better: "lower" | "higher" = "lower"): Figure {
  return {
    median: quantile(rounds, 0.5),
    best: better === "lower" ? Math.min(...rounds) : Math.max(...rounds),
  };
}
