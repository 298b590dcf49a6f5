import { clearImmediate, setImmediate } from "node:timers";
import type { Clock } from "../time/clock.ts";

/** Somebody who sends: a node, a system, or the program around the engine. */
export interface Sender {
  /** Absolute name; in simulated time, deliveries of one round go in the order of these names. */
  readonly name: string;
}

/** Something on its way: a call, a reply, a param write, a stream item. */
export interface Delivery {
  /** Who sent it. */
  readonly sender: Sender;
  /** Hands it over. It runs handlers, but never inside another handler's synchronous part, and it must not throw. */
  deliver(): void;
}

/** One turn of the loop, in which everything sent carries the same time. */
export interface Turn {
  /** Ms of the engine's clock. */
  readonly stamp: number;
}

const turnBudget = 5; // ms of deliveries before timers and sockets go first
const longestStride = 64; // deliveries between two looks at the clock, at most
const settled = Promise.resolve();

/**
 * The one router of an engine: what is sent waits here, and is delivered in the order in which it was sent.
 *
 * In live time delivery runs in microtasks, for at most 5 ms; then timers and sockets go first.
 * In simulated time nothing is delivered but by {@link round}.
 */
export class Dispatcher {
  readonly clock: Clock;
  #queue: Delivery[] = [];
  #head = 0;
  #scheduled = false;
  #draining = false;
  #tired = false;
  #closed = false;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #stride = 1;
  #untilLook = 1;
  #lookedAt = 0;
  #turnStart = 0;
  #turn: Turn = { stamp: 0 };
  #turnFresh = false;
  #atRest: (() => void)[] = [];
  readonly #wake: (() => void) | undefined;

  /**
   * @param clock the engine's clock
   * @param wake for simulated time: delivery waits for {@link round}, and this is called when something begins to wait
   */
  constructor(clock: Clock, wake?: () => void) {
    this.clock = clock;
    this.#wake = wake;
  }

  /** How much waits to be delivered. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** The turn that is under way: its time is read from the clock once a turn, so that every stream item can carry it. */
  get turn(): Turn {
    if (!this.#turnFresh) {
      this.#turn = { stamp: this.clock.now() };
      this.#turnFresh = true;
      if (!this.#scheduled && !this.#closed) this.#schedule(); // the end of the turn makes it stale
    }
    return this.#turn;
  }

  /**
   * Sends. A closed dispatcher forgets it.
   *
   * @param delivery what to deliver, after all that was sent before it
   */
  send(delivery: Delivery): void {
    if (this.#closed) return;
    this.#queue.push(delivery);
    if (!this.#scheduled) this.#schedule();
  }

  /**
   * Calls `run` after each drain, when all that was sent is delivered.
   *
   * @param run must be cheap and must not throw
   */
  whenAtRest(run: () => void): void {
    this.#atRest.push(run);
  }

  /**
   * Delivers all that waits, now. Only for the frame loop: never call it from inside a handler.
   */
  flush(): void {
    if (!this.#draining && this.#wake === undefined && this.waiting > 0) this.#drain();
  }

  /**
   * Delivers what waits now, sorted by the senders' names and in each sender's own order; what is sent meanwhile waits for the next round.
   *
   * @returns how many were delivered
   */
  round(): number {
    const batch = this.#head === 0 ? this.#queue : this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#scheduled = this.#turnFresh = false;
    if (batch.length > 1) batch.sort(bySender);
    for (const delivery of batch) delivery.deliver();
    for (const run of this.#atRest) run();
    return batch.length;
  }

  /** Forgets what waits, and delivers nothing any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#head = 0;
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
  }

  /** Makes room: forgets deliveries that `keep` says no to. Linear in what waits. */
  prune(keep: (delivery: Delivery) => boolean): void {
    this.#queue = this.#queue.slice(this.#head).filter(keep);
    this.#head = 0;
  }

  #schedule(): void {
    this.#scheduled = true;
    if (this.#wake !== undefined) this.#wake();
    else if (this.#tired) this.#immediate = setImmediate(this.#resume);
    else void settled.then(this.#drain);
  }

  readonly #drain = (): void => {
    if (this.#draining) return;
    this.#draining = true;
    while (this.#head < this.#queue.length) {
      const queue = this.#queue;
      const delivery = queue[this.#head]!;
      queue[this.#head++] = undefined as never;
      delivery.deliver();
      if (this.#head >= 4096 && this.#head * 2 > queue.length) this.#shift();
      if (--this.#untilLook <= 0 && this.#overBudget() && this.#head < this.#queue.length) break;
    }
    this.#draining = false;
    if (this.#head < this.#queue.length) return this.#schedule();
    this.#queue.length = 0;
    this.#head = 0;
    this.#scheduled = this.#turnFresh = false;
    for (const run of this.#atRest) run();
  };

  readonly #resume = (): void => {
    this.#immediate = undefined;
    this.#tired = this.#turnFresh = false;
    this.#turnStart = this.#lookedAt = performance.now();
    this.#drain();
  };

  /**
   * Looks at the clock, at most every 64 deliveries and sooner where deliveries are slow.
   * Many short drains in a row count as one turn: a chain of awaited calls would else keep timers from ever firing.
   * After a rest the start of the turn is out of date, which costs one early look at the sockets and does no harm.
   */
  #overBudget(): boolean {
    const now = performance.now();
    const quick = now - this.#lookedAt < 0.5;
    this.#stride = quick ? Math.min(this.#stride * 2, longestStride) : Math.max(this.#stride >> 1, 1);
    this.#untilLook = this.#stride;
    this.#lookedAt = now;
    this.#turnFresh = false;
    this.#tired = now - this.#turnStart >= turnBudget;
    return this.#tired;
  }

  #shift(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}

function bySender(a: Delivery, b: Delivery): number {
  return a.sender.name < b.sender.name ? -1 : a.sender.name > b.sender.name ? 1 : 0;
}
