const few = 64;
const many = 65_536;

/**
 * Calls by their numbers, which count up: most are out for a short time, so that the next numbers find their places free.
 *
 * A `Map` makes itself anew with every few dozen calls that come and go, and one that has grown old keeps all that the next one
 * holds, and so on: a fifth of what was allocated lived on until the next full collection.
 */
export class Tickets<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(few).fill(undefined);
  #numbers: number[] = new Array<number>(few).fill(0);
  #count = 0;
  /** Those whose place is taken by one that has been out for long. */
  readonly #rest: Map<number, T> = new Map();

  /** Enters a call; its number is not in use. */
  set(number: number, value: T): void {
    if (this.#count * 2 >= this.#slots.length && this.#slots.length < many) this.#grow();
    const at = number & (this.#slots.length - 1);
    if (this.#slots[at] !== undefined) return void this.#rest.set(number, value);
    this.#slots[at] = value;
    this.#numbers[at] = number;
    this.#count++;
  }

  get(number: number): T | undefined {
    const at = number & (this.#slots.length - 1);
    return this.#numbers[at] === number ? this.#slots[at] : this.#rest.size === 0 ? undefined : this.#rest.get(number);
  }

  /** Forgets a call; says whether it was there. */
  delete(number: number): boolean {
    const at = number & (this.#slots.length - 1);
    if (this.#numbers[at] !== number || this.#slots[at] === undefined) return this.#rest.size > 0 && this.#rest.delete(number);
    this.#slots[at] = undefined;
    this.#numbers[at] = 0;
    this.#count--;
    return true;
  }

  /** Forgets all, and returns them in the order of their numbers. */
  clear(): T[] {
    const all = [...this.#rest];
    for (let at = 0; at < this.#slots.length; at++) {
      if (this.#slots[at] !== undefined) all.push([this.#numbers[at]!, this.#slots[at]!]);
    }
    this.#rest.clear();
    this.#slots.fill(undefined);
    this.#numbers.fill(0);
    this.#count = 0;
    return all.sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  #grow(): void {
    const [slots, numbers] = [this.#slots, this.#numbers];
    this.#slots = new Array<T | undefined>(slots.length * 2).fill(undefined);
    this.#numbers = new Array<number>(slots.length * 2).fill(0);
    this.#count = 0;
    for (let at = 0; at < slots.length; at++) {
      const value = slots[at];
      if (value !== undefined) this.set(numbers[at]!, value);
    }
  }
}
