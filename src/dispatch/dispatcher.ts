import { clearImmediate, setImmediate } from "node:timers";
import type { Clock } from "../time/clock.ts";
import type { Delivery, Sender } from "./delivery.ts";
import { Rounds } from "./rounds.ts";

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
  /** Called when {@link ship} has handed over all that goes to other engines. */
  onShipped: () => void = () => {};
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
  /** What is held back, by its sender; undefined while nobody is. */
  #held: Map<Sender, Holding> | undefined;
  readonly #rounds: Rounds = new Rounds((delivery) => this.#isHeldBack(delivery));
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

  /** Whether time is simulated. */
  get simulated(): boolean {
    return this.#wake !== undefined;
  }

  /** How much waits to be delivered. */
  get waiting(): number {
    return this.#tail - this.#head;
  }

  /** Whether nothing waits behind the delivery that is under way: what would be sent now would be delivered next. */
  get alone(): boolean {
    return this.#draining && this.#tail - this.#head === 1 && this.#wake === undefined && this.#held === undefined;
  }

  /** What waits to be delivered. */
  queued(): readonly Delivery[] {
    return this.waiting === 0 ? [] : (this.#queue.slice(this.#head, this.#tail) as Delivery[]);
  }

  /** What is held back, of one sender or of all; in simulated time it waits among all else. */
  *heldBack(sender?: Sender): Generator<Delivery> {
    if (sender !== undefined) yield* this.#held?.get(sender)?.waiting ?? [];
    else for (const { waiting } of this.#held?.values() ?? []) yield* waiting;
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

  /** Sends what was sent before all that waits now. */
  sendFirst(deliveries: readonly Delivery[]): void {
    if (this.#closed || deliveries.length === 0) return;
    const first = this.#draining ? this.#head + 1 : this.#head; // behind the one that is under way
    const rest = this.#queue.slice(first, this.#tail);
    this.#queue.length = first;
    for (const delivery of deliveries) this.#queue.push(delivery);
    for (const delivery of rest) this.#queue.push(delivery);
    this.#tail = this.#queue.length;
    if (!this.#scheduled) this.#schedule();
  }

  /**
   * Holds back what a sender has sent, or sends, until what it has asked of the main engine is ordered there.
   *
   * Held twice, a sender goes on when it was let go twice.
   *
   * @param passes says of what is not held back all the same
   * @returns lets it go; to be called once
   */
  hold(sender: Sender, passes: (delivery: Delivery) => boolean = never): () => void {
    const all = (this.#held ??= new Map());
    const held = all.get(sender) ?? { reasons: [], waiting: [] };
    held.reasons.push(passes);
    all.set(sender, held);
    return () => {
      held.reasons.splice(held.reasons.indexOf(passes), 1);
      if (held.reasons.length > 0) return;
      all.delete(sender);
      if (all.size === 0) this.#held = undefined;
      this.sendFirst(held.waiting);
    };
  }

  /**
   * Calls `run` at the end of each turn for which {@link awaitTurnEnd} was called: a turn of the runtime's loop, or a round of simulated time.
   *
   * @param run must be cheap and must not throw
   * @returns calls it no longer
   */
  whenTurnEnds(run: () => void): () => void {
    this.#atTurnEnd.push(run);
    return () => (this.#atTurnEnd = this.#atTurnEnd.filter((other) => other !== run));
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

  /** Whether a write that waited before the last round is the next of all that its sender has sent. */
  get writing(): boolean {
    return this.#rounds.isWriting(this.queued());
  }

  /**
   * Delivers what waits now, sorted by the senders' names and in each sender's own order; what is sent meanwhile waits for the next round.
   *
   * A round of writes follows one of all else, and takes the writes that waited before that.
   *
   * @param writing whether to deliver writes only, or only what is no write; what a sender has sent behind the other waits on
   * @returns how many were delivered
   */
  round(writing = false): number {
    const batch = this.#rounds.next(this.queued(), writing, this.#held !== undefined);
    if (batch.length === this.waiting) this.#clear();
    else this.#keep(new Set(batch));
    this.#scheduled = false;
    for (const delivery of batch) while (delivery.deliver(Infinity) === true);
    this.#endTurn();
    return batch.length;
  }

  /** Hands over what goes to other engines; what a sender has sent behind a write waits until that is ordered. */
  ship(): void {
    this.#scheduled = true; // nobody is to be woken by what is sent now
    const shipped = this.#rounds.ship(this.queued());
    if (shipped.size > 0) this.#keep(shipped);
    this.newest = undefined;
    this.#scheduled = this.waiting > 0;
    this.#endTurn();
    this.onShipped();
  }

  /** Forgets what waits, and delivers nothing any more. */
  close(): void {
    this.#closed = true;
    this.#held = undefined;
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
      if (this.#held !== undefined && this.#holdsBack(delivery)) queue[this.#head++] = undefined;
      else if (delivery.deliver(this.#stride) === true) this.#untilLook = 0;
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

  /** Forgets what is taken out of the queue. */
  #keep(taken: ReadonlySet<Delivery>): void {
    const rest = this.queued().filter((delivery) => !taken.has(delivery));
    this.#clear();
    this.#queue = rest;
    this.#tail = rest.length;
  }

  /** In simulated time, where what is held back waits among all else. */
  #isHeldBack(delivery: Delivery): boolean {
    const held = this.#held?.get(delivery.sender);
    return held !== undefined && !held.reasons.every((passes) => passes(delivery));
  }

  #holdsBack(delivery: Delivery): boolean {
    const held = this.#held!.get(delivery.sender);
    if (held === undefined) return false;
    const isFirst = held.waiting.length === 0 && delivery.toMain === true; // it arrives behind what was asked there
    if (held.reasons.every((passes) => (passes === never ? isFirst : passes(delivery)))) return false;
    held.waiting.push(delivery);
    this.awaitTurnEnd(); // what waits for long is to be looked at
    return true;
  }

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

/** Why a sender is held back, and what waits. */
interface Holding {
  readonly reasons: ((delivery: Delivery) => boolean)[];
  readonly waiting: Delivery[];
}

const never = (): boolean => false;
