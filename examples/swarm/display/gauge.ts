const bars = "▁▂▃▄▅▆▇█";

/** The last values of something, as a row of bars. */
export class Spark {
  readonly #values: number[];

  /** @param width how many values are kept */
  constructor(width: number) {
    this.#values = Array.from({ length: width }, () => NaN);
  }

  push(value: number): void {
    this.#values.push(value);
    this.#values.shift();
  }

  /**
   * The bars: the highest stands for `full` or more.
   *
   * @param full at least this much, so that small changes of small values look small
   */
  show(full: number): string {
    const top = this.#values.reduce((most, value) => (value > most ? value : most), full);
    return this.#values.map((value) => (Number.isNaN(value) ? " " : bars[Math.min(7, Math.floor((value / top) * 7.99))]!)).join("");
  }
}

/** How often a count goes up, in a second: measured over about one. */
export class Rate {
  #since = -Infinity;
  #count = 0;
  /** Per second. */
  value = 0;

  /**
   * @param count how far it has come
   * @param now in ms
   * @returns whether a new value is there
   */
  update(count: number, now: number): boolean {
    const span = now - this.#since;
    if (span < 1000) return false;
    this.value = span === Infinity ? 0 : ((count - this.#count) * 1000) / span;
    this.#since = now;
    this.#count = count;
    return true;
  }
}

/** A bar of a length, filled to a share from 0 to 1. */
export function bar(share: number, length: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * length);
  return "━".repeat(full) + "─".repeat(length - full);
}
