import { availableParallelism } from "node:os";

/** Lets a few in at a time: threads and processes that all start at once take turns with each other, and none of them is there in time. */
export class StartLimit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param width how many may be inside at once; two for each processor by default */
  constructor(width: number = 2 * availableParallelism()) {
    this.#free = width;
  }

  /** Runs something inside, in the order in which it was asked for. */
  async run<T>(what: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((enter) => this.#waiting.push(enter));
    try {
      return await what();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
