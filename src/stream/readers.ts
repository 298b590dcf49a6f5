type Reader<T> = (result: IteratorResult<T, undefined>) => void;

/** What one `for await` loop waits for. */
export type Loop<T> = Set<Reader<T>>;

/** What an iterator says when there is nothing more. */
export const end: { readonly done: true; readonly value: undefined } = Object.freeze({ done: true, value: undefined });

/** What a `for await` reads from: until it leaves. */
export function iterator<T>(next: () => Promise<IteratorResult<T, undefined>>, leave: () => void): AsyncIterator<T, undefined> {
  let left = false;
  return {
    next: () => (left ? Promise.resolve(end) : next()),
    return() {
      if (!left) {
        left = true;
        leave();
      }
      return Promise.resolve(end);
    },
  };
}

/** The loops that read one subscription; those that wait for the next item do so in the order in which they came. */
export class Readers<T> {
  #readers: Reader<T>[] = [];
  #loops = 0;

  /** How many loops there are. */
  get loops(): number {
    return this.#loops;
  }

  /** A loop begins. */
  enter(): Loop<T> {
    this.#loops++;
    return new Set();
  }

  /** Whether a loop waits. */
  get waiting(): boolean {
    return this.#readers.length > 0;
  }

  /** Gives an item to the loop that has waited longest. */
  give(value: T): void {
    this.#readers.shift()!({ done: false, value });
  }

  /** A loop waits for an item. */
  wait(loop: Loop<T>): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve) => {
      const read: Reader<T> = (result) => {
        loop.delete(read);
        resolve(result);
      };
      loop.add(read);
      this.#readers.push(read);
    });
  }

  /** A loop was left: what it still waits for comes to its end. */
  leave(loop: Loop<T>): void {
    this.#loops--;
    this.#readers = this.#readers.filter((read) => !loop.has(read));
    for (const read of loop) read(end);
  }

  /** Nothing more will come, to nobody. */
  end(): void {
    for (const read of this.#readers) read(end);
    this.#readers = [];
  }
}
