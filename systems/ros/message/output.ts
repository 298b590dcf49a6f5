import { Buffer } from "node:buffer";
import { writeText } from "../../../src/codec/text-writer.ts";
import { RosError } from "../../../src/errors.ts";

const slab = 64 * 1024;
/** Bytes of the largest message, either way. */
export const largestMessage: number = 64 * 2 ** 20;

/** Messages that are being written, one behind the other; each is a part of memory that is not written to again. */
export class Output {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  at = 0;
  #start = 0;

  /** Begins a message, with its length in front. */
  begin(): void {
    this.#start = this.at;
    this.skip(4);
  }

  /** The message that was begun, with its length in front. */
  finish(): Uint8Array {
    this.view.setUint32(this.#start, this.at - this.#start - 4, true);
    return this.bytes.subarray(this.#start, this.at);
  }

  /** Forgets the message that was begun. */
  cancel(): void {
    this.at = this.#start;
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

  /** Numbers as they lie in memory. */
  raw(numbers: ArrayBufferView): void {
    const at = this.skip(numbers.byteLength);
    this.bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
  }

  #grow(count: number): number {
    const written = this.at - this.#start;
    if (written + count > largestMessage + 4) {
      throw new RosError(`it takes more than ${largestMessage / 2 ** 20} MiB, which is the most for a message`);
    }
    const bytes = new Uint8Array(Math.max(slab, 2 * written + count));
    bytes.set(this.bytes.subarray(this.#start, this.at));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.#start = 0;
    this.at = written + count;
    return written;
  }
}
