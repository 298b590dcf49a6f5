import type { Logger } from "@logtape/logtape";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { GraphWorld } from "../graph/world.ts";
import type { Params } from "../param/params.ts";
import type { Services } from "../service/services.ts";
import type { Streams } from "../stream/streams.ts";
import type { Random } from "../time/random.ts";
import type { Checkpoint } from "./checkpoints.ts";

/** What happened to a node. */
export interface GraphEvent {
  /**
   * What happened. `failed` says that the node's life ended by an error, `given-up` that it will not be started again, `moved` that it
   * goes on in another place.
   */
  readonly type: "started" | "stopped" | "failed" | "restarting" | "given-up" | "removed" | "moved";
  /** Absolute name of the node. */
  readonly node: string;
  /** When, in ms of the engine's clock. */
  readonly time: number;
  /** Why, where it failed. */
  readonly error?: unknown;
  /** Ms until it is started again, where it is. */
  readonly delay?: number;
  /** Of `moved`: where it was, `loop`, `thread` or `process`. */
  readonly from?: string;
  /** Of `moved`: where it is. */
  readonly to?: string;
}

/** What nodes need of the engine that they live in. */
export interface Kernel {
  readonly world: GraphWorld;
  readonly dispatcher: Dispatcher;
  readonly services: Services;
  readonly streams: Streams;
  readonly params: Params;
  /** Which graph it is: the same in all its engines, and another one whenever a graph starts. */
  readonly graph: string;
  /** Whether checks run that cost time. */
  readonly development: boolean;
  /** A logger for a node. */
  logger(name: string): Logger;
  /** A random source for a node, decided by the engine's seed and the node's name. */
  random(name: string): Random;
  /** Runs what is outside; in simulated time, time stands still meanwhile. */
  external<T>(fn: () => T | Promise<T>): Promise<T>;
  /** Simulated time follows a clock outside from now on, which says `to`, in ms; with `leap`, it goes there without frames. */
  follow(to: number, leap: boolean): void;
  /** Waits for a promise, but not for longer than `ms`; says whether it settled. */
  within(promise: Promise<unknown>, ms: number): Promise<boolean>;
  /** A node's state was copied. */
  checkpointed(node: string, checkpoint: Checkpoint): void;
  /** Tells who watches the graph. */
  tell(event: GraphEvent): void;
}
