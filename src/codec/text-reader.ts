/** Reads texts out of messages: UTF-8 that is checked, and short texts that come again and again without making them anew. */

/** Bytes of the longest text that is kept. */
const LONGEST_KEPT = 32;
/** Texts that are kept of each sort; a power of two. */
const KEPT = 512;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keeps the short texts that it has read, as many as it has places for. */
export class TextReader {
  readonly #texts: string[] = new Array<string>(KEPT).fill("");
  readonly #keys: string[] = new Array<string>(KEPT).fill("");

  /** The text in those bytes, or undefined if they are no UTF-8. */
  read(bytes: Uint8Array, at: number, length: number): string | undefined {
    return length <= LONGEST_KEPT ? short(this.#texts, bytes, at, length) : long(bytes, at, length);
  }

  /** The same for a key of an object. */
  readKey(bytes: Uint8Array, at: number, length: number): string | undefined {
    return length <= LONGEST_KEPT ? short(this.#keys, bytes, at, length) : long(bytes, at, length);
  }
}

function short(kept: string[], bytes: Uint8Array, at: number, length: number): string | undefined {
  if (length === 0) return "";
  const place = (length * 53 + bytes[at] * 7 + bytes[at + (length >> 1)] * 31 + bytes[at + length - 1] * 97) & (KEPT - 1);
  const known = kept[place];
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[at + i]) i++;
    if (i === length) return known;
  }
  for (let i = 0; i < length; i++) if (bytes[at + i] > 0x7f) return long(bytes, at, length);
  const text = String.fromCharCode.apply(null, bytes.subarray(at, at + length) as unknown as number[]);
  kept[place] = text;
  return text;
}

function long(bytes: Uint8Array, at: number, length: number): string | undefined {
  try {
    return decoder.decode(bytes.subarray(at, at + length));
  } catch {
    return undefined;
  }
}
