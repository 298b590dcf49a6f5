import { createEngine, defineNode } from "../src/mod.ts";
import { fresh } from "./lib/fresh.ts";
import { isAbsent } from "./lib/peers.ts";
import type { Point } from "./lib/items.ts";
import { moleculer } from "./lib/moleculer.ts";
import type { Absent, Question } from "./lib/question.ts";
import { type Contestant, race, sink } from "./lib/race.ts";

/** Calls one after the other, each awaited. */
type Add = (n: number) => Promise<number>;
type Shift = (point: Point) => Promise<Point>;

function numbers(add: Add, close?: () => unknown): Contestant {
  const loop = fresh(async (add: Add, steps: number): Promise<number> => {
    let last = 0;
    for (let i = 0; i < steps; i++) last = await add(i);
    return last;
  });
  return {
    per: 1,
    async run(steps) {
      sink.number += await loop(add, steps);
    },
    close,
  };
}

function points(shift: Shift, close?: () => unknown): Contestant {
  const loop = fresh(async (shift: Shift, steps: number): Promise<Point> => {
    let point = { x: 1, y: 2, z: 3 };
    for (let i = 0; i < steps; i++) point = await shift(point);
    return point;
  });
  return {
    per: 1,
    async run(steps) {
      sink.value = await loop(shift, steps);
    },
    close,
  };
}

// The same two handlers for everyone.
const add = (n: number): number => n + 1;
const shift = (point: Point): Point => ({ x: point.x + 1, y: point.y, z: point.z });

async function us(variant: string): Promise<Contestant> {
  const math = defineNode({ services: { add: (n: number) => add(n), shift: (point: Point) => shift(point) } });
  const engine = await createEngine({ nodes: { "/math": { use: math } } });
  const client = engine.client<typeof math>("/math");
  const close = (): Promise<void> => engine.close();
  return variant === "number" ? numbers((n) => client.add(n), close) : points((point) => client.shift(point), close);
}

async function broker(variant: string): Promise<Contestant | Absent> {
  const broker = await moleculer();
  if (isAbsent(broker)) return broker;
  broker.createService({
    name: "math",
    actions: {
      add: ({ params }: { params: { n: number } }) => add(params.n),
      shift: ({ params }: { params: Point }) => shift(params),
    },
  });
  await broker.start();
  const close = (): Promise<void> => broker.stop();
  return variant === "number"
    ? numbers((n) => broker.call("math.add", { n }) as Promise<number>, close)
    : points((point) => broker.call("math.shift", point) as Promise<Point>, close);
}

export const question: Question = {
  id: "loop-call",
  question: "a service call in the loop, awaited before the next",
  unit: "ns",
  better: "lower",
  floor: "await of an async function that does the same",
  variants: [
    { name: "number" },
    {
      name: "{x, y, z}",
      note: "in and out, each a copy with us, the same object elsewhere",
      must: {},
      aim: {},
    },
  ],
  must: {
    atMost: { floor: { node: 6, deno: 10 } },
    faster: { Moleculer: 1.3 },
  },
  aim: { atMost: { floor: { node: 4, deno: 6 } }, faster: { Moleculer: 2 } },
  measure: (variant, budget) =>
    race(
      {
        us: () => us(variant),
        floor: () => (variant === "number" ? numbers(async (n) => add(n)) : points(async (point) => shift(point))),
        peers: { Moleculer: () => broker(variant) },
      },
      budget,
    ),
};
