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

/** Ms within which the runtime's timer looks whether it is still needed: setting and clearing it for each call would cost more. */
const firstLook = 20;

/** Real time. It holds at most one timer of the runtime, and none when nothing has waited for {@link firstLook} ms. */
export class LiveClock implements Clock {
  readonly timers: Timers = new Timers(() => this.#arm());
  readonly beats: Timers = this.timers;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  /** When the runtime's timer comes, whatever waits; Infinity for none. */
  #armedFor = Infinity;
  /** Whether it comes so soon that it may come for nothing. */
  #soon = false;
  /** Ms after which a timer that is set now is to look, even if nothing is due by then. */
  #patience = firstLook;

  /** Ms since the epoch, with fractions; it never runs back within one process. */
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  close(): void {
    this.timers.clear();
    this.#disarm();
  }

  #arm(): void {
    const { next } = this.timers;
    if (this.#soon ? next >= this.#armedFor : next === this.#armedFor) return;
    this.#disarm();
    if (next === Infinity) return;
    const now = this.now();
    this.#armedFor = Math.min(next, now + this.#patience);
    this.#soon = this.#armedFor <= now + firstLook;
    // Rounded up: a runtime's timer may fire up to one ms early, and would then have to be set again.
    this.#timeout = setTimeout(() => this.#fire(), Math.min(Math.max(Math.ceil(this.#armedFor - now), 0), longestDelay));
  }

  #disarm(): void {
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#armedFor = Infinity;
    this.#soon = false;
  }

  #fire(): void {
    this.#disarm();
    this.#patience = Infinity; // what still waits has waited for long
    this.timers.fire(this.now());
    this.#patience = firstLook;
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
