/**
 * Values as JSON can hold them: what JSON does not know is an object with one key that begins with `$`.
 *
 * | value | written as |
 * | --- | --- |
 * | NaN, Infinity, -Infinity, -0 | `{ "$number": "NaN" }` |
 * | bigint | `{ "$bigint": "12" }` |
 * | undefined (inside of values) | `{ "$undefined": true }` |
 * | Date | `{ "$date": "2026-01-31T12:00:00.000Z" }`, of an invalid one `null` |
 * | Uint8Array | `{ "$bytes": "base64" }` |
 * | other typed arrays | `{ "$Float32Array": [1, 2] }` |
 * | ArrayBuffer, DataView | `{ "$buffer": "base64" }`, `{ "$view": "base64" }` |
 * | Map | `{ "$map": [["key", "value"]] }` |
 * | Set | `{ "$set": [1, 2] }` |
 * | error | `{ "$error": { "name": …, "message": …, "stack": … } }`, and `code`, `data`, `cause` where it has them |
 * | an object whose only key begins with `$`, or with a key that JSON would have to escape | `{ "$object": [["$date", 1]] }` |
 * | anything that YAML would not read back | `{ "$json": "…" }`, the text of one of the above |
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ValueError } from "../errors.ts";
import { type Fault, faultTexts, makeFault, setCause } from "../value/fault.ts";
import { kindOf, type TypedArray, viewConstructor } from "../value/kind.ts";
import { pathOf, type Step } from "../value/path.ts";

/**
 * A canonical value as JSON can hold it.
 *
 * @throws {ValueError} if a part of it is not canonical
 */
export function encode(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "object":
      return value === null ? null : encodeObject(value);
    default:
      throw new ValueError("$", `a ${typeof value} cannot be written`);
  }
}

function encodeObject(value: object): unknown {
  switch (kindOf(value)) {
    case "plain":
      return encodePlain(value as Record<string, unknown>);
    case "array":
      return encodeItems(value as unknown[]);
    case "view": {
      const view = value as TypedArray;
      const { name } = viewConstructor(view);
      return name === "Uint8Array" ? { $bytes: base64(view) } : { [`$${name}`]: Array.from(view as Iterable<number | bigint>, viewItem) };
    }
    case "dataview":
      return { $view: base64(value as DataView) };
    case "buffer":
      return { $buffer: base64(new Uint8Array(value as ArrayBuffer)) };
    case "date": {
      const time = (value as Date).getTime();
      return { $date: Number.isNaN(time) ? null : new Date(time).toISOString() };
    }
    case "map": {
      const $map: unknown[] = [];
      for (const [key, item] of value as Map<unknown, unknown>) $map.push([encode(key), encode(item)]);
      return { $map };
    }
    case "set":
      return { $set: encodeItems(value as Set<unknown>) };
    case "error":
      return { $error: encodeError(value as Fault) };
    default:
      throw new ValueError("$", "only plain data can be written");
  }
}

// Loops, because callbacks would take more of the stack than a value of the greatest depth leaves.
function encodeItems(items: Iterable<unknown>): unknown[] {
  const coded: unknown[] = [];
  for (const item of items) coded.push(encode(item));
  return coded;
}

function encodePlain(value: Record<string, unknown>): unknown {
  const keys = Object.keys(value);
  let isPlain = keys.length !== 1 || !keys[0].startsWith("$");
  for (const key of keys) {
    if (key === "__proto__") throw new ValueError("$", "a key __proto__ cannot be written; name it otherwise");
    if (escaped.test(key)) isPlain = false;
  }
  const coded: Record<string, unknown> = {};
  const $object: unknown[] = [];
  for (const key of keys) {
    if (isPlain) coded[key] = encode(value[key]);
    else $object.push([key, encode(value[key])]);
  }
  return isPlain ? coded : { $object };
}

/** Characters that JSON, or what prints it here, escapes. V8 15 (Deno 2.9) may read a key with one as another key that it has seen before. */
// eslint-disable-next-line no-control-regex
const escaped = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

function viewItem(item: number | bigint): unknown {
  return typeof item === "bigint" ? String(item) : encode(item);
}

function encodeError(error: Fault): Record<string, unknown> {
  const coded: Record<string, unknown> = { ...faultTexts(error) };
  for (const key of ["code", "data"] as const) if (error[key] !== undefined) coded[key] = encode(error[key]);
  if ("cause" in error) coded.cause = encode(error.cause);
  return coded;
}

function base64(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
}

/**
 * The value that {@link encode} has written; objects and arrays are new.
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
        return typeof of === "string" && ["NaN", "Infinity", "-Infinity", "-0"].includes(of) ? Number(of) : this.#expects('"NaN", "Infinity", "-Infinity" or "-0"');
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
    if (!Array.isArray(of)) return typeof of === "object" && of !== null ? this.#plain(of as Record<string, unknown>) : this.#expects("an object, or pairs of key and value");
    const pairs = [...this.#map(of)];
    for (const [key] of pairs) if (typeof key !== "string" || key === "__proto__") return this.#expects("keys that are strings, and none that is __proto__");
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
    if (typeof name !== "string" || typeof message !== "string" || typeof stack !== "string") return this.#expects("name, message and stack");
    const error = makeFault({ name, message, stack });
    if (Object.hasOwn(parts, "cause")) setCause(error, parts.cause);
    if (code !== undefined) error.code = code;
    if (data !== undefined) error.data = data;
    return error;
  }

  #view(key: string, of: unknown): TypedArray {
    const view = views.get(key.slice(1));
    if (view === undefined) throw this.#refusal(`no value is written as ${key}; write an object of that one key as { "$object": { ${JSON.stringify(key)}: … } }`);
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
  [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array].map((view) => [view.name, view]),
);
