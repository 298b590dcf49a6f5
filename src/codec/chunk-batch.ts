/** A batch of values that are encoded one by one, and stand behind each other in the message. */
import type { Batch } from "./codec.ts";
import type { PartsOut } from "./parts.ts";

/** How a codec writes an array piece by piece. */
export interface Chunks {
  /** The parts of the message. */
  readonly parts: PartsOut;
  /** Begins a message, and encodes nothing yet. */
  begin(): void;
  /** A value inside the array. */
  encode(value: unknown): Uint8Array;
  /** What stands before an array of that length. */
  open(length: number): Uint8Array;
  /** What stands between two values. */
  readonly separator: Uint8Array;
  /** What stands behind them. */
  readonly close: Uint8Array;
}

/** A batch out of such pieces. */
export class ChunkBatch implements Batch {
  readonly #chunks: Chunks;
  #encoded: Uint8Array[] = [];
  #bytes = 0;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
    chunks.begin();
  }

  get length(): number {
    return this.#encoded.length;
  }

  get bytes(): number {
    return this.#bytes + this.#encoded.length * this.#chunks.separator.length + this.#chunks.parts.bytes;
  }

  add(value: unknown): void {
    const encoded = this.#chunks.encode(value);
    this.#encoded.push(encoded);
    this.#bytes += encoded.length;
  }

  finish(): Uint8Array[] {
    const { parts, separator, close } = this.#chunks;
    const head = this.#chunks.open(this.#encoded.length);
    const first = new Uint8Array(head.length + this.#bytes + separator.length * this.#encoded.length + close.length);
    first.set(head);
    let at = head.length;
    for (const encoded of this.#encoded) {
      if (at > head.length) {
        first.set(separator, at);
        at += separator.length;
      }
      first.set(encoded, at);
      at += encoded.length;
    }
    first.set(close, at);
    const message = parts.behind(first.subarray(0, at + close.length));
    this.#encoded = [];
    this.#bytes = 0;
    this.#chunks.begin();
    return message;
  }
}
