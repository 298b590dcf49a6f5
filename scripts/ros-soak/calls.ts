import type { CallOptions, Subscription } from "pyros";

/** The graph, as whoever uses it sees it. */
export interface Graph {
  call(service: string, input: unknown, options?: CallOptions): Promise<unknown> & AsyncIterable<unknown>;
  subscribe(stream: string): Subscription<unknown>;
  level(param: string): unknown;
  sleep(ms: number): Promise<void>;
  random(): number;
}

/** What came of the calls, and what of each of the others has come. */
export interface CallReport {
  readonly calls: number;
  readonly settled: number;
  /** Of them, with a result. */
  readonly answered: number;
  /** Of them, later than they may. */
  readonly late: number;
  /** By name: calls that were answered, items that came, and the value of a param. */
  readonly of: Readonly<Record<string, { answered: number; acted: number; heard: number; level: unknown }>>;
}

const timeout = 3000; // ms of a call
const grace = 2500; // ms that it may settle later
const pause = 30; // ms between two calls of one strand, at most
const strands = 4;
const tick = 100; // ms

/** Calls services and actions of others all the time, reads their streams and their params. */
export class Calls {
  /** Whether nothing more is begun. */
  quiet = false;
  readonly #graph: Graph;
  readonly #of: Map<string, { answered: number; acted: number; heard: number }> = new Map();
  #calls = 0;
  #settled = 0;
  #late = 0;
  #answered = 0;
  /** Counted, not read from a clock: on a machine that is busy, time passes without this process. */
  #ticks = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  start(others: readonly string[], signal: AbortSignal): void {
    for (const other of others) {
      const seen = { answered: 0, acted: 0, heard: 0 };
      this.#of.set(other, seen);
      for (const stream of ["tick", "last"]) this.#graph.subscribe(`${other}/${stream}`).on(() => void seen.heard++);
    }
    const ticking = setInterval(() => this.#ticks++, tick);
    signal.addEventListener("abort", () => clearInterval(ticking));
    for (let i = 0; i < strands && others.length > 0; i++) void this.#strand(others, signal);
  }

  get report(): CallReport {
    const of = Object.fromEntries([...this.#of].map(([name, seen]) => [name, { ...seen, level: this.#levelOf(name) }]));
    return { calls: this.#calls, settled: this.#settled, answered: this.#answered, late: this.#late, of };
  }

  #levelOf(name: string): unknown {
    try {
      return this.#graph.level(`${name}/level`);
    } catch {
      return undefined; // it has not come yet
    }
  }

  async #strand(others: readonly string[], signal: AbortSignal): Promise<void> {
    const { random, sleep } = this.#graph;
    try {
      while (!signal.aborted) {
        await sleep(random() * pause);
        if (!this.quiet) await this.#callOne(others[Math.floor(random() * others.length)]!);
      }
    } catch {
      // its node has ended
    }
  }

  async #callOne(other: string): Promise<void> {
    const seen = this.#of.get(other)!;
    const what = this.#graph.random();
    const begun = this.#ticks;
    this.#calls++;
    try {
      if (what < 0.7) await this.#graph.call(`${other}/echo`, { data: true }, { timeout });
      else if (what < 0.8) await this.#graph.call(`${other}/slow`, {}, { timeout });
      else for await (const _ of this.#graph.call(`${other}/count`, { goal: 3 }, { timeout }));
      this.#answered++;
      if (what < 0.8) seen.answered++;
      else seen.acted++;
    } catch {
      // it was lost, or late, or refused: it has settled
    }
    this.#settled++;
    // Progress of an action begins the timeout anew.
    if ((this.#ticks - begun) * tick > timeout * (what < 0.8 ? 1 : 4) + grace) this.#late++;
  }
}
