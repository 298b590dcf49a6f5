/** Makes forms of canonical values; `forms.ts` has the list of them. */
import { ValueError } from "../errors.ts";
import type { Fault } from "../value/fault.ts";
import { kindOf } from "../value/kind.ts";
import { type Binary, type BinaryKind, BUFFER, BYTES, bytesOf, DATA_VIEW, kindOfView } from "./binary.ts";
import { faultParts } from "./fault.ts";
import { type Carrier, isForm, keyOfKind } from "./forms.ts";
import { BINARY_WEIGHT, MAX_LEVELS, MAX_OBJECTS, TOO_DEEP, TOO_MANY } from "./limits.ts";
import { PartsOut } from "./parts.ts";

/** Beyond it, digits in tens would take longer than their number. */
const LARGEST_DECIMAL = 1n << 64n;

/** One message at a time: {@link FormWriter.begin}, then values. */
export class FormWriter {
  readonly #carrier: Carrier;
  /** The parts of the message. */
  readonly parts: PartsOut = new PartsOut();
  #levels = 0;
  #objects = 0;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Begins a message. */
  begin(): void {
    this.parts.clear();
    this.#objects = 0;
  }

  /**
   * Encodes a value; after an error the message is what it was before.
   *
   * @param encode encodes its form
   * @param level levels that it stands below
   * @throws {ValueError} if no reader would take it
   */
  write<T>(value: unknown, encode: (form: unknown) => T, level: number = 0): T {
    const objects = this.#objects;
    const { length } = this.parts;
    this.#levels = level;
    try {
      return encode(this.#value(value));
    } catch (error) {
      this.#objects = objects;
      this.parts.cut(length);
      throw error instanceof ValueError ? error : new ValueError("$", "it cannot be written", { cause: error });
    }
  }

  #value(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return this.#carrier.hasNumber(value) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
      case "bigint":
        return { $bigint: textOfBigint(value) };
      case "undefined":
        return { $undefined: true };
      case "object":
        return value === null ? null : this.#object(value);
      default:
        throw new ValueError("$", `a ${typeof value} cannot be written`);
    }
  }

  #count(weight: number): void {
    if ((this.#objects += weight) > MAX_OBJECTS) throw new ValueError("$", `${TOO_MANY}; send less at once`);
  }

  #object(value: object): unknown {
    this.#count(1);
    switch (kindOf(value)) {
      case "plain":
        return this.#plain(value as Record<string, unknown>);
      case "array":
        return this.#items(value as unknown[]);
      case "view":
        return this.#binary(value as ArrayBufferView, kindOfView(value as ArrayBufferView));
      case "dataview":
        return this.#binary(value as DataView, DATA_VIEW);
      case "buffer":
        return this.#binary(value as ArrayBuffer, BUFFER);
      case "date": {
        const time = (value as Date).getTime();
        return { $date: Number.isNaN(time) ? null : new Date(time).toISOString() };
      }
      case "map":
        return { $map: this.#pairs(value as Map<unknown, unknown>) };
      case "set":
        return { $set: this.#items(value as Set<unknown>) };
      case "error":
        return { $error: this.#plain(faultParts(value as Fault)) };
      default:
        throw new ValueError("$", "only plain data can be written");
    }
  }

  #enter(): void {
    if (++this.#levels > MAX_LEVELS) throw new ValueError("$", `${TOO_DEEP}; flatten it`);
  }

  #plain(value: Record<string, unknown>): unknown {
    const keys = Object.keys(value);
    const { badKey } = this.#carrier;
    if (isForm(keys) || (badKey !== undefined && keys.some((key) => badKey.test(key)))) {
      return { $object: this.#pairs(Object.entries(value)) };
    }
    this.#enter();
    const form: Record<string, unknown> = {};
    for (const key of keys) form[key] = this.#value(value[key]);
    this.#levels--;
    return form;
  }

  #items(items: Iterable<unknown>): unknown[] {
    this.#enter();
    const forms: unknown[] = [];
    for (const item of items) forms.push(this.#value(item));
    this.#levels--;
    return forms;
  }

  #pairs(entries: Iterable<readonly [unknown, unknown]>): unknown[] {
    this.#enter();
    const forms: unknown[] = [];
    for (const [key, value] of entries) forms.push(this.#value(key), this.#value(value));
    this.#levels--;
    return forms;
  }

  #binary(binary: Binary, kind: BinaryKind): unknown {
    this.#count(BINARY_WEIGHT - 1);
    const key = keyOfKind(kind);
    if (binary.byteLength >= this.#carrier.partBytes) return { $part: [key, this.parts.add(binary)] };
    const bytes = this.#carrier.fromBytes(bytesOf(binary));
    return kind === BYTES && this.#carrier.hasBytes ? bytes : { [key]: bytes };
  }
}

function textOfBigint(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  if (magnitude < LARGEST_DECIMAL) return value.toString();
  return `${value < 0n ? "-" : ""}0x${magnitude.toString(16)}`;
}
