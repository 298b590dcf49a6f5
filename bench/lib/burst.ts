/**
 * Counts deliveries, so that the time of a burst ends with its last item, however it travels.
 *
 * Its subscribers are the same for every contestant, and do as little as shows that an item came.
 */
export class Burst {
  #left = 0;
  #sum = 0;
  #last: unknown;
  #done: () => void = () => {};

  /** Announces `deliveries`; the promise settles with the last of them. */
  expect(deliveries: number): Promise<void> {
    this.#left = deliveries;
    return new Promise((resolve) => (this.#done = resolve));
  }

  /** A new subscriber for small integers. */
  numbers(): (value: number) => void {
    return (value) => {
      this.#sum = (this.#sum + value) | 0;
      if (--this.#left === 0) this.#done();
    };
  }

  /** A new subscriber for objects; it keeps the last one, so that no copy can be left out. */
  objects<T extends object>(): (value: T) => void {
    return (value) => {
      this.#last = value;
      if (--this.#left === 0) this.#done();
    };
  }

  /** What came last, and the sum of the numbers: read by somebody, so that they cannot be optimised away. */
  get seen(): unknown {
    return this.#last ?? this.#sum;
  }
}
