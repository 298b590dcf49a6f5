import { addComponent, addEntity, createWorld, query } from "bitecs";
import { createEngine, defineNode } from "../src/mod.ts";
import { fresh } from "./lib/fresh.ts";
import { isAbsent, peer } from "./lib/peers.ts";
import type { Absent, Question } from "./lib/question.ts";
import { type Contestant, race, sink } from "./lib/race.ts";

const count = 100_000;

/** What each of the 100,000 is: a state and a method that moves it on by `dt` seconds. */
class Counter {
  t = 0.5;

  update(dt: number): void {
    this.t += dt;
  }
}

/** The same with its state in an object apart, as a node has it. */
class Apart {
  state = { t: 0.5 };

  get t(): number {
    return this.state.t;
  }

  update(dt: number): void {
    this.state.t += dt;
  }
}

/** The length of a frame differs a little from frame to frame, so that nothing can be worked out ahead. */
const dt = (frame: number): number => (16 + (frame & 3)) / 1000;

/** One step is one frame: one update each. */
function frames(frame: (dt: number) => void, first: { t: number }): Contestant {
  return {
    per: count,
    run(steps) {
      for (let step = 0; step < steps; step++) frame(dt(step));
      sink.number += first.t;
    },
  };
}

/** Frames follow each other as fast as they can; what a frame costs beside its updates is in the figure. */
async function us(): Promise<Contestant> {
  const counter = defineNode({
    state: () => ({ t: 0.5 }),
    update({ state }, dt) {
      state.t += dt;
    },
  });
  const nodes = Object.fromEntries(Array.from({ length: count }, (_, i) => [`/n${i}`, { use: counter }]));
  const engine = await createEngine({ clock: "sim", nodes });
  return { per: count, run: (steps) => engine.run({ frames: steps }), close: () => engine.close() };
}

function array(make: () => Counter): Contestant {
  const counters = Array.from({ length: count }, make);
  const all = fresh((counters: Counter[], dt: number): void => {
    for (const counter of counters) counter.update(dt);
  });
  return frames((dt) => all(counters, dt), counters[0]);
}

function bitECS(): Contestant {
  const world = createWorld();
  const counters: Counter[] = [];
  for (let i = 0; i < count; i++) {
    const entity = addEntity(world);
    addComponent(world, entity, counters);
    counters[entity] = new Counter();
  }
  return frames((dt) => {
    for (const entity of query(world, [counters])) counters[entity].update(dt);
  }, counters[1]);
}

async function miniplex(): Promise<Contestant | Absent> {
  interface World {
    add(entity: { counter: Counter }): void;
    with(component: string): Iterable<{ counter: Counter }>;
  }
  const module = await peer<{ World: new () => World }>("miniplex");
  if (isAbsent(module)) return module;
  const world = new module.World();
  const counters = Array.from({ length: count }, () => new Counter());
  for (const counter of counters) world.add({ counter });
  const entities = world.with("counter");
  return frames((dt) => {
    for (const { counter } of entities) counter.update(dt);
  }, counters[0]);
}

async function koota(): Promise<Contestant | Absent> {
  interface World {
    spawn(trait: object): void;
    query(trait: object): { updateEach(callback: (traits: [Counter]) => void): void };
  }
  const module = await peer<{ createWorld(): World; trait(make: () => Counter): object }>("koota");
  if (isAbsent(module)) return module;
  const counters: Counter[] = [];
  const world = module.createWorld();
  const trait = module.trait(() => {
    const counter = new Counter();
    counters.push(counter);
    return counter;
  });
  for (let i = 0; i < count; i++) world.spawn(trait);
  return frames((dt) => world.query(trait).updateEach(([counter]) => counter.update(dt)), counters[0]);
}

export const question: Question = {
  id: "loop-update",
  question: `an update of one of ${count.toLocaleString("en")} nodes, each adding dt to its state`,
  unit: "ns",
  better: "lower",
  floor: "an array of objects, one method call each",
  variants: [{ name: "one definition" }],
  must: { atMost: { floor: 3 } },
  aim: { atMost: { floor: 1.5 } },
  measure: (_, budget) =>
    race(
      {
        us,
        floor: () => array(() => new Counter()),
        peers: {
          "array, state apart": () => array(() => new Apart() as Counter),
          "bitECS + method by hand": bitECS,
          miniplex,
          koota,
        },
      },
      budget,
    ),
};
