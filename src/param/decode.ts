/** Values from what `encode.ts` has written: there is the list of the forms. */
import { Buffer } from "node:buffer";
import { ValueError } from "../errors.ts";
import { type Fault, makeFault, setCause } from "../value/fault.ts";
import type { TypedArray } from "../value/kind.ts";
import { pathOf, type Step } from "../value/path.ts";

/**
 * The value that `encode` has written; objects and arrays are new.
 *
 * @param coded what was read
 * @param subject name of the param, for messages
 * @throws {ValueError} if it has a form that no value has; its `path` leads there
 */
export function decode(coded: unknown, subject?: string): unknown {
  try {
    return new Decoder(subject).decode(coded);
  } catch (error) {
    throw error instanceof RangeError ? new ValueError("$", "it is nested too deep", { name: subject, cause: error }) : error;
  }
}

/** Whether an object is a value in one of the forms above, and not an object of its own. */
export function isForm(coded: object): boolean {
  const keys = Object.keys(coded);
  return keys.length === 1 && keys[0].startsWith("$") && !Array.isArray(coded);
}

class Decoder {
  readonly #steps: Step[] = [];
  readonly #subject: string | undefined;

  constructor(subject: string | undefined) {
    this.#subject = subject;
  }

  decode(coded: unknown): unknown {
    if (typeof coded !== "object" || coded === null) return coded;
    if (Array.isArray(coded)) return this.#items(coded);
    if (!isForm(coded)) return this.#plain(coded as Record<string, unknown>);
    const [[key, of]] = Object.entries(coded) as [[string, unknown]];
    this.#steps.push(key);
    const value = this.#read(key, of);
    this.#steps.pop();
    return value;
  }

  #items(coded: readonly unknown[]): unknown[] {
    const items: unknown[] = [];
    for (let i = 0; i < coded.length; i++) {
      this.#steps.push(i);
      items.push(this.decode(coded[i]));
      this.#steps.pop();
    }
    return items;
  }

  #plain(coded: Record<string, unknown>): unknown {
    const value: Record<string, unknown> = {};
    for (const key of Object.keys(coded)) {
      if (key === "__proto__") throw this.#refusal("a key __proto__ cannot be read; name it otherwise");
      this.#steps.push(key);
      value[key] = this.decode(coded[key]);
      this.#steps.pop();
    }
    return value;
  }

  #read(key: string, of: unknown): unknown {
    switch (key) {
      case "$number":
        return typeof of === "string" && ["NaN", "Infinity", "-Infinity", "-0"].includes(of)
          ? Number(of)
          : this.#expects('"NaN", "Infinity", "-Infinity" or "-0"');
      case "$bigint":
        return typeof of === "string" && /^-?\d+$/.test(of) ? BigInt(of) : this.#expects("a string of digits");
      case "$undefined":
        return of === true ? undefined : this.#expects("true");
      case "$date":
        return this.#date(of);
      case "$bytes":
        return this.#bytes(of);
      case "$buffer":
        return this.#bytes(of).buffer;
      case "$view":
        return new DataView(this.#bytes(of).buffer as ArrayBuffer);
      case "$map":
        return this.#map(this.#list(of));
      case "$set":
        return new Set(this.#items(this.#list(of)));
      case "$error":
        return this.#error(of);
      case "$object":
        return this.#object(of);
      case "$json":
        return this.#json(of);
      default:
        return this.#view(key, of);
    }
  }

  #map(pairs: readonly unknown[]): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < pairs.length; i++) {
      this.#steps.push(i);
      const pair = pairs[i];
      if (!Array.isArray(pair) || pair.length !== 2) return this.#expects("a pair of key and value");
      const [key, value] = this.#items(pair);
      map.set(key, value);
      this.#steps.pop();
    }
    return map;
  }

  #object(of: unknown): unknown {
    if (!Array.isArray(of)) {
      return typeof of === "object" && of !== null
        ? this.#plain(of as Record<string, unknown>)
        : this.#expects("an object, or pairs of key and value");
    }
    const pairs = [...this.#map(of)];
    for (const [key] of pairs) {
      if (typeof key !== "string" || key === "__proto__") return this.#expects("keys that are strings, and none that is __proto__");
    }
    return Object.fromEntries(pairs);
  }

  #date(of: unknown): Date {
    const date = new Date(typeof of === "string" ? of : Number.NaN);
    return of === null || !Number.isNaN(date.getTime()) ? date : this.#expects("a date such as 2026-01-31T12:00:00.000Z, or null");
  }

  #json(of: unknown): unknown {
    let coded: unknown;
    try {
      coded = typeof of === "string" ? JSON.parse(of) : this.#expects("");
    } catch {
      return this.#expects("the text of a value in JSON");
    }
    return this.decode(coded);
  }

  #bytes(of: unknown): Uint8Array {
    if (typeof of !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(of) || of.length % 4 !== 0) return this.#expects("base64");
    return Uint8Array.from(Buffer.from(of, "base64")); // not a part of Node's pool
  }

  #list(of: unknown): unknown[] {
    return Array.isArray(of) ? of : this.#expects("a list");
  }

  #error(of: unknown): Fault {
    const parts = (typeof of === "object" && of !== null ? this.#plain(of as Record<string, unknown>) : {}) as Record<string, unknown>;
    const { name, message, stack, code, data } = parts;
    if (typeof name !== "string" || typeof message !== "string" || typeof stack !== "string") {
      return this.#expects("name, message and stack");
    }
    const error = makeFault({ name, message, stack });
    if (Object.hasOwn(parts, "cause")) setCause(error, parts.cause);
    if (code !== undefined) error.code = code;
    if (data !== undefined) error.data = data;
    return error;
  }

  #view(key: string, of: unknown): TypedArray {
    const view = views.get(key.slice(1));
    if (view === undefined) {
      throw this.#refusal(`no value is written as ${key}; write an object of that one key as { "$object": { ${JSON.stringify(key)}: … } }`);
    }
    const isBig = view === BigInt64Array || view === BigUint64Array;
    const items = this.#items(this.#list(of)).map((item, i) => {
      if (isBig && typeof item === "string" && /^-?\d+$/.test(item)) return BigInt(item);
      if (!isBig && typeof item === "number") return item;
      this.#steps.push(i);
      return this.#expects(isBig ? "a string of digits" : "a number");
    });
    return new (view as unknown as new (items: unknown[]) => TypedArray)(items);
  }

  #expects(what: string): never {
    throw this.#refusal(`this holds ${what}`);
  }

  #refusal(problem: string): ValueError {
    return new ValueError(pathOf(this.#steps), problem, { name: this.#subject });
  }
}

const views = new Map<string, unknown>(
  [
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((view) => [view.name, view]),
);
