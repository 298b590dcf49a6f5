const spare = 32;

/** What a caller waits for: a call, or the time to try again. */
export interface Pending {
  /** Its place among what its caller waits for. */
  placeAtCaller: number;
  /** Its place among what was asked in the handler of a call. */
  placeInJob: number;
  /** Settles it: who waited has gone, or no longer wants it. */
  abandon(reason: unknown): void;
}

/**
 * What somebody waits for, in the order in which it came.
 *
 * A `Set` makes itself anew with every few dozen that come and go, and one that has grown old keeps what the next one holds. This
 * array stays.
 */
export class PendingList {
  readonly #place: "placeAtCaller" | "placeInJob";
  readonly #members: (Pending | undefined)[] = [];
  #count = 0;

  /** @param place the field in which members keep their place */
  constructor(place: "placeAtCaller" | "placeInJob") {
    this.#place = place;
  }

  add(pending: Pending): void {
    pending[this.#place] = this.#members.push(pending) - 1;
    this.#count++;
  }

  delete(pending: Pending): void {
    const members = this.#members;
    const place = pending[this.#place];
    if (members[place] !== pending) return;
    members[place] = undefined;
    this.#count--;
    if (members.length > 2 * this.#count + spare) this.#tidy();
  }

  /** Those who are in it now. */
  all(): Pending[] {
    return this.#members.filter((member) => member !== undefined);
  }

  #tidy(): void {
    const members = this.#members;
    let count = 0;
    for (const member of members) {
      if (member === undefined) continue;
      member[this.#place] = count;
      members[count++] = member;
    }
    members.length = count;
  }
}
