import { rawMemory } from "../../value/memory.ts";

const smallest = 4 * 1024;
const largest = 64 * 1024; // more is not faster, and a small part that is kept keeps all of it

/** Memory to read into: it is handed over piece by piece and never written to again; the busier the socket is, the more of it there is. */
export class ReadRoom {
  #room: Uint8Array = rawMemory(smallest);
  #at = 0;
  #given: Uint8Array | undefined;
  readonly #ask: () => Uint8Array | undefined;

  /** @param ask where the next bytes are to go, if their owner minds */
  constructor(ask: () => Uint8Array | undefined) {
    this.#ask = ask;
  }

  /** Where the next bytes are to go. */
  next(): Uint8Array {
    this.#given = this.#ask();
    return this.#given ?? (this.#at === 0 ? this.#room : this.#room.subarray(this.#at));
  }

  /** So many bytes have come there; to be called before {@link next}. */
  took(count: number): void {
    if (this.#given !== undefined) return;
    const { length } = this.#room;
    this.#at += count;
    if (length - this.#at >= smallest / 2) return;
    this.#room = rawMemory(count >= length / 2 ? Math.min(length * 4, largest) : length);
    this.#at = 0;
  }
}
