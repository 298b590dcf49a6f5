import { sizeOf } from "../value/size.ts";
import { Fifo } from "./fifo.ts";
import type { Run } from "./run.ts";

/** How many items have begun to wait, for any subscriber. */
let arrivals = 0;

const defaultDepth = 10;
const defaultBytes = 64 * 2 ** 20;

/** An item that waits for its subscriber. */
export interface Waiting {
  readonly value: unknown;
  /** Where it came from, and its place there. */
  readonly run: Run;
  readonly index: number;
  readonly bytes: number;
  /** Its place among all that have begun to wait here; below 0 for what has come from another place, with its node. */
  readonly at?: number;
}

/** What waits for one subscriber: bounded in items and in bytes, the oldest are dropped first. */
export class Backlog {
  readonly #items: Fifo<Waiting> = new Fifo();
  readonly #depth: number | undefined;
  readonly #maxBytes: number;
  readonly #drop: (rule: "depth" | "bytes") => void;
  #bytes = 0;

  /**
   * @param limits items, by default what the publisher suggests or 10, and bytes, by default 64 MiB
   * @param drop is told of each item that is dropped
   */
  constructor(limits: { readonly depth?: number; readonly maxBytes?: number }, drop: (rule: "depth" | "bytes") => void) {
    this.#depth = limits.depth;
    this.#maxBytes = limits.maxBytes ?? defaultBytes;
    this.#drop = drop;
  }

  /** The oldest. */
  get first(): Waiting | undefined {
    return this.#items.first;
  }

  /** How many wait. */
  get length(): number {
    return this.#items.length;
  }

  /** One more waits; too many make room, and so does one that is too large, but for the last. */
  push(value: unknown, run: Run, index: number, at: number = arrivals++): void {
    const bytes = sizeOf(value);
    this.#items.push({ value, run, index, bytes, at });
    this.#bytes += bytes;
    const depth = this.#depth ?? run.depthHint ?? defaultDepth;
    while (this.#items.length > depth) {
      this.shift();
      this.#drop("depth");
    }
    while (this.#bytes > this.#maxBytes && this.#items.length > 1) {
      this.shift();
      this.#drop("bytes");
    }
  }

  /** Forgets all. */
  clear(): void {
    while (this.shift() !== undefined);
  }

  /** Takes the oldest. */
  shift(): Waiting | undefined {
    const waiting = this.#items.shift();
    if (waiting !== undefined) this.#bytes -= waiting.bytes;
    return waiting;
  }
}
