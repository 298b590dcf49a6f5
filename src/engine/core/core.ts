import { setImmediate } from "node:timers";
import { getLogger, type Logger } from "@logtape/logtape";
import type { Codec } from "../../codec/codec.ts";
import { Dispatcher } from "../../dispatch/dispatcher.ts";
import { createGraphWorld, type GraphWorld } from "../../graph/world.ts";
import type { Checkpoint } from "../../node/checkpoints.ts";
import type { GraphEvent, Kernel } from "../../node/kernel.ts";
import { Params } from "../../param/params.ts";
import { Services } from "../../service/services.ts";
import { Streams } from "../../stream/streams.ts";
import { type Clock, LiveClock, SimClock } from "../../time/clock.ts";
import { Random } from "../../time/random.ts";
import { GraphWatch } from "./graph-watch.ts";
import type { EnginePlan } from "./plan.ts";
import { orLate, type SimTime } from "../sim/sim-time.ts";

const mostFlushes = 100; // deliveries of what was sent before a close, 5 ms each
const grace = 5000; // ms of real time that the outside world has before a close

/** What the nodes of an engine share: world, dispatcher, clock, services, streams and params. */
export class Core implements Kernel {
  readonly world: GraphWorld;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly services: Services;
  readonly streams: Streams;
  readonly params: Params;
  graph: string;
  readonly development: boolean;
  /** What links to other engines speak. */
  readonly codec: Codec;
  /** Is told of copies of nodes' states: in a thread or process, they are kept by the main engine too. */
  onCheckpoint: (node: string, checkpoint: Checkpoint) => void = () => {};
  /** Drives time where it is simulated. */
  sim: SimTime | undefined;
  readonly #seed: string;
  readonly #watches: Set<GraphWatch> = new Set();
  readonly #listeners: Set<(event: GraphEvent) => void> = new Set();

  constructor(plan: EnginePlan) {
    this.development = plan.development;
    this.codec = plan.wire.codec;
    this.graph = plan.graph ?? crypto.randomUUID();
    this.#seed = plan.seed;
    this.world = createGraphWorld();
    this.clock = plan.clock === "sim" ? new SimClock() : new LiveClock();
    this.dispatcher = new Dispatcher(this.clock, plan.clock === "sim" ? () => this.sim?.wake() : undefined);
    this.services = new Services(this.dispatcher, this.world, plan.development);
    this.streams = new Streams(this.dispatcher, this.world, plan.development);
    this.params = new Params(this.dispatcher, this.world, (fn) => this.external(fn));
  }

  /** What links to other engines need. */
  get parts(): { dispatcher: Dispatcher; services: Services; streams: Streams; params: Params; codec: Codec } {
    const { dispatcher, services, streams, params, codec } = this;
    return { dispatcher, services, streams, params, codec };
  }

  logger(name: string): Logger {
    return getLogger(["pyros", name]);
  }

  random(name: string): Random {
    return new Random(`${this.#seed}\n${name}`);
  }

  external<T>(fn: () => T | Promise<T>): Promise<T> {
    return this.sim === undefined ? (async () => await fn())() : this.sim.external(fn);
  }

  follow(to: number, leap: boolean): void {
    this.sim?.follow(to, leap);
  }

  async within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    if (this.sim !== undefined) return this.sim.within(promise, ms);
    const { timers } = this.clock;
    let late!: () => void;
    const tooLate = new Promise<boolean>((resolve) => (late = () => resolve(false)));
    const timer = timers.at(this.clock.now() + ms, late);
    const result = await Promise.race([promise.then(() => true, () => true), tooLate]);
    timers.cancel(timer);
    return result;
  }

  /** Delivers what is still on its way; what goes round for ever is not waited for. */
  async deliverRest(): Promise<void> {
    if (this.sim !== undefined) return orLate(this.sim.settle(), grace);
    for (let i = 0; i < mostFlushes && this.dispatcher.waiting > 0; i++) {
      this.dispatcher.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  checkpointed(node: string, checkpoint: Checkpoint): void {
    this.onCheckpoint(node, checkpoint);
  }

  tell(event: GraphEvent): void {
    for (const listener of this.#listeners) listener(event);
    for (const watch of this.#watches) watch.push(event);
  }

  /**
   * Hears of every event at once; only for the engine itself.
   *
   * @returns hears no longer
   */
  listen(listener: (event: GraphEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens a watch of the graph. */
  watch(): GraphWatch {
    const watch = new GraphWatch((closed) => this.#watches.delete(closed));
    this.#watches.add(watch);
    return watch;
  }

  /** Ends everything that is still open. */
  async close(): Promise<void> {
    await this.params.close();
    this.dispatcher.close();
    this.clock.close();
    this.sim?.close();
    for (const watch of [...this.#watches]) watch.close();
  }
}
