import { Buffer } from "node:buffer";
import { writeText } from "../../../src/codec/text-writer.ts";
import { RosError } from "../../../src/errors.ts";
import { rawMemory } from "../../../src/value/memory.ts";
import { Pieces } from "./pieces.ts";

const slab = 64 * 1024;
/** Bytes of the largest message, either way. */
export const largestMessage: number = 64 * 2 ** 20;

/** Bytes from which on an array is not copied. */
const uncopied = 64 * 1024;

/** A message that was written: its bytes, in one piece, or in several where large arrays are among them. */
export type Written = Uint8Array | Pieces;

/** A message in one piece. */
export function joined(written: Written): Uint8Array {
  if (written instanceof Uint8Array) return written;
  const whole = rawMemory(written.length);
  let at = 0;
  for (const piece of written.parts) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Messages that are being written, one behind the other; each is a part of memory that is not written to again. */
export class Output {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  at = 0;
  /** Where the piece begins that is being written: the message, or what follows its last large array. */
  #start = 0;
  /** The pieces before that, and their bytes. */
  #pieces: Uint8Array[] = [];
  #before = 0;

  /** Begins a message, with its length in front. */
  begin(): void {
    this.#start = this.at;
    this.skip(4);
  }

  /** The message that was begun, with its length in front. */
  finish(): Written {
    const last = this.bytes.subarray(this.#start, this.at);
    if (this.#before === 0) {
      this.view.setUint32(this.#start, last.length - 4, true);
      return last;
    }
    const pieces = this.#pieces;
    if (last.length > 0) pieces.push(last);
    const [head] = pieces;
    new DataView(head!.buffer, head!.byteOffset).setUint32(0, this.#before + last.length - 4, true);
    this.#forgetPieces();
    return new Pieces(pieces);
  }

  /** Forgets the message that was begun. */
  cancel(): void {
    this.at = this.#start;
    this.#forgetPieces();
  }

  /** Makes room for so many bytes, and returns where they begin. */
  skip(count: number): number {
    const { at } = this;
    if (at + count <= this.bytes.length) {
      this.at = at + count;
      return at;
    }
    return this.#grow(count);
  }

  text(text: string): void {
    const most = text.length < 1024 ? 3 * text.length : Buffer.byteLength(text);
    const at = this.skip(4 + most);
    const length = writeText(this.bytes, at + 4, text);
    this.view.setUint32(at, length, true);
    this.at = at + 4 + length;
  }

  length(count: number): void {
    const at = this.skip(4);
    this.view.setUint32(at, count, true);
  }

  /** Numbers as they lie in memory; where they are many, they stay there. */
  raw(numbers: ArrayBufferView<ArrayBuffer>): void {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    if (bytes.length < uncopied) {
      const at = this.skip(bytes.length); // before `this.bytes` is read, which this may replace
      this.bytes.set(bytes, at);
    } else {
      this.#check(bytes.length);
      this.#pieces.push(this.bytes.subarray(this.#start, this.at), bytes);
      this.#before += this.at - this.#start + bytes.length;
      this.#start = this.at;
    }
  }

  #forgetPieces(): void {
    this.#pieces = [];
    this.#before = 0;
  }

  /** Whether so many bytes more are not too many. */
  #check(count: number): void {
    if (this.#before + this.at - this.#start + count > largestMessage + 4) {
      throw new RosError(`it takes more than ${largestMessage / 2 ** 20} MiB, which is the most for a message`);
    }
  }

  #grow(count: number): number {
    this.#check(count);
    const written = this.at - this.#start;
    const bytes = new Uint8Array(Math.max(slab, 2 * written + count));
    bytes.set(this.bytes.subarray(this.#start, this.at));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.#start = 0;
    this.at = written + count;
    return written;
  }
}
