const most = 64; // stretches that are told apart

/** Losses that no item has told of yet: an item tells of those before it, not of later ones that it was still on its way at. */
export class Losses {
  readonly #stretches: { order: number; count: number }[] = [];

  /** Whether there are none. */
  get empty(): boolean {
    return this.#stretches.length === 0;
  }

  /** The item of that number was lost. */
  add(order: number): void {
    const last = this.#stretches.at(-1);
    if (last === undefined || (order - last.order > 1 && this.#stretches.length < most)) this.#stretches.push({ order, count: 1 });
    else {
      last.order = Math.max(last.order, order);
      last.count++;
    }
  }

  /** How many were lost before the item of that number; they are forgotten then. */
  take(order: number): number {
    let count = 0;
    while (this.#stretches.length > 0 && this.#stretches[0]!.order < order) count += this.#stretches.shift()!.count;
    return count;
  }
}
