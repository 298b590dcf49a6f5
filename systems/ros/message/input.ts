import { readText } from "../../../src/codec/text-reader.ts";
import { RosError } from "../../../src/errors.ts";
import type { TypedArray } from "../../../src/value/kind.ts";

/** Objects, texts and the like that one message may hold: in memory they take far more than on the wire. */
const mostParts = 2_000_000;
/** Bytes up to which an array is copied: a smaller one that is kept would keep everything that came with it. */
const small = 16 * 1024;

/** Numbers of one kind, one behind the other. */
export type Numbers = Exclude<TypedArray, Uint8ClampedArray>;
/** The class of an array of numbers. */
export type NumbersClass = { new (buffer: ArrayBufferLike, at: number, length: number): Numbers; readonly BYTES_PER_ELEMENT: number };

/** One message that is being read. */
export class Input {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;
  readonly end: number;
  #parts = 0;

  /** @param bytes the body of a message; what is read may be views of it, so nobody may write into it any more */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  /** Passes over so many bytes, and returns where they begin. */
  skip(count: number): number {
    const at = this.at;
    if (count > this.end - at) throw short(count, this.end - at);
    this.at = at + count;
    return at;
  }

  /** The number of items that follow. */
  length(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** So many parts are about to be made. */
  spend(parts: number): void {
    this.#parts += parts;
    if (this.#parts > mostParts) throw new RosError(`it has more than ${mostParts} parts`);
  }

  /** The number of items that follow, each of which takes some bytes at least, and is made of some parts. */
  items(count: number, bytes: number, parts: number): number {
    if (count * bytes > this.end - this.at) throw short(count * bytes, this.end - this.at);
    this.spend(count * parts);
    return count;
  }

  /** A text. */
  text(): string {
    const length = this.length();
    const at = this.skip(length);
    if (length < 24) {
      let text = "";
      let i = at;
      for (const end = at + length; i < end; i++) {
        const c = this.bytes[i]!;
        if (c > 0x7f) break;
        text += String.fromCharCode(c);
      }
      if (i === at + length) return text;
    }
    const text = readText(this.bytes, at, length);
    if (text === undefined) throw new RosError("it has a text that is not UTF-8");
    return text;
  }

  /** So many numbers: a view where they are many and lie well, else a copy. */
  numbers(Kind: NumbersClass, count: number): Numbers {
    const size = Kind.BYTES_PER_ELEMENT;
    const at = this.skip(count * size);
    const start = this.bytes.byteOffset + at;
    if (count * size > small && start % size === 0) return new Kind(this.bytes.buffer, start, count);
    const copy = new Uint8Array(count * size);
    copy.set(this.bytes.subarray(at, at + count * size));
    return new Kind(copy.buffer, 0, count);
  }

  /** So many truth values. */
  flags(count: number): boolean[] {
    const at = this.skip(count);
    this.spend(Math.ceil(count / 8));
    const flags = new Array<boolean>(count);
    for (let i = 0; i < count; i++) flags[i] = this.bytes[at + i] !== 0;
    return flags;
  }

  /** To be called behind the last field. */
  close(): void {
    if (this.at !== this.end) throw new RosError(`${this.end - this.at} bytes follow its last field`);
  }
}

function short(wanted: number, left: number): RosError {
  return new RosError(`it ends too early: ${wanted} bytes should follow, and ${left} do`);
}
