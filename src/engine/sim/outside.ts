/** What happens in the outside world while simulated time is held for it. */
export class Outside {
  readonly #held: Set<Promise<unknown>> = new Set();

  /** Whether time is held for something. */
  get holds(): boolean {
    return this.#held.size > 0;
  }

  /** Holds time until `fn` has settled. */
  hold<T>(fn: () => T | Promise<T>): Promise<T> {
    const result = (async () => await fn())();
    const done = result.then(() => {}, () => {}).finally(() => this.#held.delete(done));
    this.#held.add(done);
    return result;
  }

  /** Resolves when something of it has settled. */
  async any(): Promise<void> {
    await Promise.race(this.#held);
  }
}
