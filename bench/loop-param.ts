import { createEngine, defineNode, type Engine, param } from "../src/mod.ts";
import { fresh } from "./lib/fresh.ts";
import type { Absent, Question } from "./lib/question.ts";
import { type Contestant, race, sink } from "./lib/race.ts";

/** Reads or sets go round this many params: the index keeps a compiler from reading once for all rounds. */
const width = 16;

/** Sets in one go, before anyone waits for their watchers. */
const burstSize = 100;

/** What `update` sees of a node's params. */
interface Params {
  readonly gain: number;
}

/** The loop of an `update` that reads. */
function reading(params: readonly Params[], close?: () => unknown): Contestant {
  const read = fresh((params: readonly Params[], steps: number): number => {
    const last = params.length - 1;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += params[i & last].gain;
    return sum;
  });
  return { per: 1, run: (steps) => void (sink.number += read(params, steps)), close };
}

/** An engine of `width` nodes, each with one param; `seen` gets the `params` of each as its `update` sees them. */
async function gains(seen: (params: Params) => void): Promise<Engine> {
  const node = defineNode({
    params: { gain: param(1, { min: -1e9, max: 1e9 }) },
    update({ params }) {
      seen(params);
    },
  });
  const nodes = Object.fromEntries(Array.from({ length: width }, (_, i) => [`/n${i}`, { use: node }]));
  const engine = await createEngine({ clock: "sim", nodes });
  await engine.run({ frames: 1 });
  return engine;
}

async function usReading(): Promise<Contestant> {
  const all: Params[] = [];
  const engine = await gains((params) => all.push(params));
  return reading(all, () => engine.close());
}

/** Sets in bursts; one operation is one set, and a burst ends when the watchers have seen its last values. */
interface Settable {
  /** Sets one param; each of `width` has one watcher. */
  set(index: number, value: number): unknown;
  /** Registers the watcher of a param. */
  watch(index: number, callback: (value: number) => void): void;
  close?(): unknown;
}

function setting(settable: Settable | Absent): Contestant | Absent {
  if ("absent" in settable) return settable;
  let value = 0;
  let waiting = 0;
  let done = (): void => {};
  for (let index = 0; index < width; index++) {
    settable.watch(index, (seen) => {
      sink.number += seen;
      // Watches are coalesced: only the last value of a burst is sure to be seen.
      if (seen === value && --waiting === 0) done();
    });
  }
  return {
    per: burstSize,
    async run(steps) {
      for (let step = 0; step < steps; step++) {
        value++;
        waiting = 1;
        const seen = new Promise<void>((resolve) => (done = resolve));
        const index = step & (width - 1);
        for (let i = 1; i < burstSize; i++) settable.set(index, -i);
        settable.set(index, value);
        await seen;
      }
    },
    close: settable.close,
  };
}

/** A value with its one watcher, by hand. */
function plain(): Settable {
  const values: number[] = Array.from({ length: width }, () => 0);
  const watchers: ((value: number) => void)[] = [];
  // Several bodies that do the same: the call site sees too many functions to inline any of them.
  const setters = Array.from(
    { length: width },
    () =>
      new Function("values", "watchers", "return (index, value) => { values[index] = value; watchers[index](value); };")(values, watchers),
  ) as ((index: number, value: number) => void)[];
  return {
    set: (index, value) => setters[index](index, value),
    watch: (index, callback) => (watchers[index] = callback),
  };
}

/** The live engine: a write is ordered and watched as soon as it can be. */
async function usSetting(): Promise<Settable> {
  const node = defineNode({ params: { gain: param(1, { min: -1e9, max: 1e9 }) } });
  const nodes = Object.fromEntries(Array.from({ length: width }, (_, i) => [`/n${i}`, { use: node }]));
  const engine = await createEngine({ nodes });
  const names = Object.keys(nodes).map((name) => `${name}/gain`);
  return {
    set: (index, value) => engine.params.set(names[index], value),
    watch: (index, callback) => engine.params.watch(names[index], callback),
    close: () => engine.close(),
  };
}

/** Sets one at a time, each acknowledged before the next. */
function settingEach(settable: Settable | Absent): Contestant | Absent {
  if ("absent" in settable) return settable;
  for (let index = 0; index < width; index++) {
    settable.watch(index, (seen) => (sink.number += seen));
  }
  return {
    per: 1,
    async run(steps) {
      for (let step = 0; step < steps; step++) {
        await settable.set(step & (width - 1), step);
      }
    },
    close: settable.close,
  };
}

function plainAsync(): Settable {
  const { set, watch } = plain();
  return { set: async (index, value) => set(index, value), watch };
}

export const question: Question = {
  id: "loop-param",
  question: "a param: reading it in update, setting it with one watcher",
  unit: "ns",
  better: "lower",
  floor: "a property read; a call of a setter, not inlined, that stores the value and calls one watcher",
  variants: [
    {
      name: "read",
      must: { atMost: { floor: 5 } },
      aim: { atMost: { floor: 2 } },
    },
    {
      name: "set",
      note: `in bursts of ${burstSize} that end when the watcher has seen the last value`,
      must: { atMost: { floor: 20 } },
      aim: { atMost: { floor: 10 } },
    },
    {
      name: "set, awaited each",
      note: "the floor's setter is async, and awaited too",
    },
  ],
  measure(variant, budget) {
    if (variant === "read") {
      return race(
        {
          us: usReading,
          floor: () => reading(Array.from({ length: width }, () => ({ gain: 1 }))),
        },
        budget,
      );
    }
    if (variant === "set") {
      return race(
        {
          us: async () => setting(await usSetting()),
          floor: () => setting(plain()),
        },
        budget,
      );
    }
    return race(
      {
        us: async () => settingEach(await usSetting()),
        floor: () => settingEach(plainAsync()),
      },
      budget,
    );
  },
};
