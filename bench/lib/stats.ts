import { type Absent, type Figure, type Figures, isFigure } from "./question.ts";

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

/** What several processes found, in one: the middle one of the medians, the best of all; a reason, where one has none. */
export function pool(all: readonly Figures[], better: "lower" | "higher"): Figures {
  const one = (values: (Figure | Absent)[]): Figure | Absent => {
    const missing = values.find((value): value is Absent => !isFigure(value));
    if (missing) return missing;
    const figures = values.filter(isFigure);
    const best = figures.map((value) => value.best);
    return {
      median: quantile(figures.map((value) => value.median), 0.5),
      best: better === "lower" ? Math.min(...best) : Math.max(...best),
    };
  };
  const names = Object.keys(all[0].peers);
  return {
    us: one(all.map(({ us }) => us)),
    floor: one(all.map(({ floor }) => floor)),
    peers: Object.fromEntries(names.map((name) => [name, one(all.map(({ peers }) => peers[name]))])),
  };
}
