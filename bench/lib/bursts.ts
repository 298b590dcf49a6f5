/** Loops that measure streams, the same for everyone; they run in the process that publishes. */
import { setImmediate } from "node:timers";

/** How items leave. */
export interface Bursts {
  /** Items of a burst: the next one begins when all of it has arrived. */
  burst: number;
  /** Items of one turn of the loop. */
  turn: number;
}

/**
 * Publishes so many items, and returns how many a second have arrived.
 *
 * @param emit may return a promise: it is awaited
 * @param expect announces items; resolves when so many have arrived
 */
export async function stream(
  emit: (id: number) => unknown,
  expect: (count: number) => Promise<unknown>,
  items: number,
  { burst, turn }: Bursts,
): Promise<number> {
  const start = performance.now();
  for (let from = 0; from < items; from += burst) {
    const arrived = expect(burst);
    for (let at = 0; at < burst; at += turn) {
      for (let i = at; i < at + turn; i++) {
        const sent = emit(from + i);
        if (sent instanceof Promise) await sent;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await arrived;
  }
  return (items * 1000) / (performance.now() - start);
}

/** Counts what arrives, on the other side. */
export class Arrivals {
  #count = 0;
  #awaited = Infinity;
  #tell: () => void = () => {};

  /** One item has come. */
  came(): void {
    if (++this.#count >= this.#awaited) this.#done();
  }

  /** Resolves when `count` items have come since this was asked last. */
  expect(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = count;
      this.#tell = resolve;
      if (this.#count >= count) this.#done();
    });
  }

  #done(): void {
    this.#count -= this.#awaited;
    this.#awaited = Infinity;
    this.#tell();
  }
}
