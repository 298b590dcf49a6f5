import { describe, expect, onTestFinished } from "vitest";
import { createEngine, type Engine, type EngineConfig } from "pyros";
import { prepare } from "../../src/config/plan.ts";
import { startGuests } from "./guests.ts";
import { type PlacementCase, placements } from "./placements.ts";

/** What a case gets: engines whose nodes run where the placement says. */
export interface Placement {
  readonly name: string;
  /**
   * Starts an engine and closes it when the test has finished.
   *
   * @param config nodes are given as modules, `use: "./nodes/echo.ts"`, relative to this folder: a value cannot move
   */
  engine(config: EngineConfig): Promise<Engine>;
  /** How often a property is tried that takes `runs` in the loop: starting threads and processes takes its time. A tenth by default. */
  runs(runs: number, elsewhere?: number): number;
  /** The config with its nodes where this placement wants them, for a case that makes and closes engines itself. */
  place(config: EngineConfig): EngineConfig;
}

/** Runs the cases for every placement. */
export function describePlacements(name: string, cases: (placement: Placement) => void): void {
  for (const placement of placements) describe(`${name} in placement ${placement.name}`, () => cases(bound(placement)));
}

const base = new URL("./", import.meta.url);

/** The names of all nodes, those inside of mounts too; undefined where the config has mistakes. */
async function namesOf(config: EngineConfig): Promise<readonly string[] | undefined> {
  return prepare(config, { base }).then(({ graph }) => graph.nodes.map(({ names }) => names.node), () => undefined);
}

/** Runs cases that put their nodes where they want them themselves: once, with those of the loop. */
export function describeOnce(name: string, cases: () => void): void {
  for (const { name: place } of placements.filter((placement) => placement.name === "loop")) {
    describe(`${name}, with nodes of the ${place}`, cases);
  }
}

function bound({ name, place, guests = 0 }: PlacementCase): Placement {
  return {
    name,
    place,
    runs: (runs, elsewhere = Math.ceil(runs / 10)) => (name === "loop" ? runs : elsewhere),
    async engine(config) {
      for (const [node, entry] of Object.entries(config.nodes ?? {})) {
        const use = typeof entry === "object" && "use" in entry ? entry.use : entry;
        if (typeof use !== "string") throw new Error(`${node} must be given as a module: only modules can move`);
      }
      const joined = guests > 0 && config.clock !== "sim";
      const engine = joined ? await startGuests(config, guests) : await createEngine(place(config, await namesOf(config)), { base });
      if (!joined) onTestFinished(() => engine.close());
      return name === "loop" || config.clock === "sim" ? engine : patient(engine);
    },
  };
}

let latest: Engine | undefined;

/**
 * An engine whose calls, once answered, wait until what others have sent meanwhile has been delivered. In the loop that is so by
 * itself; between engines only what goes from one node to another is in order, and who tests what a third has got must wait for it.
 */
function patient(engine: Engine): Engine {
  latest = engine;
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 2; i++) await engine.flush();
  };
  const wait = <T extends Promise<unknown>>(call: T): T => {
    if (Symbol.asyncIterator in call) return call;
    return call.then((value) => settle().then(() => value)) as T;
  };
  const { client, call } = engine;
  engine.call = ((...args: Parameters<typeof call>) => wait(call.apply(engine, args))) as never;
  engine.client = ((name: string) =>
    new Proxy(client.call(engine, name) as object, {
      get(target, key) {
        const method = Reflect.get(target, key) as unknown;
        return typeof method === "function" ? (...args: unknown[]) => wait(method.apply(target, args) as Promise<unknown>) : method;
      },
    })) as never;
  return engine;
}

/**
 * Waits for a condition, one turn of the loop after another.
 *
 * @param condition what is to become true
 * @param limit ms of real time after which the test fails
 */
export async function until(condition: () => unknown, limit = 10_000): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets so many turns of the runtime's loop pass: all that can be delivered in live time without waiting is. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await latest?.flush();
  }
}

/** How a promise has ended. */
export type Outcome<T = any> = { readonly value: T } | { readonly error: any };

/** Waits until all have settled, and tells how. */
export function settled<T>(promises: Iterable<PromiseLike<T>>): Promise<Outcome<T>[]> {
  return Promise.all([...promises].map((promise) => promise.then((value) => ({ value }), (error: unknown) => ({ error }))));
}

/** Notes how a promise ends, without waiting: `undefined` until then. */
export function watched<T>(promise: PromiseLike<T>): { outcome: Outcome<T> | undefined } {
  const box: { outcome: Outcome<T> | undefined } = { outcome: undefined };
  promise.then((value) => (box.outcome = { value }), (error: unknown) => (box.outcome = { error }));
  return box;
}

/** The error with which a promise rejects; the test fails when it does not. */
export async function rejection(promise: PromiseLike<unknown>): Promise<any> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return expect.fail(`it should have been rejected, and was ${JSON.stringify(value)}`);
}

/** In simulated time: lets time run until a promise settles, and gives what it gives. */
export async function inTime<T>(engine: Engine, promise: PromiseLike<T>, most = 60_000): Promise<T> {
  const box = watched(promise);
  const end = engine.time + most;
  while (box.outcome === undefined && engine.time < end) await engine.run({ until: Math.min(engine.time + 100, end) });
  if (box.outcome === undefined) throw new Error(`it did not settle within ${most} ms of simulated time`);
  return promise;
}

/** What is registered in the graph beside the nodes: names of services, streams and subscriptions, with their owners. */
export function graphOf(engine: Engine): { services: string[]; streams: string[]; subscriptions: string[] } {
  const list = (kind: "service" | "stream" | "subscription") =>
    engine.world[kind].filter((entry) => entry !== undefined).map(({ name, owner }) => `${name} of ${owner}`).sort();
  return { services: list("service"), streams: list("stream"), subscriptions: list("subscription") };
}

export type { Engine, EngineConfig } from "pyros";
