/** Reads CBOR into canonical values, and trusts nothing in it; `cbor.ts` has the table of the forms. */
import { CodecError } from "../errors.ts";
import type { Fault } from "../value/fault.ts";
import { readBigint } from "./bigint.ts";
import { type BinaryKind, BYTES, copyOf, kindTagged } from "./binary.ts";
import { CborInput } from "./cbor-input.ts";
import { TAG } from "./cbor-tags.ts";
import { faultOf } from "./fault.ts";
import { float16Of } from "./float.ts";
import { BINARY_WEIGHT, MAX_LEVELS, MAX_OBJECTS, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { KEYS_PER_LOOK, Pace } from "./pace.ts";
import { PartsIn } from "./parts.ts";
import { dateAtSeconds, dateOfParts, dateOfText } from "./time.ts";

/** The first bits of integers and floats. */
const SECONDS: ReadonlySet<number> = new Set([0, 1, 7]);

/** One message at a time. */
export class CborReader extends CborInput {
  readonly #pace: Pace = new Pace();
  #levels = 0;
  #objects = 0;
  /** Items that may still be announced: each takes a byte at least, so no message has more of them than bytes. */
  #items = 0;
  readonly #parts: PartsIn = new PartsIn();

  /** @throws {CodecError} if the parts are not one well-formed value within the limits */
  read(parts: readonly Uint8Array[]): unknown {
    const [first] = parts;
    if (first === undefined) throw new CodecError("cbor: a message without parts has no value");
    this.open(first);
    this.#items = first.length;
    this.#levels = this.#objects = 0;
    this.#pace.begin(first.length);
    this.#parts.open(parts);
    try {
      const value = this.#value();
      if (this.at < this.end) this.refuse("something stands after the value");
      if (this.#parts.left > 0) this.refuse(`${this.#parts.left} parts that belong nowhere`);
      return value;
    } catch (error) {
      if (error instanceof CodecError) throw error;
      // The stack may be shorter than a message is deep, and memory than it is long.
      throw new CodecError(`cbor: byte ${this.at}: the value cannot be built`, { cause: error });
    } finally {
      this.close();
      this.#parts.close();
    }
  }

  #value(): unknown {
    if (this.at >= this.end) this.refuse("the value is cut off");
    const head = this.bytes[this.at++];
    const low = head & 31;
    switch (head >> 5) {
      case 0:
        return low < 24 ? low : this.integer(low, false);
      case 1:
        return low < 24 ? -1 - low : this.integer(low, true);
      case 2:
        return this.#inline(BYTES, this.number(low));
      case 3:
        return this.text(this.number(low));
      case 4:
        return this.#array(this.number(low));
      case 5:
        return this.#plain(this.number(low));
      case 6:
        return this.#tagged(this.number(low));
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
        return float16Of(this.uint(2));
      case 26:
        return this.float32();
      case 27:
        return this.float64();
      default:
        return this.refuse("a simple value that no value is written as");
    }
  }

  #count(weight: number): void {
    if ((this.#objects += weight) > MAX_OBJECTS) this.refuse(TOO_MANY);
  }

  #look(): void {
    if (this.#pace.isLost()) this.refuse("it takes too long, because its keys were chosen for that");
  }

  /** Goes into an object that announces that many items. */
  #enter(items: number): void {
    if (++this.#levels > MAX_LEVELS) this.refuse(TOO_DEEP);
    this.#count(1);
    if ((this.#items -= items) < 0) this.refuse("more items than there are bytes");
  }

  #array(length: number): unknown[] {
    this.#enter(length);
    const items = length < 9 ? this.#few(length) : this.#many(length);
    this.#levels--;
    return items;
  }

  #few(n: number): unknown[] {
    switch (n) {
      case 0:
        return [];
      case 1:
        return [this.#value()];
      case 2:
        return [this.#value(), this.#value()];
      case 3:
        return [this.#value(), this.#value(), this.#value()];
      case 4:
        return [this.#value(), this.#value(), this.#value(), this.#value()];
      case 5:
        return [this.#value(), this.#value(), this.#value(), this.#value(), this.#value()];
      case 6:
        return [this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value()];
      case 7:
        return [this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value()];
      default:
        return [this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value(), this.#value()];
    }
  }

  #many(length: number): unknown[] {
    const items: unknown[] = [];
    const bytes = this.bytes;
    let view: DataView | undefined;
    for (let i = 0; i < length; i++) {
      const at = this.at;
      if (bytes[at] === 0xfb && this.end - at > 8) {
        view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        items.push(view.getFloat64(at + 1));
        this.at = at + 9;
      } else {
        items.push(this.#value());
      }
    }
    return items;
  }

  #plain(size: number): Record<string, unknown> {
    this.#enter(2 * size);
    const value: Record<string, unknown> = {};
    for (let i = 1; i <= size; i++) {
      const key = this.key();
      value[key] = this.#value();
      if (i % KEYS_PER_LOOK === 0) this.#look();
    }
    this.#levels--;
    return value;
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case TAG.time:
        return this.#date(dateAtSeconds(this.#seconds()));
      case TAG.extendedTime:
        return this.#date(dateOfParts(this.#map()));
      case TAG.timeText:
        return this.#date(dateOfText(this.text(this.headOf(3, "a text"))));
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
        if (kind === undefined) this.refuse(`tag ${tag}, which no value is written with`);
        return this.#inline(kind, this.headOf(2, "bytes"));
      }
    }
  }

  #inline(kind: BinaryKind, length: number): unknown {
    this.need(length);
    this.#count(BINARY_WEIGHT);
    const at = this.at;
    this.at += length;
    if (kind === BYTES) return this.bytes.slice(at, at + length);
    if (length % kind.size !== 0) this.refuse(`${length} bytes for a ${kind.name}`);
    return kind.over(copyOf(this.bytes.subarray(at, at + length)));
  }

  #external(): unknown {
    const size = this.headOf(4, "an array");
    const kind = size === 2 ? kindTagged(this.headOf(0, "a tag")) : undefined;
    if (kind === undefined) this.refuse("a kind of part that there is not");
    const index = this.headOf(0, "an index");
    this.#count(BINARY_WEIGHT);
    return this.#parts.take(kind, index) ?? this.refuse(`part ${index} is not there, or belongs elsewhere, or is no ${kind.name}`);
  }

  #bigint(): bigint {
    const length = this.headOf(2, "bytes");
    this.need(length);
    const at = this.at;
    this.at += length;
    return readBigint(this.bytes.subarray(at, at + length));
  }

  #set(): Set<unknown> {
    const size = this.headOf(4, "an array");
    this.#enter(size);
    const set = new Set<unknown>();
    for (let i = 1; i <= size; i++) {
      set.add(this.#value());
      if (i % KEYS_PER_LOOK === 0) this.#look();
    }
    this.#levels--;
    return set;
  }

  #map(): Map<unknown, unknown> {
    const size = this.headOf(5, "a map");
    this.#enter(2 * size);
    const map = new Map<unknown, unknown>();
    for (let i = 1; i <= size; i++) {
      const key = this.#value();
      map.set(key, this.#value());
      if (i % KEYS_PER_LOOK === 0) this.#look();
    }
    this.#levels--;
    return map;
  }

  /** The seconds of a time. */
  #seconds(): unknown {
    this.need(1);
    const isNumber = SECONDS.has(this.bytes[this.at] >> 5);
    return isNumber ? this.#value() : undefined;
  }

  #date(date: Date | undefined): Date {
    this.#count(1);
    return date ?? this.refuse("a time that no Date holds");
  }

  #error(): Fault {
    return faultOf(this.#plain(this.headOf(5, "a map"))) ?? this.refuse("an error with other parts than errors have");
  }
}
