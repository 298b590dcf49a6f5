/** Reads CBOR into canonical values, and trusts nothing in it; `cbor.ts` has the table of the forms. */
import { Buffer } from "node:buffer";
import { CodecError } from "../errors.ts";
import { type Fault, makeFault, setCause } from "../value/fault.ts";
import { type BinaryKind, BYTES, copyOf, kindTagged, ownBuffer } from "./binary.ts";
import { TAG } from "./cbor-tags.ts";
import { MAX_LEVELS, MAX_OBJECTS, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { TextReader } from "./text-reader.ts";

const NO_BYTES = new Uint8Array(0);

/** One message at a time. */
export class CborReader {
  readonly #texts: TextReader = new TextReader();
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView | undefined;
  #at = 0;
  #end = 0;
  #levels = 0;
  #objects = 0;
  /** Items that may still be announced: each takes a byte at least, so no message has more of them than bytes. */
  #items = 0;
  #parts: readonly Uint8Array[] = [];
  /** Index of the part that comes next. */
  #part = 1;

  /** @throws {CodecError} if the parts are not one well-formed value within the limits */
  read(parts: readonly Uint8Array[]): unknown {
    const [first] = parts;
    if (first === undefined) throw new CodecError("cbor: a message without parts has no value");
    // A Buffer slices otherwise than other arrays do.
    this.#bytes = first.constructor === Uint8Array ? first : new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
    this.#at = 0;
    this.#end = this.#items = first.length;
    this.#levels = this.#objects = 0;
    this.#parts = parts;
    this.#part = 1;
    try {
      const value = this.#value();
      if (this.#at < this.#end) this.#refuse("something stands after the value");
      if (this.#part < parts.length) this.#refuse(`of ${parts.length} parts only ${this.#part} are used`);
      return value;
    } catch (error) {
      if (error instanceof CodecError) throw error;
      // The stack may be shorter than a message is deep, and memory than it is long.
      throw new CodecError(`cbor: byte ${this.#at}: the value cannot be built`, { cause: error });
    } finally {
      this.#bytes = NO_BYTES;
      this.#view = undefined;
      this.#parts = [];
    }
  }

  #refuse(problem: string): never {
    throw new CodecError(`cbor: byte ${this.#at}: ${problem}`);
  }

  #value(): unknown {
    if (this.#at >= this.#end) this.#refuse("the value is cut off");
    const head = this.#bytes[this.#at++];
    const low = head & 31;
    switch (head >> 5) {
      case 0:
        return low < 24 ? low : this.#integer(low, false);
      case 1:
        return low < 24 ? -1 - low : this.#integer(low, true);
      case 2:
        return this.#inline(BYTES, this.#number(low));
      case 3:
        return this.#text(this.#number(low));
      case 4:
        return this.#array(this.#number(low));
      case 5:
        return this.#plain(this.#number(low));
      case 6:
        return this.#tagged(this.#number(low));
      default:
        return this.#simple(low);
    }
  }

  #simple(low: number): unknown {
    switch (low) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 25:
        return halfFloat(this.#uint(2));
      case 26:
        this.#need(4);
        return this.#dataView().getFloat32((this.#at += 4) - 4);
      case 27:
        this.#need(8);
        return this.#dataView().getFloat64((this.#at += 8) - 8);
      default:
        return this.#refuse("a simple value that no value is written as");
    }
  }

  #dataView(): DataView {
    return (this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength));
  }

  #need(bytes: number): void {
    if (bytes > this.#end - this.#at) this.#refuse("the value is cut off");
  }

  /** An unsigned number in that many bytes, up to 4. */
  #uint(size: number): number {
    this.#need(size);
    const bytes = this.#bytes;
    let n = 0;
    for (const end = this.#at + size; this.#at < end; this.#at++) n = n * 256 + bytes[this.#at];
    return n;
  }

  /** The number that goes with a head: a length, a tag. */
  #number(low: number): number {
    if (low < 24) return low;
    switch (low) {
      case 24:
        return this.#uint(1);
      case 25:
        return this.#uint(2);
      case 26:
        return this.#uint(4);
      case 27: {
        const n = this.#uint(4) * 0x1_0000_0000 + this.#uint(4);
        return Number.isSafeInteger(n) ? n : this.#refuse("a length or a tag that nothing has");
      }
      case 31:
        return this.#refuse("an indefinite length; write the length");
      default:
        return this.#refuse("a head that CBOR does not have");
    }
  }

  /** A whole number; beyond what a number holds exactly, a bigint. */
  #integer(low: number, isNegative: boolean): number | bigint {
    if (low !== 27) {
      const n = this.#number(low);
      return isNegative ? -1 - n : n;
    }
    const high = this.#uint(4);
    const n = high * 0x1_0000_0000 + this.#uint(4);
    const value = isNegative ? -1 - n : n;
    if (Number.isSafeInteger(value)) return value;
    const exact = this.#dataView().getBigUint64(this.#at - 8);
    return isNegative ? -1n - exact : exact;
  }

  #text(length: number): string {
    this.#need(length);
    const text = this.#texts.read(this.#bytes, this.#at, length);
    if (text === undefined) this.#refuse("a text that is no UTF-8");
    this.#at += length;
    return text;
  }

  #count(): void {
    if (++this.#objects > MAX_OBJECTS) this.#refuse(TOO_MANY);
  }

  /** Goes into an object that announces that many items. */
  #enter(items: number): void {
    if (++this.#levels > MAX_LEVELS) this.#refuse(TOO_DEEP);
    this.#count();
    if ((this.#items -= items) < 0) this.#refuse("more items than there are bytes");
  }

  #array(length: number): unknown[] {
    this.#enter(length);
    const items: unknown[] = [];
    for (let i = 0; i < length; i++) items.push(this.#value());
    this.#levels--;
    return items;
  }

  #plain(size: number): Record<string, unknown> {
    this.#enter(2 * size);
    const value: Record<string, unknown> = {};
    for (let i = 0; i < size; i++) {
      const key = this.#key();
      value[key] = this.#value();
    }
    this.#levels--;
    return value;
  }

  #key(): string {
    this.#need(1);
    const head = this.#bytes[this.#at++];
    if (head >> 5 !== 3) this.#refuse("a key that is no text; a map with such keys needs tag 259");
    const length = this.#number(head & 31);
    this.#need(length);
    const key = this.#texts.readKey(this.#bytes, this.#at, length);
    if (key === undefined) this.#refuse("a key that is no UTF-8");
    if (key === "__proto__") this.#refuse("a key __proto__");
    this.#at += length;
    return key;
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case TAG.time:
        return this.#time();
      case TAG.extendedTime:
        return this.#extendedTime();
      case TAG.timeText:
        return this.#timeText();
      case TAG.bigint:
        return this.#bigint();
      case TAG.negativeBigint:
        return -1n - this.#bigint();
      case TAG.set:
        return this.#set();
      case TAG.map:
        return this.#map();
      case TAG.error:
        return this.#error();
      case TAG.part:
        return this.#external();
      default: {
        const kind = kindTagged(tag);
        if (kind === undefined) this.#refuse(`tag ${tag}, which no value is written with`);
        return this.#inline(kind, this.#headOf(2, "bytes"));
      }
    }
  }

  /** The number that goes with the next head, which must be of that major type. */
  #headOf(major: number, what: string): number {
    this.#need(1);
    const head = this.#bytes[this.#at++];
    if (head >> 5 !== major) this.#refuse(`${what} expected`);
    return this.#number(head & 31);
  }

  #inline(kind: BinaryKind, length: number): unknown {
    this.#need(length);
    this.#count();
    const at = this.#at;
    this.#at += length;
    if (kind === BYTES) return this.#bytes.slice(at, at + length);
    if (length % kind.size !== 0) this.#refuse(`${length} bytes for a ${kind.name}`);
    return kind.over(copyOf(this.#bytes.subarray(at, at + length)));
  }

  #external(): unknown {
    const size = this.#headOf(4, "an array");
    const kind = size === 2 ? kindTagged(this.#headOf(0, "a tag")) : undefined;
    if (kind === undefined) this.#refuse("a kind of part that there is not");
    const index = this.#headOf(0, "an index");
    if (index !== this.#part || index >= this.#parts.length) this.#refuse(`part ${index}, where part ${this.#part} comes next`);
    const part = this.#parts[this.#part++];
    if (part.byteLength % kind.size !== 0) this.#refuse(`a part of ${part.byteLength} bytes for a ${kind.name}`);
    this.#count();
    return kind.over(ownBuffer(part));
  }

  #bigint(): bigint {
    const length = this.#headOf(2, "bytes");
    this.#need(length);
    const { buffer, byteOffset } = this.#bytes;
    const digits = Buffer.from(buffer, byteOffset + this.#at, length).toString("hex");
    this.#at += length;
    return BigInt(`0x0${digits}`);
  }

  #set(): Set<unknown> {
    const size = this.#headOf(4, "an array");
    this.#enter(size);
    const set = new Set<unknown>();
    for (let i = 0; i < size; i++) set.add(this.#value());
    this.#levels--;
    return set;
  }

  #map(): Map<unknown, unknown> {
    const size = this.#headOf(5, "a map");
    this.#enter(2 * size);
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < size; i++) {
      const key = this.#value();
      map.set(key, this.#value());
    }
    this.#levels--;
    return map;
  }

  #seconds(): number {
    this.#need(1);
    const seconds = this.#bytes[this.#at] >> 5 === 6 ? undefined : this.#value();
    return typeof seconds === "number" ? seconds : this.#refuse("seconds expected");
  }

  #time(): Date {
    this.#count();
    return this.#date(Math.round(this.#seconds() * 1000));
  }

  #date(time: number): Date {
    const date = new Date(time);
    if (Number.isNaN(date.getTime()) && !Number.isNaN(time)) this.#refuse("a time that no Date holds");
    return date;
  }

  #extendedTime(): Date {
    this.#count();
    const size = this.#headOf(5, "a map");
    if ((size !== 1 && size !== 2) || this.#headOf(0, "key 1") !== 1) this.#refuse("seconds under key 1 expected");
    const seconds = this.#seconds();
    if (size === 1) return this.#date(Math.round(seconds * 1000));
    if (this.#headOf(1, "key -3") !== 2) this.#refuse("milliseconds under key -3 expected");
    return this.#date(seconds * 1000 + this.#headOf(0, "milliseconds"));
  }

  #timeText(): Date {
    this.#count();
    const text = this.#text(this.#headOf(3, "a text"));
    if (!/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) {
      this.#refuse("a time that is not as RFC 3339 has it");
    }
    const date = new Date(text.toUpperCase());
    if (Number.isNaN(date.getTime())) this.#refuse("a time that there is not");
    return date;
  }

  #error(): Fault {
    const { name, message, stack, code, data, ...rest } = this.#plain(this.#headOf(5, "a map"));
    if (typeof name !== "string" || typeof message !== "string" || typeof stack !== "string") {
      this.#refuse("an error without a name, a message or a stack");
    }
    const error = makeFault({ name, message, stack });
    for (const key of Object.keys(rest)) {
      if (key !== "cause") this.#refuse("an error with parts that no error has");
      setCause(error, rest.cause);
    }
    if (code !== undefined) error.code = code;
    if (data !== undefined) error.data = data;
    return error;
  }
}

/** The value of a float of 16 bits. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
