import { type Bound, type Figures, isFigure, type Limits, type Question, type Variant } from "./question.ts";
import { runtime } from "./runtime.ts";

/** One comparison with its verdicts; `must` and `aim` are missing where nothing is asked. */
export interface Verdict {
  /** Such as `us / floor 3.1x`. */
  says: string;
  must?: { bound: string; holds: boolean };
  aim?: { bound: string; holds: boolean };
}

interface Check {
  key: string;
  says: string;
  bound: string;
  holds: boolean;
}

const bound = (value: Bound): number => (typeof value === "number" ? value : value[runtime]);

/** Three digits, without an exponent for what people count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function check(limits: Limits, { us, floor, peers }: Figures, { unit, better }: Question): Check[] {
  if (!isFigure(us)) return [];
  const checks: Check[] = [];
  const other = (name: string): number | undefined => {
    const figure = name === "floor" ? floor : peers[name];
    return figure && isFigure(figure) ? figure.median : undefined;
  };
  for (const [name, limit] of Object.entries(limits.atMost ?? {})) {
    const value = other(name);
    if (value === undefined) continue;
    const ratio = better === "lower" ? us.median / value : value / us.median;
    const says = better === "lower" ? `us / ${name} ${short(ratio)}x` : `${name} / us ${short(ratio)}x`;
    checks.push({
      key: name,
      says,
      bound: `<= ${short(bound(limit))}x`,
      holds: ratio <= bound(limit),
    });
  }
  for (const [name, limit] of Object.entries(limits.faster ?? {})) {
    const value = other(name);
    if (value === undefined) continue;
    const ratio = better === "lower" ? value / us.median : us.median / value;
    const says = better === "lower" ? `${name} / us ${short(ratio)}x` : `us / ${name} ${short(ratio)}x`;
    checks.push({
      key: `${name} faster`,
      says,
      bound: `>= ${short(bound(limit))}x`,
      holds: ratio >= bound(limit),
    });
  }
  const base = other("floor");
  if (limits.over !== undefined && base !== undefined) {
    const over = us.median - base;
    const says = `us - floor ${short(over)} ${unit}`;
    checks.push({
      key: "over",
      says,
      bound: `<= ${short(bound(limits.over))}`,
      holds: over <= bound(limits.over),
    });
  }
  if (limits.reach !== undefined) {
    const least = bound(limits.reach);
    checks.push({
      key: "reach",
      says: `us ${short(us.median)} ${unit}`,
      bound: `>= ${short(least)}`,
      holds: us.median >= least,
    });
  }
  if (limits.within !== undefined) {
    const most = bound(limits.within);
    checks.push({ key: "within", says: `us ${short(us.median)} ${unit}`, bound: `<= ${short(most)}`, holds: us.median <= most });
  }
  return checks;
}

/** What the limits of a variant say about its figures. */
export function judge(question: Question, variant: Variant, figures: Figures): Verdict[] {
  const verdicts = new Map<string, Verdict>();
  for (const kind of ["must", "aim"] as const) {
    const limits = variant[kind] ?? question[kind] ?? {};
    for (const { key, says, bound, holds } of check(limits, figures, question)) {
      const verdict = verdicts.get(key) ?? { says };
      verdict[kind] = { bound, holds };
      verdicts.set(key, verdict);
    }
  }
  return [...verdicts.values()];
}
