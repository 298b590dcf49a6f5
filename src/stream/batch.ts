import { recopy } from "../value/copy.ts";

/**
 * Items of a run that go straight to a callback, one right after the other.
 *
 * For each item only this is written to. It is made for one delivery: a pointer to each item from an object that lives long
 * would have to be noted by the collector, and cost more than the call.
 */
export class Batch {
  /** Place in the run of the item that the callback has got. */
  at: number;
  /** The first item that is not in the subscriber's account yet. */
  uncounted: number;
  private readonly values: readonly unknown[];
  private readonly own: boolean;
  private end: number;
  private copy: unknown = undefined;

  /**
   * @param values where the items stand, at `from` up to `end`
   * @param own whether they are this subscriber's own, and need no copy
   */
  constructor(values: readonly unknown[], from: number, end: number, own: boolean) {
    this.values = values;
    this.at = from - 1;
    this.uncounted = from;
    this.end = end;
    this.own = own;
  }

  /** The item that the callback has got. */
  get value(): unknown {
    return this.own ? this.values[this.at] : this.copy;
  }

  /** Whether there is another item. */
  get goesOn(): boolean {
    return this.at + 1 < this.end;
  }

  /** Hands over no more than the item that is under way. */
  stop(): void {
    this.end = 0;
  }

  /**
   * Hands over what there is, up to the first call that returns something.
   *
   * @returns what that call has returned
   * @throws whatever the callback throws
   */
  hand(callback: (value: unknown) => unknown): unknown {
    while (this.goesOn) {
      const item = this.values[++this.at];
      const result = callback(this.own ? item : (this.copy = recopy(item)));
      if (result !== undefined) return result;
    }
    return undefined;
  }
}
