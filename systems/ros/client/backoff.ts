/** How long to wait before the next attempt: longer with each that came to nothing. */
export class Backoff {
  readonly #first: number;
  readonly #most: () => number;
  #next: number;

  /**
   * @param first ms
   * @param most ms, or what says how many it is each time
   */
  constructor(first = 100, most: number | (() => number) = 5000) {
    this.#first = this.#next = first;
    this.#most = typeof most === "number" ? () => most : most;
  }

  /** It came to something. */
  reset(): void {
    this.#next = this.#first;
  }

  /** Waits; comes back early when the signal fires. */
  wait(signal: AbortSignal): Promise<void> {
    const ms = this.#next * (0.75 + Math.random() / 2); // not all at the same moment
    this.#next = Math.min(this.#most(), this.#next * 2);
    return pause(ms, signal);
  }
}

/** Waits; comes back early when the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
