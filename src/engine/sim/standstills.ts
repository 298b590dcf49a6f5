/** Ms of real time for which time stands still while a node moves: then what it waits for may need time. */
const longest = 1000;

/** For whom simulated time stands still, while messages go round. */
export class Standstills {
  /** Until when, in ms of real time. */
  readonly #all: Set<{ readonly until: number }> = new Set();

  /** Whether it stands still for somebody. */
  get any(): boolean {
    if (this.#all.size === 0) return false;
    const now = performance.now();
    return [...this.#all].some(({ until }) => until > now);
  }

  /** Keeps time where it is until `run` is through, or a second of real time is over. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const standstill = { until: performance.now() + longest };
    this.#all.add(standstill);
    try {
      return await run();
    } finally {
      this.#all.delete(standstill);
    }
  }
}
