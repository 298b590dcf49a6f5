import type { GraphEvent } from "../../node/kernel.ts";
import { Fifo } from "../../stream/fifo.ts";

const mostKept = 100_000; // events

/** Tells of the nodes of a graph: when they start, fail, restart and go. Read by `for await`; leaving the loop closes it. */
export class GraphWatch implements AsyncIterableIterator<GraphEvent, undefined> {
  readonly #events: Fifo<GraphEvent> = new Fifo();
  readonly #readers: ((result: IteratorResult<GraphEvent, undefined>) => void)[] = [];
  readonly #leave: (watch: GraphWatch) => void;
  #closed = false;
  /** Events that were dropped because nobody read them: 100,000 are kept, the oldest go first. */
  dropped = 0;

  /**
   * @internal
   * @param leave called once, when the watch closes
   */
  constructor(leave: (watch: GraphWatch) => void) {
    this.#leave = leave;
  }

  /**
   * Something happened.
   *
   * @internal
   */
  push(event: GraphEvent): void {
    const read = this.#readers.shift();
    if (read !== undefined) read({ done: false, value: event });
    else {
      this.#events.push(event);
      if (this.#events.length <= mostKept) return;
      this.#events.shift();
      this.dropped++;
    }
  }

  /**
   * Tells a callback of all that happens, until it is closed.
   *
   * @internal
   * @param failed gets what the callback throws, or rejects with
   */
  async tell(callback: (event: GraphEvent) => unknown, failed: (error: unknown) => void): Promise<void> {
    const call = async (event: GraphEvent): Promise<unknown> => callback(event);
    for await (const event of this) void call(event).catch(failed);
  }

  /** The next event; it waits for one. */
  next(): Promise<IteratorResult<GraphEvent, undefined>> {
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Closes the watch and forgets what was not read. */
  return(): Promise<IteratorResult<GraphEvent, undefined>> {
    this.close();
    while (this.#events.shift() !== undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Watches no longer; what has happened until now can still be read. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const read of this.#readers) read({ done: true, value: undefined });
    this.#leave(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
