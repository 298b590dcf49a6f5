/**
 * CBOR (RFC 8949), the default: fast, small, and read by other languages.
 *
 * | value | written as |
 * | --- | --- |
 * | a whole number up to 2^53 - 1 either way, but not -0 | integer |
 * | any other number | float of 32 bits if exact, else of 64; NaN, -0 and the infinities of 16 |
 * | bigint | tag 2 or 3, bytes; however small it is |
 * | undefined | simple value 23 |
 * | string | text |
 * | object | map with text keys, in the order of the object |
 * | array | array |
 * | Map | tag 259, map |
 * | Set | tag 258, array |
 * | Date of the years 1 to 9999 | tag 1, seconds since 1970: a number |
 * | any other Date | tag 1001, map: 1 to whole seconds since 1970, -3 to ms from 0 to 999; of an invalid one, 1 to NaN |
 * | Uint8Array | bytes |
 * | other typed arrays | bytes, little-endian, with a tag of RFC 8746: Uint8Clamped 68, Uint16 69, Uint32 70, BigUint64 71, Int8 72, Int16 77, Int32 78, BigInt64 79, Float32 85, Float64 86 |
 * | ArrayBuffer | tag 0x50797201 ("Pyr" and 1), bytes |
 * | DataView | tag 0x50797202, bytes |
 * | error | tag 0x50797203, map: `name`, `message`, `stack`, and `code`, `data`, `cause` where it has them |
 * | any of the binary ones, from 16 KiB | tag 0x50797204, array: its tag (64 for a Uint8Array, and the tags above), index of the part |
 *
 * Parts are numbered from 1, in the order in which they stand in the value; each belongs to one place.
 *
 * Read, too: integers beyond 2^53 (as bigint), floats of any size, heads that are longer than they need to be, tag 64, and
 * times as text (tag 0). Of two equal keys the last one wins. Refused: indefinite lengths, other tags and simple values,
 * keys of an object that are no text, and `__proto__`.
 *
 * @module
 */
import type { Batch, Codec } from "./codec.ts";
import { CborReader } from "./cbor-reader.ts";
import { CborWriter } from "./cbor-writer.ts";

class CborBatch implements Batch {
  readonly #writer: CborWriter = new CborWriter();
  #length = 0;

  constructor() {
    this.#writer.beginList();
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#writer.length;
  }

  add(value: unknown): void {
    this.#writer.write(value, 1);
    this.#length++;
  }

  finish(): Uint8Array[] {
    const parts = this.#writer.endList(this.#length);
    this.#length = 0;
    this.#writer.beginList();
    return parts;
  }
}

const writer = new CborWriter();
const reader = new CborReader();

/** The codec `cbor`. */
export const cbor: Codec = {
  name: "cbor",
  encode(value) {
    const own = writer.busy ? new CborWriter() : writer;
    own.begin();
    own.write(value);
    return own.end();
  },
  decode: (parts) => reader.read(parts),
  batch: () => new CborBatch(),
};
