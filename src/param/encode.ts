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
import { type Fault, faultTexts } from "../value/fault.ts";
import { kindOf, type TypedArray, viewConstructor } from "../value/kind.ts";

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

/** Characters that JSON, or what prints it here, escapes. V8 from 12.8 on may read a key with one as another key (nodejs/node issue 63785). */
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
