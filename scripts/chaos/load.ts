import type { CallOptions, SubscribeOptions, Subscription } from "pyros";
import { record } from "./nodes/record.ts";

/** The graph, as whoever uses it sees it. */
export interface Graph {
  call(service: string, input: unknown, options?: CallOptions): Promise<unknown> & AsyncIterable<unknown>;
  write(param: string, value: unknown): Promise<number>;
  read(param: string): unknown;
  subscribe(stream: string, options: SubscribeOptions): Subscription<unknown>;
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** What somebody has done, and what came of it. */
export interface Account {
  readonly calls: number;
  readonly settled: number;
  /** Of them, with a result. */
  readonly answered: number;
  /** Of them, later than they may. */
  readonly late: number;
  /** Of all subscriptions: sent, and what is accounted for. */
  readonly streams: readonly { readonly name: string; readonly sent: number; readonly accounted: number }[];
}

const timeout = 3000; // ms of a call
const grace = 2000; // ms that it may settle later
const tick = 100; // ms
const pause = 8; // ms between two calls of one strand, at most

/** Somebody who calls, writes params and subscribes all the time. */
export class Load {
  readonly who: string;
  calls = 0;
  settled = 0;
  #answered = 0;
  #late = 0;
  /** Counted, not read from a clock: a process that was stopped cannot settle anything meanwhile. */
  #ticks = 0;
  /** Whether nothing more is begun. */
  quiet = false;
  readonly #graph: Graph;
  readonly #subscriptions: Map<string, Subscription<unknown>> = new Map();

  /** @param who a name that nobody else has, nor an earlier life */
  constructor(who: string, graph: Graph) {
    this.who = who;
    this.#graph = graph;
  }

  /** Begins, and goes on until the signal fires. */
  start(targets: readonly string[], signal: AbortSignal): void {
    for (const target of targets) {
      const subscription = this.#graph.subscribe(`${target}/done`, { depth: 50 });
      subscription.on(() => {});
      this.#subscriptions.set(`${target}/done`, subscription);
    }
    const ticks = this.#graph.subscribe("/tick", { depth: 1000 });
    ticks.on(() => {});
    this.#subscriptions.set("/tick", ticks);
    const ticking = setInterval(() => this.#ticks++, tick);
    signal.addEventListener("abort", () => clearInterval(ticking));
    void this.#strand(targets, signal);
    void this.#strand(targets, signal);
    void this.#write(signal);
  }

  account(): Account {
    const streams = [...this.#subscriptions].map(([name, { counts }]) => {
      const { sent, delivered, dropped, waiting } = counts;
      return { name, sent, accounted: delivered + waiting + Object.values(dropped).reduce((sum, n) => sum + n, 0) };
    });
    return { calls: this.calls, settled: this.settled, answered: this.#answered, late: this.#late, streams };
  }

  async #strand(targets: readonly string[], signal: AbortSignal): Promise<void> {
    const { random, sleep } = this.#graph;
    try {
      while (!signal.aborted) {
        await sleep(random() * pause);
        if (!this.quiet) await this.#callOne(targets[Math.floor(random() * targets.length)]!);
      }
    } catch {
      // its node has ended
    }
  }

  async #callOne(target: string): Promise<void> {
    const { random } = this.#graph;
    const id = `${this.who}.${++this.calls}`;
    const slow = random() < 0.05 ? random() * 500 : 0;
    const steps = random() < 0.1;
    const begun = this.#ticks;
    try {
      if (steps) { for await (const _ of this.#graph.call(`${target}/steps`, { id, count: 3 }, { timeout })); }
      else await this.#graph.call(`${target}/work`, { id, ms: slow }, { timeout });
      this.#answered++;
    } catch {
      // it was lost, or late, or refused: it has settled
    }
    this.settled++;
    // Each step begins the timeout anew.
    if ((this.#ticks - begun) * tick > timeout * (steps ? 4 : 1) + grace) this.#late++;
  }

  /** Counts up a param of its own, and one that all share; notes what was acknowledged. */
  async #write(signal: AbortSignal): Promise<void> {
    const { random, sleep } = this.#graph;
    const own = `/chaos/${this.who.replaceAll(/\W/g, "_")}`;
    for (let n = 1; !signal.aborted; n++) {
      try {
        await sleep(random() * pause * 2);
        if (this.quiet) continue;
        await this.#graph.write(own, n);
        record("acknowledged", `${own} ${n}`);
      } catch {
        // it was not acknowledged
      }
    }
  }
}
