import { LinkError } from "../../../errors.ts";
import { latin1Bytes } from "../text.ts";

/** The nonce of a box: a prefix that says what the box is for, and what makes it the only one. 24 bytes together. */
export function nonceOf(prefix: string, rest: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(24);
  nonce.set(latin1Bytes(prefix));
  nonce.set(rest, prefix.length);
  return nonce;
}

/** Counts what one side seals: no nonce is used twice. */
export class Counter {
  #count = 0;

  /** The next eight bytes. */
  next(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    this.#count++; // 2 ** 53 of them would take centuries
    view.setUint32(0, Math.floor(this.#count / 2 ** 32));
    view.setUint32(4, this.#count % 2 ** 32);
    return bytes;
  }
}

/** Checks what the other side counts: what was sent once cannot be sent again. */
export class Sequence {
  #high = 0;
  #low = 0;

  /**
   * Takes the next eight bytes.
   *
   * @throws {LinkError} if they are not more than the last ones
   */
  check(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const high = view.getUint32(0);
    const low = view.getUint32(4);
    if (high < this.#high || (high === this.#high && low <= this.#low)) {
      throw new LinkError("it sent a nonce that is not above the last one: something was sent again");
    }
    this.#high = high;
    this.#low = low;
  }
}
