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
  /**
   * Hands it over. It runs handlers, but never inside another handler's synchronous part, and it must not throw.
   *
   * @param most how many handlers it may run before the next look at the clock, at least 1
   * @returns true when there is more to hand over, after that look
   */
  deliver(most: number): boolean | void;
}

/** One turn of the loop, in which everything sent carries the same time. */
export interface Turn {
  /** Ms of the engine's clock. */
  readonly stamp: number;
}

const turnBudget = 5; // ms of deliveries before timers and sockets go first
const longestStride = 32; // deliveries between two looks at the clock, at most
const roomy = 4096; // places of the queue that are kept when it is empty
const settled = Promise.resolve();

/**
 * The one router of an engine: what is sent waits here, and is delivered in the order in which it was sent.
 *
 * In live time delivery runs in microtasks, for at most 5 ms; then timers and sockets go first.
 * In simulated time nothing is delivered but by {@link round}.
 */
export class Dispatcher {
  readonly clock: Clock;
  /** What was sent last in this turn, while it waits or is under way: more of the same may join it. */
  newest: Delivery | undefined = undefined;
  // A queue in an array: from #head up to #tail. It is emptied by setting both to 0, which is cheaper than cutting the array.
  #queue: (Delivery | undefined)[] = [];
  #head = 0;
  #tail = 0;
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
  #turnEnd: ReturnType<typeof setImmediate> | undefined;
  #atTurnEnd: (() => void)[] = [];
  readonly #wake: (() => void) | undefined;

  /**
   * @param clock the engine's clock
   * @param wake for simulated time: delivery waits for {@link round}, and this is called when something begins to wait
   */
  constructor(clock: Clock, wake?: () => void) {
    this.clock = clock;
    this.#wake = wake;
    if (wake !== undefined) clock.onMove = () => this.#closeTurn();
  }

  /** How much waits to be delivered. */
  get waiting(): number {
    return this.#tail - this.#head;
  }

  /** Whether nothing waits behind the delivery that is under way: what would be sent now would be delivered next. */
  get alone(): boolean {
    return this.#draining && this.#tail - this.#head === 1 && this.#wake === undefined;
  }

  /** What waits to be delivered. */
  queued(): readonly Delivery[] {
    return this.waiting === 0 ? [] : (this.#queue.slice(this.#head, this.#tail) as Delivery[]);
  }

  /** The turn that is under way: its time is read from the clock once a turn, so that every stream item can carry it. */
  get turn(): Turn {
    if (!this.#turnFresh) {
      this.#turn = { stamp: this.clock.now() };
      this.#turnFresh = true;
      this.awaitTurnEnd();
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
    this.#queue[this.#tail++] = delivery;
    this.newest = delivery;
    if (!this.#scheduled) this.#schedule();
  }

  /**
   * Calls `run` at the end of each turn for which {@link awaitTurnEnd} was called: a turn of the runtime's loop, or a round of simulated time.
   *
   * @param run must be cheap and must not throw
   */
  whenTurnEnds(run: () => void): void {
    this.#atTurnEnd.push(run);
  }

  /** Something is to be done at the end of this turn. */
  awaitTurnEnd(): void {
    if (this.#turnEnd === undefined && this.#wake === undefined && !this.#closed) this.#turnEnd = setImmediate(this.#endTurn);
  }

  /**
   * Delivers all that waits, now. Only for the frame loop: never call it from inside a handler.
   */
  flush(): void {
    if (this.#draining || this.#wake !== undefined || this.waiting === 0) return;
    this.#beginTurn();
    this.#drain();
  }

  /**
   * Delivers what waits now, sorted by the senders' names and in each sender's own order; what is sent meanwhile waits for the next round.
   *
   * @returns how many were delivered
   */
  round(): number {
    const batch = this.#queue.slice(this.#head, this.#tail) as Delivery[];
    this.#clear();
    this.#scheduled = false;
    if (batch.length > 1) batch.sort(bySender);
    for (const delivery of batch) while (delivery.deliver(Infinity) === true);
    this.#endTurn();
    return batch.length;
  }

  /** Forgets what waits, and delivers nothing any more. */
  close(): void {
    this.#closed = true;
    this.#clear();
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    if (this.#turnEnd !== undefined) clearImmediate(this.#turnEnd);
  }

  /** Makes room: forgets deliveries that `keep` says no to. Linear in what waits. */
  prune(keep: (delivery: Delivery) => boolean): void {
    this.#queue = this.#queue.slice(this.#head, this.#tail).filter((delivery) => keep(delivery!));
    this.#head = 0;
    this.#tail = this.#queue.length;
    this.newest = undefined;
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
    while (this.#head < this.#tail) {
      const queue = this.#queue;
      const delivery = queue[this.#head]!;
      if (delivery.deliver(this.#stride) === true) this.#untilLook = 0;
      else if (queue === this.#queue) queue[this.#head++] = undefined;
      else this.#forget(delivery);
      if (this.#head >= roomy && this.#head * 2 > this.#tail) this.#shift();
      if (--this.#untilLook <= 0 && this.#overBudget() && this.#head < this.#tail) break;
    }
    this.#draining = false;
    if (this.#head < this.#tail) {
      this.awaitTurnEnd();
      return this.#schedule();
    }
    if (this.#tail > roomy) this.#clear();
    this.#head = this.#tail = 0;
    this.newest = undefined;
    this.#scheduled = false;
  };

  readonly #endTurn = (): void => {
    this.#turnEnd = undefined;
    this.#closeTurn();
    this.#beginTurn();
    for (const run of this.#atTurnEnd) run();
  };

  readonly #resume = (): void => {
    this.#immediate = undefined;
    this.#tired = false;
    this.#beginTurn();
    this.#drain();
  };

  /** What is sent from now on carries another time. */
  #closeTurn(): void {
    this.#turnFresh = false;
    this.newest = undefined;
  }

  /** The budget begins anew, and the first handlers are watched one by one: they may be slower than those before. */
  #beginTurn(): void {
    this.#turnStart = 0;
    this.#stride = this.#untilLook = 1;
  }

  /**
   * Looks at the clock, at most every 32 deliveries, and after each one where they are slow.
   * Many short drains in a row count as one turn: a chain of awaited calls would else keep timers from ever firing.
   */
  #overBudget(): boolean {
    const now = Date.now(); // whole ms are fine enough, and five times as cheap as fractions
    const quick = now - this.#lookedAt <= 1;
    this.#stride = quick ? Math.min(this.#stride * 2, longestStride) : 1;
    this.#untilLook = this.#stride;
    this.awaitTurnEnd(); // so that the next turn, whenever it comes, begins as one
    this.#lookedAt = now;
    this.#closeTurn();
    if (this.#turnStart === 0) this.#turnStart = now;
    this.#tired = now - this.#turnStart >= turnBudget;
    return this.#tired;
  }

  /** Gives back the room of what was delivered, while more keeps coming. */
  #shift(): void {
    this.#queue = this.#queue.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }

  /** The queue was made anew while its first delivery was under way. */
  #forget(delivery: Delivery): void {
    if (this.#head < this.#tail && this.#queue[this.#head] === delivery) this.#queue[this.#head++] = undefined;
  }

  #clear(): void {
    this.#queue = [];
    this.#head = this.#tail = 0;
    this.newest = undefined;
  }
}

function bySender(a: Delivery, b: Delivery): number {
  return a.sender.name < b.sender.name ? -1 : a.sender.name > b.sender.name ? 1 : 0;
}
