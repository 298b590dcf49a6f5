import { type Absent, absent, type Budget, type Figure, type Figures, isFigure } from "./question.ts";
import { collectYoung } from "./runtime.ts";
import { figure } from "./stats.ts";

/** One who does the work that is measured. */
export interface Contestant {
  /** Operations in one step. */
  per: number;
  /** Does the work of `steps` steps; the time ends when the promise settles. */
  run(steps: number): void | Promise<void>;
  /** Takes everything down again. */
  close?(): unknown;
}

/** Sets a contestant up, or says why it cannot take part. */
export type Make = () => Contestant | Absent | Promise<Contestant | Absent>;

/** Who runs against whom. */
export interface Field {
  us: Make;
  floor: Make;
  peers?: Record<string, Make>;
}

/** Where results go, so that no compiler can find that nobody needs them. */
export const sink: { number: number; value: unknown } = {
  number: 0,
  value: undefined,
};

interface Runner {
  name: string;
  contestant: Contestant;
  steps: number;
  nanoseconds: number[];
}

/** Milliseconds that `steps` steps take. */
async function time({ contestant }: Runner, steps: number): Promise<number> {
  const start = performance.now();
  const pending = contestant.run(steps);
  if (pending) await pending;
  return performance.now() - start;
}

/** Finds how many steps fill a round; the doubling also warms the code up. */
async function calibrate(runner: Runner, roundMs: number): Promise<void> {
  for (;;) {
    const took = await time(runner, runner.steps);
    if (took >= roundMs / 2) {
      runner.steps = Math.max(1, Math.round((runner.steps * roundMs) / took));
      return;
    }
    runner.steps = took < roundMs / 16 ? runner.steps * 8 : runner.steps * 2;
  }
}

/**
 * Nanoseconds an operation for everyone in the field.
 *
 * Rounds are interleaved (A B C, B C A, C A B), so that whatever else the machine does falls on all of them alike; the time
 * of a round ends when everything it started has arrived.
 */
export async function race(field: Field, budget: Budget): Promise<Figures> {
  const makers: [string, Make][] = [["us", field.us], ["floor", field.floor], ...Object.entries(field.peers ?? {})];
  const missing = new Map<string, Absent>();
  const runners: Runner[] = [];
  for (const [name, make] of makers) {
    // Who fails to start is reported, and the others run.
    const made = await Promise.resolve().then(make).catch((error) => absent(`failed: ${String(error)}`));
    if ("absent" in made) missing.set(name, made);
    else runners.push({ name, contestant: made, steps: 1, nanoseconds: [] });
  }

  for (const runner of runners) await calibrate(runner, budget.roundMs);
  for (let warm = 0; warm < budget.warmMs; warm += budget.roundMs) {
    for (const runner of runners) await time(runner, runner.steps);
  }
  // Again: cold code was slower, and what it was given fills no round any more.
  for (const runner of runners) await calibrate(runner, budget.roundMs);
  for (let round = 0; round < budget.rounds; round++) {
    for (let turn = 0; turn < runners.length; turn++) {
      const runner = runners[(round + turn) % runners.length];
      collectYoung();
      const took = await time(runner, runner.steps);
      runner.nanoseconds.push((took * 1e6) / (runner.steps * runner.contestant.per));
    }
  }
  for (const { contestant } of runners) await contestant.close?.();

  const of = (name: string): Figure | Absent =>
    missing.get(name) ?? figure(runners.find((runner) => runner.name === name)?.nanoseconds ?? []);
  const peers = Object.fromEntries(Object.keys(field.peers ?? {}).map((name) => [name, of(name)]));
  return { us: of("us"), floor: of("floor"), peers };
}

/** Everything in one more unit: `race` counts in ns, some questions in something else. */
export function scale(figures: Figures, convert: (value: number) => number): Figures {
  const one = (value: Figure | Absent): Figure | Absent =>
    isFigure(value) ? { median: convert(value.median), best: convert(value.best) } : value;
  const peers = Object.fromEntries(Object.entries(figures.peers).map(([name, value]) => [name, one(value)]));
  return { us: one(figures.us), floor: one(figures.floor), peers };
}
