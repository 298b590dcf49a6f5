import { giveSpare } from "../../../src/value/spare.ts";

/** A message that was written, in several pieces: its large arrays stay where they are. */
export class Pieces {
  /** One after the other; every second is an array. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of all. */
  readonly length: number;
  #users = Infinity;

  constructor(parts: readonly Uint8Array[]) {
    this.parts = parts;
    this.length = parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Its arrays are used for others when it was {@link returned} so many times: the value that they come from is nobody else's. */
  lend(users: number): void {
    this.#users = users;
  }

  /** One of those who send it does no longer need it. */
  returned(): void {
    if (--this.#users === 0) this.parts.filter((_, i) => i % 2 === 1).forEach(giveSpare);
  }
}
