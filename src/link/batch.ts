/** Messages packed into few `ArrayBuffer`s, for carriers that take values instead of bytes. */

/** From this size, in bytes, a part travels in a buffer of its own. */
const largePart = 16 * 1024;
/** In the place of a size: the part is the next of the buffers that come beside the first. */
const ownBuffer = 0xffff_ffff;
/** The first words: their count, how many bytes the sender has taken of what came to it, and 1 in its last batch. */
const fixedWords = 3;

/** A part that waits to be packed: bytes to copy, or memory that was handed over. */
export type Packable = Uint8Array | ArrayBuffer;

/** What travels: the words and the small parts in the first buffer, then each large part. */
export type Packed = [ArrayBuffer, ...ArrayBuffer[]];

/** What has arrived. */
export interface Batch {
  /** Each message with its parts. */
  readonly messages: Uint8Array[][];
  /** How many bytes of what went the other way have been taken. */
  readonly taken: number;
  /** Whether nothing will follow. */
  readonly last: boolean;
}

/** Bytes that a message takes in a batch. */
export function sizeOf(message: readonly { readonly byteLength: number }[]): number {
  let size = 4;
  for (const { byteLength } of message) size += 4 + byteLength;
  return size;
}

/**
 * Packs messages; each part is copied once, and what was handed over not at all.
 *
 * @param messages any number of messages
 * @param taken bytes, below 2 ** 32
 * @param last whether nothing will follow
 */
export function pack(messages: readonly (readonly Packable[])[], taken: number, last: boolean): Packed {
  let count = fixedWords;
  let small = 0;
  for (const parts of messages) {
    count += 1 + parts.length;
    for (const part of parts) if (!standsAlone(part)) small += part.byteLength;
  }
  const first = new ArrayBuffer(count * 4 + small);
  const words = new Uint32Array(first, 0, count);
  const bytes = new Uint8Array(first);
  const packed: Packed = [first];
  words[0] = count;
  words[1] = taken;
  words[2] = Number(last);
  let word = fixedWords;
  let offset = count * 4;
  for (const parts of messages) {
    words[word++] = parts.length;
    for (const part of parts) {
      if (part instanceof ArrayBuffer) packed.push(part);
      else if (standsAlone(part)) packed.push(new Uint8Array(part).buffer);
      else {
        bytes.set(part, offset);
        offset += part.byteLength;
      }
      words[word++] = standsAlone(part) ? ownBuffer : part.byteLength;
    }
  }
  return packed;
}

function standsAlone(part: Packable): boolean {
  return part.byteLength >= largePart || part instanceof ArrayBuffer;
}

/**
 * The messages of a batch; small parts are views of its first buffer.
 *
 * @param packed what `pack` made
 * @throws {RangeError} if it is not what `pack` makes
 */
export function unpack(packed: readonly ArrayBuffer[]): Batch {
  if (packed.length === 0 || !packed.every((item) => item instanceof ArrayBuffer)) throw new RangeError("a batch is made of ArrayBuffers");
  const [first] = packed;
  const [count, taken, last] = new Uint32Array(first, 0, fixedWords);
  const words = new Uint32Array(first, 0, count);
  const messages: Uint8Array[][] = [];
  let offset = count * 4;
  let next = 1;
  for (let word = fixedWords; word < count;) {
    const end = word + 1 + words[word];
    if (end > count) throw new RangeError("a batch ends inside a message");
    const parts: Uint8Array[] = [];
    for (word += 1; word < end; word += 1) {
      if (words[word] === ownBuffer) {
        if (next === packed.length) throw new RangeError("a batch misses a buffer");
        parts.push(new Uint8Array(packed[next++]));
      } else {
        parts.push(new Uint8Array(first, offset, words[word]));
        offset += words[word];
      }
    }
    messages.push(parts);
  }
  return { messages, taken, last: last === 1 };
}
