/** Something that waits for a moment. Made by {@link Timers.at}. */
export interface Timer {
  /** The moment, in ms of the clock. */
  readonly at: number;
}

interface Waiting extends Timer {
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * What waits for a moment of a clock: a binary heap by time, then by order of arrival.
 *
 * A cancelled entry stays in the heap until it comes up or until the dead outnumber the living.
 */
export class Timers {
  #heap: Waiting[] = [];
  #alive = 0;
  #order = 0;
  readonly #changed: () => void;

  /** @param changed called whenever {@link next} may have changed */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** The next moment at which something is due, in ms; `Infinity` when nothing waits. */
  get next(): number {
    if (this.#alive === 0) return Infinity;
    while (this.#heap[0]!.run === undefined) this.#pop();
    return this.#heap[0]!.at;
  }

  /** How many wait. */
  get size(): number {
    return this.#alive;
  }

  /**
   * Waits for a moment.
   *
   * @param at ms of the clock; a moment that is past fires at once, but never inside this call
   * @param run called once, then
   * @returns what {@link cancel} takes
   */
  at(at: number, run: () => void): Timer {
    if (Number.isNaN(at)) throw new RangeError("a timer needs a moment, not NaN"); // it would hold up all others
    if (this.#alive === 0) this.#heap = []; // of the dead, none may stand before what the clock is to be set for
    const entry: Waiting = { at, order: this.#order++, run };
    this.#alive++;
    this.#push(entry);
    if (this.#heap[0] === entry) this.#changed();
    return entry;
  }

  /**
   * Waits no longer.
   *
   * @param timer what {@link at} returned; one that has fired or was cancelled is left alone
   */
  cancel(timer: Timer): void {
    const entry = timer as Waiting;
    if (entry.run === undefined) return;
    entry.run = undefined;
    this.#alive--;
    if (this.#heap.length > 64 && this.#alive * 2 < this.#heap.length) this.#compact();
    if (this.#alive > 0) return; // The runtime's timer may now come too early once; setting it anew for each cancel would cost more.
    this.#heap = [];
    this.#changed();
  }

  /**
   * Runs what is due, the earliest first; what is added meanwhile waits for the next call.
   *
   * @param now ms of the clock
   */
  fire(now: number): void {
    const due: Waiting[] = [];
    while (this.#heap.length > 0 && this.#heap[0]!.at <= now) due.push(this.#pop());
    for (const entry of due) {
      const run = entry.run;
      if (run === undefined) continue;
      entry.run = undefined;
      this.#alive--;
      run();
    }
    this.#changed();
  }

  /** Forgets everything. */
  clear(): void {
    for (const entry of this.#heap) entry.run = undefined;
    this.#heap = [];
    this.#alive = 0;
    this.#changed();
  }

  /** In place: an array that was left behind, once it has grown old, would keep what it holds until the next full collection. */
  #compact(): void {
    const heap = this.#heap;
    let alive = 0;
    for (const entry of heap) if (entry.run !== undefined) heap[alive++] = entry;
    heap.length = alive;
    for (let i = 1; i < alive; i++) this.#lift(i);
  }

  #push(entry: Waiting): void {
    this.#lift(this.#heap.push(entry) - 1);
  }

  /** Moves an entry up to where it belongs among those before it. */
  #lift(from: number): void {
    const heap = this.#heap;
    const entry = heap[from]!;
    let i = from;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(entry, heap[up]!)) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = entry;
  }

  #pop(): Waiting {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    const n = heap.length;
    if (n === 0) return top;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= n) break;
      if (down + 1 < n && before(heap[down + 1]!, heap[down]!)) down++;
      if (!before(heap[down]!, last)) break;
      heap[i] = heap[down]!;
      i = down;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
