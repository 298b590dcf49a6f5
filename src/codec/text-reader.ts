/** Reads texts out of messages: UTF-8 that is checked, and short texts that come again and again without making them anew. */
import { isUtf8 } from "node:buffer";

/** Bytes of the longest text that is kept. */
const LONGEST_KEPT = 32;
/** Texts that are kept of each sort; a power of two. */
const KEPT = 512;

// On Deno several times as fast as one that checks.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Keeps the short texts that it has read, as many as it has places for. */
export class TextReader {
  readonly #texts: string[] = new Array<string>(KEPT).fill("");
  readonly #keys: string[] = new Array<string>(KEPT).fill("");

  /** The text in those bytes, or undefined if they are no UTF-8. */
  read(bytes: Uint8Array, at: number, length: number): string | undefined {
    return length <= LONGEST_KEPT ? readKept(this.#texts, bytes, at, length) : readText(bytes, at, length);
  }

  /** The same for a key of an object. */
  readKey(bytes: Uint8Array, at: number, length: number): string | undefined {
    return length <= LONGEST_KEPT ? readKept(this.#keys, bytes, at, length) : readText(bytes, at, length);
  }
}

function readKept(kept: string[], bytes: Uint8Array, at: number, length: number): string | undefined {
  if (length === 0) return "";
  const place = (length * 53 + bytes[at] * 7 + bytes[at + (length >> 1)] * 31 + bytes[at + length - 1] * 97) & (KEPT - 1);
  const known = kept[place];
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[at + i]) i++;
    if (i === length) return known;
  }
  const text = readText(bytes, at, length);
  // As many characters as bytes: all of them ASCII, or else the bytes could not be compared with them.
  if (text?.length === length) kept[place] = text;
  return text;
}

/** The text in those bytes, or undefined if they are no UTF-8. */
export function readText(bytes: Uint8Array, at: number, length: number): string | undefined {
  const body = bytes.subarray(at, at + length);
  const text = decoder.decode(body);
  // What is no UTF-8 was replaced by this character; but it may also stand there by right.
  return text.includes("\ufffd") && !isUtf8(body) ? undefined : text;
}
