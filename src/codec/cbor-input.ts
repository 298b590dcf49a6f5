/** The lower half of reading CBOR: heads, numbers and texts, out of bytes that may be anything. */
import { CodecError } from "../errors.ts";
import { readFloat32, readFloat64 } from "./float.ts";
import { TextReader } from "./text-reader.ts";

const NO_BYTES = new Uint8Array(0);

/** The bytes of one message at a time, and how far they are read. */
export class CborInput {
  readonly #texts: TextReader = new TextReader();
  protected bytes: Uint8Array = NO_BYTES;
  protected at = 0;
  protected end = 0;

  /** Begins with those bytes. */
  protected open(bytes: Uint8Array): void {
    // A Buffer slices otherwise than other arrays do.
    this.bytes = bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.end = bytes.length;
  }

  /** Keeps nothing of the message alive. */
  protected close(): void {
    this.bytes = NO_BYTES;
  }

  protected refuse(problem: string): never {
    throw new CodecError(`cbor: byte ${this.at}: ${problem}`);
  }

  protected need(bytes: number): void {
    if (bytes > this.end - this.at) this.refuse("the value is cut off");
  }

  /** An unsigned number in 1, 2 or 4 bytes. */
  protected uint(size: number): number {
    this.need(size);
    const bytes = this.bytes;
    const at = this.at;
    this.at = at + size;
    if (size === 1) return bytes[at];
    if (size === 2) return (bytes[at] << 8) | bytes[at + 1];
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }

  /** The number that goes with a head: a length, a tag. */
  protected number(low: number): number {
    if (low < 24) return low;
    switch (low) {
      case 24:
        return this.uint(1);
      case 25:
        return this.uint(2);
      case 26:
        return this.uint(4);
      case 27: {
        const n = this.uint(4) * 0x1_0000_0000 + this.uint(4);
        return Number.isSafeInteger(n) ? n : this.refuse("a length or a tag that nothing has");
      }
      case 31:
        return this.refuse("an indefinite length; write the length");
      default:
        return this.refuse("a head that CBOR does not have");
    }
  }

  /** A whole number; beyond what a number holds exactly, a bigint. */
  protected integer(low: number, isNegative: boolean): number | bigint {
    if (low !== 27) {
      const n = this.number(low);
      return isNegative ? -1 - n : n;
    }
    const high = this.uint(4);
    const rest = this.uint(4);
    const n = high * 0x1_0000_0000 + rest;
    const value = isNegative ? -1 - n : n;
    if (Number.isSafeInteger(value)) return value;
    const exact = (BigInt(high) << 32n) | BigInt(rest);
    return isNegative ? -1n - exact : exact;
  }

  /** The number that goes with the next head, which must be of that major type. */
  protected headOf(major: number, what: string): number {
    this.need(1);
    const head = this.bytes[this.at++];
    if (head >> 5 !== major) this.refuse(`${what} expected`);
    return this.number(head & 31);
  }

  protected float32(): number {
    this.need(4);
    return readFloat32(this.bytes, (this.at += 4) - 4);
  }

  protected float64(): number {
    this.need(8);
    return readFloat64(this.bytes, (this.at += 8) - 8);
  }

  protected text(length: number): string {
    this.need(length);
    const text = this.#texts.read(this.bytes, this.at, length);
    if (text === undefined) this.refuse("a text that is no UTF-8");
    this.at += length;
    return text;
  }

  protected key(): string {
    this.need(1);
    const head = this.bytes[this.at++];
    if (head >> 5 !== 3) this.refuse("a key that is no text; a map with such keys needs tag 259");
    const length = this.number(head & 31);
    this.need(length);
    const key = this.#texts.readKey(this.bytes, this.at, length);
    if (key === undefined) this.refuse("a key that is no UTF-8");
    if (key === "__proto__") this.refuse("a key __proto__");
    this.at += length;
    return key;
  }
}
