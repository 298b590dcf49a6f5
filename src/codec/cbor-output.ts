/** The lower half of writing CBOR: memory, heads, numbers and texts. */
import { writeText } from "./text-writer.ts";

/** Bytes of the memory from which messages are cut; one that needs more gets memory of its own. */
const POOL_BYTES = 32 * 1024;
/** A pool with less room than this is left to the messages that were cut from it. */
const LEAST_ROOM = 1024;
/** Room for what is written at once without asking for more: the heads of a value, a number, a Date. */
const HEAD_ROOM = 32;

/** The bytes of one message at a time, in memory of which nothing is ever written again. */
export class CborOutput {
  protected bytes: Uint8Array = new Uint8Array(POOL_BYTES);
  #view: DataView = new DataView(this.bytes.buffer);
  /** Where the next value may begin at the latest. */
  protected limit: number = POOL_BYTES - HEAD_ROOM;
  /** Where the message begins. */
  protected start = 0;
  protected at = 0;

  /** The message, from `start` on; the next one begins behind it. */
  protected take(start: number): Uint8Array {
    const message = this.bytes.subarray(start, this.at);
    if (this.bytes.length === POOL_BYTES && POOL_BYTES - this.at >= LEAST_ROOM) this.start = this.at;
    else this.#renew(POOL_BYTES, 0);
    return message;
  }

  /** Makes room for `bytes` more and a head. */
  protected grow(bytes: number): void {
    const length = this.at - this.start;
    const needed = length + bytes + HEAD_ROOM;
    this.#renew(needed <= POOL_BYTES ? POOL_BYTES : Math.max(needed, 2 * length), length);
  }

  /** Goes on in new memory with the last `kept` bytes. */
  #renew(size: number, kept: number): void {
    const bytes = new Uint8Array(size);
    if (kept > 0) bytes.set(this.bytes.subarray(this.start, this.start + kept));
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.limit = size - HEAD_ROOM;
    this.start = 0;
    this.at = kept;
  }

  /** A number, as an integer where it is a whole one. */
  protected number(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0) this.head(0, value);
      else this.head(0x20, ~value);
    } else if (Number.isSafeInteger(value) && value !== 0) {
      if (value >= 0) this.head(0, value);
      else this.head(0x20, -1 - value);
    } else {
      this.float(value);
    }
  }

  /** In 32 bits where they are enough; what is no usual number, in 16. */
  protected float(value: number): void {
    const at = this.at;
    if (Math.fround(value) === value) {
      if (value === 0 || value === Infinity || value === -Infinity) {
        this.#half(value === 0 ? 0x8000 : value > 0 ? 0x7c00 : 0xfc00);
        return;
      }
      this.bytes[at] = 0xfa;
      this.#view.setFloat32(at + 1, value);
      this.at = at + 5;
    } else if (Number.isNaN(value)) {
      this.#half(0x7e00);
    } else {
      this.bytes[at] = 0xfb;
      this.#view.setFloat64(at + 1, value);
      this.at = at + 9;
    }
  }

  #half(bits: number): void {
    const at = this.at;
    this.bytes[at] = 0xf9;
    this.#view.setUint16(at + 1, bits);
    this.at = at + 3;
  }

  /** The first byte of an item, and its number in as few bytes as it fits in. */
  protected head(major: number, n: number): void {
    const bytes = this.bytes;
    const at = this.at;
    if (n < 24) {
      bytes[at] = major | n;
      this.at = at + 1;
    } else if (n < 0x100) {
      bytes[at] = major | 24;
      bytes[at + 1] = n;
      this.at = at + 2;
    } else if (n < 0x1_0000) {
      bytes[at] = major | 25;
      bytes[at + 1] = n >> 8;
      bytes[at + 2] = n;
      this.at = at + 3;
    } else if (n < 0x1_0000_0000) {
      bytes[at] = major | 26;
      this.#view.setUint32(at + 1, n);
      this.at = at + 5;
    } else {
      bytes[at] = major | 27;
      this.#view.setUint32(at + 1, Math.floor(n / 0x1_0000_0000));
      this.#view.setUint32(at + 5, n >>> 0);
      this.at = at + 9;
    }
  }

  /** A text, whatever its length. */
  protected text(text: string): void {
    const { length } = text;
    if (this.at + 3 * length > this.limit) this.grow(3 * length);
    const start = this.at;
    // As if each character were one byte.
    this.head(0x60, length);
    const body = this.at;
    const written = writeText(this.bytes, body, text);
    this.at = body + written;
    if (written !== length) this.#moveText(start, body, written);
  }

  /** Writes the head of a text again, in front of its bytes. */
  #moveText(start: number, body: number, length: number): void {
    const moved = start + headBytes(length);
    if (moved !== body) this.bytes.copyWithin(moved, body, body + length);
    this.at = start;
    this.head(0x60, length);
    this.at = moved + length;
  }
}

/** Bytes of a head with that number. */
export function headBytes(n: number): number {
  return n < 24 ? 1 : n < 0x100 ? 2 : n < 0x1_0000 ? 3 : n < 0x1_0000_0000 ? 5 : 9;
}
