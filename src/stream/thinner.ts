import type { Clock } from "../time/clock.ts";
import type { Timer } from "../time/timers.ts";

/** Lets at most `rate` of what it is given pass in a second; the last one always passes, if late. */
export class Thinner<T> {
  readonly #clock: Clock;
  readonly #period: number;
  readonly #pass: (thing: T) => void;
  readonly #drop: (thing: T) => void;
  #free = -Infinity;
  #held: T | undefined;
  #timer: Timer | undefined;

  /**
   * @param clock gives the time
   * @param rate Hz, above 0
   * @param pass what to do with those that pass
   * @param drop what to do with those that do not
   */
  constructor(clock: Clock, rate: number, pass: (thing: T) => void, drop: (thing: T) => void) {
    this.#clock = clock;
    this.#period = 1000 / rate;
    this.#pass = pass;
    this.#drop = drop;
  }

  /** When the next one may pass, in ms of the clock. */
  get free(): number {
    return this.#free;
  }

  set free(at: number) {
    this.#free = at;
  }

  /** What waits for its time. */
  get held(): T | undefined {
    return this.#held;
  }

  /** Passes it, holds it until its time, or replaces with it what is held. */
  offer(thing: T): void {
    const now = this.#clock.now();
    if (this.#held === undefined && now >= this.#free) {
      this.#advance(now);
      return this.#pass(thing);
    }
    if (this.#held !== undefined) this.#drop(this.#held);
    this.#held = thing;
    this.#timer ??= this.#clock.timers.at(this.#free, () => this.#release());
  }

  /** Passes what is held, now. */
  flush(): void {
    if (this.#timer === undefined) return;
    this.#clock.timers.cancel(this.#timer);
    this.#release();
  }

  /** Forgets what is held. */
  close(): void {
    if (this.#timer !== undefined) this.#clock.timers.cancel(this.#timer);
    this.#timer = this.#held = undefined;
  }

  #release(): void {
    const thing = this.#held!;
    this.#timer = this.#held = undefined;
    this.#advance(this.#clock.now());
    this.#pass(thing);
  }

  /** The next may pass a period after this one was due: timers that fire late must not lower the rate. */
  #advance(now: number): void {
    this.#free = now - this.#free < this.#period ? this.#free + this.#period : now + this.#period;
  }
}
