/** Looks through MessagePack before anything is made of it: its package makes arrays as long as their heads say. */
import { isUtf8 } from "node:buffer";
import { MAX_LEVELS } from "./limits.ts";

/** Levels of arrays and maps that a message of {@link MAX_LEVELS} may have: a Map is two of them, a part in the last two more. */
export const MAX_RAW_LEVELS: number = 2 * MAX_LEVELS + 2;

/** Bytes of a text from which on the runtime checks it faster than a loop does. */
const LONG_TEXT = 32;

/** @throws if the bytes are not one well-formed value of nothing but nil, booleans, numbers, texts, bytes, arrays and maps with text keys */
export function checkMsgpack(bytes: Uint8Array): void {
  const at = new Check(bytes).value(0);
  if (at !== bytes.length) throw new Error("something stands after the value");
}

class Check {
  readonly #bytes: Uint8Array;
  /** Items that may still be announced: each takes a byte at least. */
  #items: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#items = bytes.length;
  }

  /** Checks the value at `at`, and returns where it ends. */
  value(at: number, level: number = 0): number {
    if (at >= this.#bytes.length) throw new Error("the value is cut off");
    const head = this.#bytes[at++];
    if (head < 0x80 || head >= 0xe0) return at;
    if (head < 0x90) return this.#map(at, head & 15, level);
    if (head < 0xa0) return this.#array(at, head & 15, level);
    if (head < 0xc0) return this.#text(at, head & 31);
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return at;
      case 0xc4:
        return this.#skip(at + 1, this.#uint(at, 1));
      case 0xc5:
        return this.#skip(at + 2, this.#uint(at, 2));
      case 0xc6:
        return this.#skip(at + 4, this.#uint(at, 4));
      case 0xca:
        return this.#skip(at, 4);
      case 0xcb:
        return this.#skip(at, 8);
      case 0xcc:
      case 0xd0:
        return this.#skip(at, 1);
      case 0xcd:
      case 0xd1:
        return this.#skip(at, 2);
      case 0xce:
      case 0xd2:
        return this.#skip(at, 4);
      case 0xcf:
        return this.#integer(at, this.#uint(at, 4));
      case 0xd3:
        return this.#integer(at, this.#uint(at, 4) | 0);
      case 0xd9:
        return this.#text(at + 1, this.#uint(at, 1));
      case 0xda:
        return this.#text(at + 2, this.#uint(at, 2));
      case 0xdb:
        return this.#text(at + 4, this.#uint(at, 4));
      case 0xdc:
        return this.#array(at + 2, this.#uint(at, 2), level);
      case 0xdd:
        return this.#array(at + 4, this.#uint(at, 4), level);
      case 0xde:
        return this.#map(at + 2, this.#uint(at, 2), level);
      case 0xdf:
        return this.#map(at + 4, this.#uint(at, 4), level);
      default:
        throw new Error("an extension, which no value is written as");
    }
  }

  #skip(at: number, length: number): number {
    if (length > this.#bytes.length - at) throw new Error("the value is cut off");
    return at + length;
  }

  #uint(at: number, size: number): number {
    const end = this.#skip(at, size);
    let n = 0;
    for (let i = at; i < end; i++) n = n * 256 + this.#bytes[i];
    return n;
  }

  /** A whole number of 64 bits, of which the upper ones are `high`. */
  #integer(at: number, high: number): number {
    if (!Number.isSafeInteger(high * 0x1_0000_0000 + this.#uint(at + 4, 4))) {
      throw new Error("a whole number beyond 2^53; write it as $bigint");
    }
    return at + 8;
  }

  #text(at: number, length: number): number {
    const end = this.#skip(at, length);
    const bytes = this.#bytes;
    let i = at;
    if (length < LONG_TEXT) { while (i < end && bytes[i] < 0x80) i++; }
    if (i < end && !isUtf8(bytes.subarray(i, end))) throw new Error("a text that is no UTF-8");
    return end;
  }

  #enter(items: number, level: number): void {
    if (level >= MAX_RAW_LEVELS) throw new Error("it is nested too deep");
    if ((this.#items -= items) < 0) throw new Error("more items than there are bytes");
  }

  #array(at: number, length: number, level: number): number {
    this.#enter(length, level);
    for (let i = 0; i < length; i++) at = this.value(at, level + 1);
    return at;
  }

  #map(at: number, size: number, level: number): number {
    this.#enter(2 * size, level);
    for (let i = 0; i < size; i++) {
      const head = this.#bytes[at];
      // Beyond the end there is none, and no text either.
      if (!((head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb))) throw new Error("a key that is no text");
      at = this.value(this.value(at, level + 1), level + 1);
    }
    return at;
  }
}
