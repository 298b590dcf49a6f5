/** Makes canonical values of forms, and trusts nothing in them; `forms.ts` has the list of them. */
import { CodecError } from "../errors.ts";
import { isWellFormed } from "../value/text.ts";
import type { BinaryKind } from "./binary.ts";
import { faultOf } from "./fault.ts";
import { type Carrier, isForm, kindOfKey } from "./forms.ts";
import { BINARY_WEIGHT, MAX_LEVELS, MAX_OBJECTS, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { KEYS_PER_LOOK, Pace } from "./pace.ts";
import { PartsIn } from "./parts.ts";
import { dateOfText } from "./time.ts";

const DECIMAL = /^-?\d{1,20}$/;
const HEX = /^-?0x[0-9a-f]+$/;
const NUMBERS: ReadonlyMap<unknown, number> = new Map([["-0", -0], ["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity]]);

/** One message at a time. */
export class FormReader {
  readonly #carrier: Carrier;
  readonly #pace: Pace = new Pace();
  readonly #parts: PartsIn = new PartsIn();
  #levels = 0;
  #objects = 0;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /**
   * The value of a message.
   *
   * @param parse reads its first part; what it returns becomes the value, where it can
   * @throws {CodecError} if the parts are not one well-formed value within the limits
   */
  read(parts: readonly Uint8Array[], parse: (first: Uint8Array) => unknown): unknown {
    const [first] = parts;
    if (first === undefined) this.#refuse("a message without parts has no value");
    this.#levels = this.#objects = 0;
    this.#pace.begin(first.length);
    this.#parts.open(parts);
    try {
      const value = this.#value(parse(first));
      if (this.#parts.left > 0) this.#refuse(`${this.#parts.left} parts that belong nowhere`);
      return value;
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError(`${this.#carrier.name}: ${error instanceof Error ? error.message : "the value cannot be built"}`, {
        cause: error,
      });
    } finally {
      this.#parts.close();
    }
  }

  #refuse(problem: string): never {
    throw new CodecError(`${this.#carrier.name}: ${problem}`);
  }

  #value(coded: unknown): unknown {
    if (typeof coded === "string") return this.#text(coded);
    if (typeof coded !== "object" || coded === null) return coded;
    if (coded instanceof Uint8Array) return this.#binary("$bytes", coded);
    if (Array.isArray(coded)) return this.#items(coded);
    const keys = Object.keys(coded);
    const record = coded as Record<string, unknown>;
    return isForm(keys) ? this.#form(keys[0], record[keys[0]]) : this.#plain(record, keys);
  }

  #enter(): void {
    this.#count(1);
    if (++this.#levels > MAX_LEVELS) this.#refuse(TOO_DEEP);
  }

  #text(text: string): string {
    return isWellFormed(text) ? text : this.#refuse("a text with a lone surrogate");
  }

  #count(weight: number): void {
    if ((this.#objects += weight) > MAX_OBJECTS) this.#refuse(TOO_MANY);
  }

  #look(n: number): void {
    if (n % KEYS_PER_LOOK === 0 && this.#pace.isLost()) this.#refuse("it takes too long, because its keys were chosen for that");
  }

  /** In place: nobody else has what was parsed. */
  #items(coded: unknown[]): unknown[] {
    this.#enter();
    for (let i = 0; i < coded.length; i++) coded[i] = this.#value(coded[i]);
    this.#levels--;
    return coded;
  }

  #plain(coded: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
    this.#enter();
    for (const key of keys) {
      this.#key(key);
      coded[key] = this.#value(coded[key]);
    }
    this.#levels--;
    return coded;
  }

  #key(key: unknown): string {
    if (typeof key !== "string" || !isWellFormed(key)) return this.#refuse("a key that is no text");
    return key === "__proto__" ? this.#refuse("a key __proto__") : key;
  }

  #form(key: string, of: unknown): unknown {
    switch (key) {
      case "$number":
        return NUMBERS.get(of) ?? this.#expects(key, '"-0", "NaN", "Infinity" or "-Infinity"');
      case "$bigint":
        return this.#bigint(of);
      case "$undefined":
        return of === true ? undefined : this.#expects(key, "true");
      case "$date":
        this.#count(1);
        if (of === null) return new Date(NaN);
        return (typeof of === "string" ? dateOfForm(of) : undefined) ??
          this.#expects(key, "a time such as 2026-01-31T12:00:00.000Z, or null");
      case "$map":
        return this.#map(this.#even(key, of));
      case "$set":
        return this.#set(this.#list(key, of));
      case "$error":
        return faultOf(this.#record(key, of)) ?? this.#expects(key, "name, message and stack");
      case "$object":
        return this.#pairs(this.#even(key, of));
      case "$part":
        return this.#part(this.#list(key, of));
      default:
        return this.#binary(key, of);
    }
  }

  #expects(key: string, what: string): never {
    return this.#refuse(`${key} holds ${what}`);
  }

  #list(key: string, of: unknown): unknown[] {
    return Array.isArray(of) ? of : this.#expects(key, "a list");
  }

  #even(key: string, of: unknown): unknown[] {
    const list = this.#list(key, of);
    return list.length % 2 === 0 ? list : this.#expects(key, "as many values as keys");
  }

  #record(key: string, of: unknown): Record<string, unknown> {
    if (typeof of !== "object" || of === null || Array.isArray(of) || of instanceof Uint8Array) return this.#expects(key, "an object");
    return this.#plain(of as Record<string, unknown>, Object.keys(of));
  }

  #bigint(of: unknown): bigint {
    if (typeof of !== "string") return this.#expects("$bigint", "digits");
    if (DECIMAL.test(of)) return BigInt(of);
    if (!HEX.test(of)) return this.#expects("$bigint", "digits, or many after 0x");
    return of.startsWith("-") ? -BigInt(of.slice(1)) : BigInt(of);
  }

  #set(items: readonly unknown[]): Set<unknown> {
    this.#enter();
    const set = new Set<unknown>();
    for (let i = 0; i < items.length; i++) {
      set.add(this.#value(items[i]));
      this.#look(i);
    }
    this.#levels--;
    return set;
  }

  #map(pairs: readonly unknown[]): Map<unknown, unknown> {
    this.#enter();
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < pairs.length; i += 2) {
      const key = this.#value(pairs[i]);
      map.set(key, this.#value(pairs[i + 1]));
      this.#look(i);
    }
    this.#levels--;
    return map;
  }

  #pairs(pairs: readonly unknown[]): Record<string, unknown> {
    this.#enter();
    const object: Record<string, unknown> = {};
    for (let i = 0; i < pairs.length; i += 2) {
      object[this.#key(pairs[i])] = this.#value(pairs[i + 1]);
      this.#look(i);
    }
    this.#levels--;
    return object;
  }

  #part(of: readonly unknown[]): unknown {
    const [key, index] = of;
    const kind = of.length === 2 && typeof key === "string" ? kindOfKey(key) : undefined;
    if (kind === undefined || typeof index !== "number") return this.#expects("$part", "a key such as $bytes, and an index");
    this.#count(BINARY_WEIGHT);
    return this.#parts.take(kind, index) ?? this.#refuse(`part ${index} is not there, or belongs elsewhere, or is no ${kind.name}`);
  }

  #binary(key: string, of: unknown): unknown {
    const kind: BinaryKind | undefined = kindOfKey(key);
    if (kind === undefined) this.#refuse(`no value is written as ${key.slice(0, 80)}; write an object of that one key as $object`);
    this.#count(BINARY_WEIGHT);
    const buffer = this.#carrier.toBuffer(of);
    if (buffer === undefined || buffer.byteLength % kind.size !== 0) this.#expects(key, `the bytes of a ${kind.name}`);
    return kind.over(buffer);
  }
}

/** As `toISOString` writes it, or as others write a time. */
function dateOfForm(text: string): Date | undefined {
  if (!/^[+-]\d{6}-/.test(text) || text.length !== 27) return dateOfText(text);
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
