/** Writes canonical values as CBOR; `cbor.ts` has the table of the forms. */
import { ValueError } from "../errors.ts";
import type { Fault } from "../value/fault.ts";
import { kindOf } from "../value/kind.ts";
import { digitsOf, writeDigits } from "./bigint.ts";
import { type Binary, type BinaryKind, BUFFER, BYTES, bytesOf, DATA_VIEW, kindOfView } from "./binary.ts";
import { CborOutput, headBytes } from "./cbor-output.ts";
import { TAG } from "./cbor-tags.ts";
import { faultParts } from "./fault.ts";
import { BINARY_WEIGHT, MAX_LEVELS, MAX_OBJECTS, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { isPart, PartsOut } from "./parts.ts";
import { isUsualTime, partsOfTime } from "./time.ts";

/** Bytes of the longest head of an array. */
const LIST_HEAD = 5;

const { getPrototypeOf, keys: keysOf } = Object;
const ObjectPrototype = Object.prototype;

/** One message at a time: {@link CborWriter.begin}, then values, then {@link CborWriter.end}. */
export class CborWriter extends CborOutput {
  #levels = 0;
  #objects = 0;
  readonly #parts: PartsOut = new PartsOut();
  /** Whether {@link CborWriter.write} runs; what it reads may come back to it, if a value is not as canonical as it should be. */
  busy = false;

  /** Begins a message. */
  begin(): void {
    this.at = this.start;
    this.#objects = 0;
    this.#parts.clear();
  }

  /** Begins a message that is an array, of which nobody knows the length yet. */
  beginList(): void {
    this.begin();
    this.#objects = 1;
    if (this.at > this.limit) this.grow(0);
    this.at += LIST_HEAD;
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.at - this.start + this.#parts.bytes;
  }

  /**
   * Writes a value; after an error the message is what it was before.
   *
   * @param level levels that it stands below
   * @throws {ValueError} if no reader would take it
   */
  write(value: unknown, level: number = 0): void {
    const length = this.at - this.start;
    const objects = this.#objects;
    const parts = this.#parts.length;
    this.#levels = level;
    this.busy = true;
    try {
      this.#value(value);
    } catch (error) {
      this.at = this.start + length;
      this.#objects = objects;
      this.#parts.cut(parts);
      throw error instanceof ValueError ? error : new ValueError("$", "it cannot be written", { cause: error });
    } finally {
      this.busy = false;
    }
  }

  /** Ends the message, and returns its parts. */
  end(): Uint8Array[] {
    return this.#parts.behind(this.take(this.start));
  }

  /** Ends the message as an array of `length` values. */
  endList(length: number): Uint8Array[] {
    const end = this.at;
    const start = this.start + LIST_HEAD - headBytes(length);
    this.at = start;
    this.head(0x80, length);
    this.at = end;
    return this.#parts.behind(this.take(start));
  }

  #value(value: unknown): void {
    if (this.at > this.limit) this.grow(0);
    switch (typeof value) {
      case "number":
        this.number(value);
        return;
      case "string":
        this.text(value);
        return;
      case "object":
        if (value === null) this.bytes[this.at++] = 0xf6;
        else this.#object(value);
        return;
      case "boolean":
        this.bytes[this.at++] = value ? 0xf5 : 0xf4;
        return;
      case "undefined":
        this.bytes[this.at++] = 0xf7;
        return;
      case "bigint":
        this.#bigint(value);
        return;
      default:
        throw new ValueError("$", `a ${typeof value} cannot be written`);
    }
  }

  #count(weight: number): void {
    if ((this.#objects += weight) > MAX_OBJECTS) throw new ValueError("$", `${TOO_MANY}; send less at once`);
  }

  #object(value: object): void {
    this.#count(1);
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
    this.head(0x80, length);
    for (let i = 0; i < length; i++) this.#value(items[i]);
    this.#levels--;
  }

  #plain(value: Record<string, unknown>): void {
    this.#enter();
    const keys = keysOf(value);
    this.head(0xa0, keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      this.text(key);
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
        this.head(0xc0, TAG.map);
        return this.#map(value as Map<unknown, unknown>);
      case "set":
        return this.#set(value as Set<unknown>);
      case "error":
        this.head(0xc0, TAG.error);
        return this.#plain(faultParts(value as Fault));
      default:
        throw new ValueError("$", "only plain data can be written");
    }
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#enter();
    this.head(0xa0, map.size);
    for (const [key, item] of map) {
      this.#value(key);
      this.#value(item);
    }
    this.#levels--;
  }

  #set(set: Set<unknown>): void {
    this.#enter();
    this.head(0xc0, TAG.set);
    this.head(0x80, set.size);
    for (const item of set) this.#value(item);
    this.#levels--;
  }

  #date(time: number): void {
    if (isUsualTime(time)) {
      this.head(0xc0, TAG.time);
      this.number(time / 1000);
      return;
    }
    this.head(0xc0, TAG.extendedTime);
    this.#map(partsOfTime(time));
  }

  #bigint(value: bigint): void {
    const digits = digitsOf(value < 0n ? -1n - value : value);
    const length = digits.length / 2;
    if (this.at + length > this.limit) this.grow(length);
    this.head(0xc0, value < 0n ? TAG.negativeBigint : TAG.bigint);
    this.head(0x40, length);
    writeDigits(this.bytes, this.at, digits);
    this.at += length;
  }

  #binary(binary: Binary, kind: BinaryKind): void {
    this.#count(BINARY_WEIGHT - 1);
    if (isPart(binary)) {
      this.head(0xc0, TAG.part);
      this.head(0x80, 2);
      this.head(0, kind.tag);
      this.head(0, this.#parts.add(binary));
      return;
    }
    const length = binary.byteLength;
    if (this.at + length > this.limit) this.grow(length);
    if (kind !== BYTES) this.head(0xc0, kind.tag);
    this.head(0x40, length);
    this.bytes.set(bytesOf(binary), this.at);
    this.at += length;
  }
}
