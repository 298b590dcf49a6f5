const most = 64; // stretches that are told apart

/** Losses that no item has told of yet: an item tells of those before it, not of later ones that happened while it was on its way. */
export class Losses {
  readonly #stretches: { readonly first: number; last: number; count: number }[] = [];

  /** Whether there are none. */
  get empty(): boolean {
    return this.#stretches.length === 0;
  }

  /** The item of that number was lost; or so many of which only that place is known. */
  add(order: number, count = 1): void {
    const stretches = this.#stretches;
    let i = stretches.length - 1;
    while (i >= 0 && stretches[i]!.first > order) i--;
    const before = stretches[i];
    if (before !== undefined && (order - before.last <= 1 || stretches.length >= most)) {
      before.last = Math.max(before.last, order);
      before.count += count;
    } else stretches.splice(i + 1, 0, { first: order, last: order, count });
  }

  /** How many were lost before the item of that number; they are forgotten then. */
  take(order: number): number {
    let count = 0;
    while (this.#stretches.length > 0 && this.#stretches[0]!.last < order) count += this.#stretches.shift()!.count;
    return count;
  }
}
