/** Writes canonical values as CBOR; `cbor.ts` has the table of the forms. */
import { ValueError } from "../errors.ts";
import { type Fault, faultTexts } from "../value/fault.ts";
import { kindOf } from "../value/kind.ts";
import { type Binary, type BinaryKind, BUFFER, BYTES, bytesOf, DATA_VIEW, kindOfView } from "./binary.ts";
import { MAX_LEVELS, MAX_OBJECTS, PART_BYTES, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { TAG, TIMES } from "./cbor-tags.ts";

/** Bytes of the memory from which messages are cut; one that needs more gets memory of its own. */
const POOL_BYTES = 32 * 1024;
/** A pool with less room than this is left to the messages that were cut from it. */
const LEAST_ROOM = 1024;
/** Room for what is written at once without asking for more: the heads of a value, a number, a Date. */
const HEAD_ROOM = 32;
/** Bytes of the longest head of an array. */
const LIST_HEAD = 5;
/** Characters from which on the runtime writes a text faster than a loop does. */
const LONG_TEXT = 48;

const encoder = new TextEncoder();
const { getPrototypeOf, keys: keysOf } = Object;
const ObjectPrototype = Object.prototype;

/** One message at a time: {@link CborWriter.begin}, then values, then {@link CborWriter.end}. */
export class CborWriter {
  #bytes: Uint8Array = new Uint8Array(POOL_BYTES);
  #view: DataView = new DataView(this.#bytes.buffer);
  /** Where the next value may begin at the latest. */
  #limit: number = POOL_BYTES - HEAD_ROOM;
  #start = 0;
  #at = 0;
  #levels = 0;
  #objects = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  /** Whether {@link CborWriter.write} runs; what it reads may come back to it, if a value is not as canonical as it should be. */
  busy = false;

  /** Begins a message. */
  begin(): void {
    this.#at = this.#start;
    this.#objects = 0;
    this.#parts = [];
    this.#partBytes = 0;
  }

  /** Begins a message that is an array, of which nobody knows the length yet. */
  beginList(): void {
    this.begin();
    this.#objects = 1;
    if (this.#at > this.#limit) this.#grow(0);
    this.#at += LIST_HEAD;
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.#at - this.#start + this.#partBytes;
  }

  /**
   * Writes a value; after an error the message is what it was before.
   *
   * @param level levels that it stands below
   * @throws {ValueError} if no reader would take it
   */
  write(value: unknown, level: number = 0): void {
    const length = this.#at - this.#start;
    const objects = this.#objects;
    const parts = this.#parts.length;
    const partBytes = this.#partBytes;
    this.#levels = level;
    this.busy = true;
    try {
      this.#value(value);
    } catch (error) {
      this.#at = this.#start + length;
      this.#objects = objects;
      this.#parts.length = parts;
      this.#partBytes = partBytes;
      throw error instanceof ValueError ? error : new ValueError("$", "it cannot be written", { cause: error });
    } finally {
      this.busy = false;
    }
  }

  /** Ends the message, and returns its parts. */
  end(): Uint8Array[] {
    return this.#take(this.#start);
  }

  /** Ends the message as an array of `length` values. */
  endList(length: number): Uint8Array[] {
    const end = this.#at;
    const start = this.#start + LIST_HEAD - headBytes(length);
    this.#at = start;
    this.#head(0x80, length);
    this.#at = end;
    return this.#take(start);
  }

  #take(start: number): Uint8Array[] {
    const parts = [this.#bytes.subarray(start, this.#at), ...this.#parts];
    this.#parts = [];
    if (this.#bytes.length - this.#at >= LEAST_ROOM && this.#bytes.length === POOL_BYTES) this.#start = this.#at;
    else this.#renew(POOL_BYTES, 0);
    return parts;
  }

  /** Makes room for `bytes` more and a head. */
  #grow(bytes: number): void {
    const length = this.#at - this.#start;
    const needed = length + bytes + HEAD_ROOM;
    this.#renew(needed <= POOL_BYTES ? POOL_BYTES : Math.max(needed, 2 * length), length);
  }

  /** Goes on in new memory with the last `kept` bytes. */
  #renew(size: number, kept: number): void {
    const bytes = new Uint8Array(size);
    if (kept > 0) bytes.set(this.#bytes.subarray(this.#start, this.#start + kept));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#limit = size - HEAD_ROOM;
    this.#start = 0;
    this.#at = kept;
  }

  #value(value: unknown): void {
    if (this.#at > this.#limit) this.#grow(0);
    switch (typeof value) {
      case "number":
        this.#number(value);
        return;
      case "string":
        this.#text(value);
        return;
      case "object":
        if (value === null) this.#bytes[this.#at++] = 0xf6;
        else this.#object(value);
        return;
      case "boolean":
        this.#bytes[this.#at++] = value ? 0xf5 : 0xf4;
        return;
      case "undefined":
        this.#bytes[this.#at++] = 0xf7;
        return;
      case "bigint":
        this.#bigint(value);
        return;
      default:
        throw new ValueError("$", `a ${typeof value} cannot be written`);
    }
  }

  #number(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0) this.#head(0, value);
      else this.#head(0x20, ~value);
    } else if (Number.isSafeInteger(value) && value !== 0) {
      if (value >= 0) this.#head(0, value);
      else this.#head(0x20, -1 - value);
    } else {
      this.#float(value);
    }
  }

  /** In 32 bits where they are enough; what is no usual number, in 16. */
  #float(value: number): void {
    const at = this.#at;
    if (Math.fround(value) === value) {
      if (value === 0 || value === Infinity || value === -Infinity) {
        this.#half(value === 0 ? 0x8000 : value > 0 ? 0x7c00 : 0xfc00);
        return;
      }
      this.#bytes[at] = 0xfa;
      this.#view.setFloat32(at + 1, value);
      this.#at = at + 5;
    } else if (Number.isNaN(value)) {
      this.#half(0x7e00);
    } else {
      this.#bytes[at] = 0xfb;
      this.#view.setFloat64(at + 1, value);
      this.#at = at + 9;
    }
  }

  #half(bits: number): void {
    const at = this.#at;
    this.#bytes[at] = 0xf9;
    this.#view.setUint16(at + 1, bits);
    this.#at = at + 3;
  }

  /** The first byte of an item, and its number in as few bytes as it fits in. */
  #head(major: number, n: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    if (n < 24) {
      bytes[at] = major | n;
      this.#at = at + 1;
    } else if (n < 0x100) {
      bytes[at] = major | 24;
      bytes[at + 1] = n;
      this.#at = at + 2;
    } else if (n < 0x1_0000) {
      bytes[at] = major | 25;
      bytes[at + 1] = n >> 8;
      bytes[at + 2] = n;
      this.#at = at + 3;
    } else if (n < 0x1_0000_0000) {
      bytes[at] = major | 26;
      this.#view.setUint32(at + 1, n);
      this.#at = at + 5;
    } else {
      bytes[at] = major | 27;
      this.#view.setUint32(at + 1, Math.floor(n / 0x1_0000_0000));
      this.#view.setUint32(at + 5, n >>> 0);
      this.#at = at + 9;
    }
  }

  #text(text: string): void {
    const { length } = text;
    if (this.#at + 3 * length > this.#limit) this.#grow(3 * length);
    const start = this.#at;
    if (length >= LONG_TEXT) {
      this.#longText(text);
      return;
    }
    // As if each character were one byte.
    this.#head(0x60, length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c > 0x7f) {
        this.#at = start;
        this.#longText(text);
        return;
      }
      bytes[at++] = c;
    }
    this.#at = at;
  }

  /** Writes a text for which there is room, whatever its characters are. */
  #longText(text: string): void {
    const start = this.#at;
    const guess = headBytes(text.length);
    const body = start + guess;
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(body));
    const head = headBytes(written);
    if (head !== guess) this.#bytes.copyWithin(start + head, body, body + written);
    this.#head(0x60, written);
    this.#at = start + head + written;
  }

  #object(value: object): void {
    if (++this.#objects > MAX_OBJECTS) throw new ValueError("$", `${TOO_MANY}; send less at once`);
    if (Array.isArray(value)) this.#array(value);
    else if (getPrototypeOf(value) === ObjectPrototype) this.#plain(value as Record<string, unknown>);
    else this.#special(value);
  }

  #enter(): void {
    if (++this.#levels > MAX_LEVELS) throw new ValueError("$", `${TOO_DEEP}; flatten it`);
  }

  #array(items: unknown[]): void {
    this.#enter();
    const { length } = items;
    this.#head(0x80, length);
    for (let i = 0; i < length; i++) this.#value(items[i]);
    this.#levels--;
  }

  #plain(value: Record<string, unknown>): void {
    this.#enter();
    const keys = keysOf(value);
    this.#head(0xa0, keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      this.#text(key);
      this.#value(value[key]);
    }
    this.#levels--;
  }

  #special(value: object): void {
    switch (kindOf(value)) {
      case "plain":
        return this.#plain(value as Record<string, unknown>);
      case "view":
        return this.#binary(value as ArrayBufferView, kindOfView(value as ArrayBufferView));
      case "dataview":
        return this.#binary(value as DataView, DATA_VIEW);
      case "buffer":
        return this.#binary(value as ArrayBuffer, BUFFER);
      case "date":
        return this.#date((value as Date).getTime());
      case "map":
        return this.#map(value as Map<unknown, unknown>);
      case "set":
        return this.#set(value as Set<unknown>);
      case "error":
        return this.#error(value as Fault);
      default:
        throw new ValueError("$", "only plain data can be written");
    }
  }

  #map(map: Map<unknown, unknown>): void {
    this.#enter();
    this.#head(0xc0, TAG.map);
    this.#head(0xa0, map.size);
    for (const [key, item] of map) {
      this.#value(key);
      this.#value(item);
    }
    this.#levels--;
  }

  #set(set: Set<unknown>): void {
    this.#enter();
    this.#head(0xc0, TAG.set);
    this.#head(0x80, set.size);
    for (const item of set) this.#value(item);
    this.#levels--;
  }

  #date(time: number): void {
    if (time >= TIMES.first && time <= TIMES.last) {
      this.#head(0xc0, TAG.time);
      this.#number(time / 1000);
      return;
    }
    this.#head(0xc0, TAG.extendedTime);
    this.#head(0xa0, Number.isNaN(time) ? 1 : 2);
    this.#head(0, 1);
    if (Number.isNaN(time)) return this.#float(time);
    const seconds = Math.floor(time / 1000);
    this.#number(seconds);
    this.#head(0x20, 2);
    this.#number(time - seconds * 1000);
  }

  #error(error: Fault): void {
    this.#enter();
    const { name, message, stack } = faultTexts(error);
    const { code, data } = error;
    const hasCause = "cause" in error;
    this.#head(0xc0, TAG.error);
    this.#head(0xa0, 3 + (code === undefined ? 0 : 1) + (data === undefined ? 0 : 1) + (hasCause ? 1 : 0));
    this.#entry("name", name);
    this.#entry("message", message);
    this.#entry("stack", stack);
    if (code !== undefined) this.#entry("code", code);
    if (data !== undefined) this.#entry("data", data);
    if (hasCause) this.#entry("cause", error.cause);
    this.#levels--;
  }

  #entry(key: string, value: unknown): void {
    this.#text(key);
    this.#value(value);
  }

  #bigint(value: bigint): void {
    const isNegative = value < 0n;
    let hex = (isNegative ? -1n - value : value).toString(16);
    if (hex === "0") hex = "";
    else if (hex.length % 2 === 1) hex = `0${hex}`;
    const length = hex.length / 2;
    if (this.#at + length > this.#limit) this.#grow(length);
    this.#head(0xc0, isNegative ? TAG.negativeBigint : TAG.bigint);
    this.#head(0x40, length);
    for (let i = 0; i < hex.length; i += 2) this.#bytes[this.#at++] = nibble(hex, i) << 4 | nibble(hex, i + 1);
  }

  #binary(binary: Binary, kind: BinaryKind): void {
    const length = binary.byteLength;
    if (length >= PART_BYTES) {
      this.#parts.push(bytesOf(binary));
      this.#partBytes += length;
      this.#head(0xc0, TAG.part);
      this.#head(0x80, 2);
      this.#head(0, kind.tag);
      this.#head(0, this.#parts.length);
      return;
    }
    if (this.#at + length > this.#limit) this.#grow(length);
    if (kind !== BYTES) this.#head(0xc0, kind.tag);
    this.#head(0x40, length);
    this.#bytes.set(bytesOf(binary), this.#at);
    this.#at += length;
  }
}

function nibble(hex: string, at: number): number {
  const c = hex.charCodeAt(at);
  return c <= 0x39 ? c - 0x30 : c - 0x57;
}

/** Bytes of a head with that number. */
function headBytes(n: number): number {
  return n < 24 ? 1 : n < 0x100 ? 2 : n < 0x1_0000 ? 3 : n < 0x1_0000_0000 ? 5 : 9;
}
