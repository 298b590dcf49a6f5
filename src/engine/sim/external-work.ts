/** Work in the outside world, for which simulated time is held. */
export class ExternalWork {
  readonly #held: Set<Promise<unknown>> = new Set();

  /** Whether time is held for any. */
  get isUnderWay(): boolean {
    return this.#held.size > 0;
  }

  /** Holds time until `fn` has settled. */
  hold<T>(fn: () => T | Promise<T>): Promise<T> {
    const result = (async () => await fn())();
    const done = result.then(() => {}, () => {}).finally(() => this.#held.delete(done));
    this.#held.add(done);
    return result;
  }

  /** Resolves when some of it has settled. */
  async someSettled(): Promise<void> {
    await Promise.race(this.#held);
  }
}
