/** What a generator service has yielded and its caller has not read yet: bounded, the oldest is dropped first. */
export class Progress<T> implements AsyncIterator<T, undefined> {
  readonly #depth: number;
  readonly #abort: () => void;
  #items: T[] = [];
  #readers: { resolve: (result: IteratorResult<T, undefined>) => void; reject: (error: unknown) => void }[] = [];
  #ended = false;
  #error: unknown;
  /** How many were dropped because the caller was behind. */
  dropped = 0;

  /**
   * @param depth how many may wait, at least 1
   * @param abort gives the call up; called when the caller stops reading before the end
   */
  constructor(depth: number, abort: () => void) {
    this.#depth = depth;
    this.#abort = abort;
  }

  /** Adds what the service yielded. */
  push(item: T): void {
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value: item });
    if (this.#items.push(item) <= this.#depth) return;
    this.#items.shift();
    this.dropped++;
  }

  /** Nothing more will come. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    for (const reader of this.#readers) {
      if (error === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(error);
    }
    this.#readers = [];
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#items.shift()! });
    if (!this.#ended) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const error = this.#error;
    this.#error = undefined; // an iterator throws once and is then at its end
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    if (!this.#ended) this.#abort();
    this.#items = [];
    return Promise.resolve({ done: true, value: undefined });
  }
}
