import { RosError } from "../../../src/errors.ts";
import type { ByteStream } from "../../../src/link/bytes/stream.ts";
import { rawMemory } from "../../../src/value/memory.ts";
import { willPass } from "../../../src/value/young-collector.ts";

/** Bytes that are read at once into memory that is used again. */
const roomy = 64 * 1024;

/** What a stream of bytes brings: frames, each with its length in front. */
export class Frames {
  /** Takes a frame; nobody writes into its memory any more, unless `passing`. `mark` is the byte in front of its length, where there is one. */
  onFrame: (body: Uint8Array, mark: number) => void = () => {};
  /** Told how many bytes of a frame have come, where somebody counts them. */
  onPart: ((bytes: number) => void) | undefined;
  /** Bytes that a frame may have. */
  largest: number;
  /** Whether a frame is done with when `onFrame` returns: then others may come into the same memory, which saves that of each chunk. */
  passing = false;
  /** Bytes in front of the length: 1 in answers of services. */
  marks = 0;
  readonly #stream: ByteStream;
  readonly #head: Uint8Array = new Uint8Array(5);
  #headFilled = 0;
  #mark = 0;
  /** A frame of which not all has come. */
  #body: Uint8Array | undefined;
  #filled = 0;
  #over = false;
  #room: Uint8Array | undefined;

  /** @param largest bytes that a frame may have; a longer one ends the stream */
  constructor(stream: ByteStream, largest: number) {
    this.#stream = stream;
    this.largest = largest;
    stream.onData = (chunk) => this.#take(chunk);
    stream.onRoom = () => this.#body?.subarray(this.#filled) ?? (this.passing ? (this.#room ??= rawMemory(roomy)) : undefined);
  }

  /** Takes no more. */
  stop(): void {
    this.#over = true;
    this.#body = undefined;
  }

  #take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#over) {
      if (this.#body === undefined) at = this.#begin(chunk, at);
      else at = this.#fill(chunk, at, this.#body);
    }
  }

  /** Reads the length of a frame, and hands it over where all of it has come. */
  #begin(chunk: Uint8Array, from: number): number {
    let at = from;
    const head = 4 + this.marks;
    let length: number;
    if (this.#headFilled === 0 && chunk.length - at >= head) {
      length = this.#lengthAt(chunk, at);
      at += head;
    } else {
      while (this.#headFilled < head && at < chunk.length) this.#head[this.#headFilled++] = chunk[at++]!;
      if (this.#headFilled < head) return at;
      this.#headFilled = 0;
      length = this.#lengthAt(this.#head, 0);
    }
    if (length > this.largest) {
      this.stop();
      this.#stream.destroy(new RosError(`it announced ${length} bytes, and ${this.largest} are the most`));
      return at;
    }
    if (chunk.length - at >= length) {
      this.onPart?.(length);
      this.onFrame(plain(chunk, at, length), this.#mark);
      return at + length;
    }
    this.#body = rawMemory(length); // taken up as it is written
    willPass(length);
    this.#filled = 0;
    return at;
  }

  #fill(chunk: Uint8Array, at: number, body: Uint8Array): number {
    const count = Math.min(chunk.length - at, body.length - this.#filled);
    // What was read into the room that was given is in its place.
    const isThere = chunk.buffer === body.buffer && at === 0 && chunk.byteOffset === this.#filled;
    if (!isThere) body.set(chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    this.onPart?.(count);
    if (this.#filled === body.length) {
      this.#body = undefined;
      this.onFrame(body, this.#mark);
    }
    return at + count;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    let p = at;
    if (this.marks === 1) this.#mark = bytes[p++]!;
    return (bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24)) >>> 0;
  }
}

/** A part of a chunk, which may be of a class of the runtime's. */
function plain(chunk: Uint8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset + at, length);
}
