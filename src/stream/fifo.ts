const roomy = 1024; // places in front that are left empty before the rest moves up

/** A queue whose oldest item leaves in constant time; an array's own `shift` moves all that is behind it where it is long. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many are in it. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Adds one behind all others. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest; undefined where there is none. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  /** Takes the oldest; undefined where there is none. */
  shift(): T | undefined {
    const items = this.#items;
    if (this.#head === items.length) return undefined;
    const item = items[this.#head];
    items[this.#head++] = undefined;
    if (this.#head === items.length) {
      items.length = 0;
      this.#head = 0;
    } else if (this.#head >= roomy && this.#head * 2 >= items.length) {
      this.#items = items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
