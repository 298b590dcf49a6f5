import { type Timer, Timers } from "./timers.ts";

/** Where an engine gets its time from: one for real time, one for simulated time. */
export interface Clock {
  /** Time in ms: since the epoch in live time, since the start of the simulation in simulated time. */
  now(): number;
  /** What waits for a moment of this clock. */
  readonly timers: Timers;
  /** What is told the time, but does not make it pass: in simulated time, nothing goes on because of it. */
  readonly beats: Timers;
  /** Called when simulated time has moved, before what is due fires. */
  onMove?: (() => void) | undefined;
  /** Stops the clock; nothing fires any more. */
  close(): void;
}

const longestDelay = 2 ** 31 - 1;

/** Real time. It holds at most one timer of the runtime, and none while nothing waits. */
export class LiveClock implements Clock {
  readonly timers: Timers = new Timers(() => this.#arm());
  readonly beats: Timers = this.timers;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  #armedFor = Infinity;

  /** Ms since the epoch, with fractions; it never runs back within one process. */
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  close(): void {
    this.timers.clear();
  }

  #arm(): void {
    const next = this.timers.next;
    if (next === this.#armedFor) return;
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#armedFor = next;
    if (next === Infinity) return;
    // Rounded up: a runtime's timer may fire up to one ms early, and would then have to be set again.
    this.#timeout = setTimeout(() => this.#fire(), Math.min(Math.max(Math.ceil(next - this.now()), 0), longestDelay));
  }

  #fire(): void {
    this.#timeout = undefined;
    this.#armedFor = Infinity;
    this.timers.fire(this.now());
  }
}

/** Simulated time: it stands still until it is told to advance. */
export class SimClock implements Clock {
  readonly timers: Timers = new Timers();
  readonly beats: Timers = new Timers();
  onMove: (() => void) | undefined;
  #now = 0;

  now(): number {
    return this.#now;
  }

  /**
   * Moves time on and fires what is due by then. Time never runs back.
   *
   * @param to ms since the start of the simulation; a moment that is past is now
   */
  advance(to: number): void {
    if (to > this.#now) {
      this.#now = to;
      this.onMove?.();
    }
    this.beats.fire(this.#now);
    this.timers.fire(this.#now);
  }

  close(): void {
    this.beats.clear();
    this.timers.clear();
  }
}

export type { Timer };
