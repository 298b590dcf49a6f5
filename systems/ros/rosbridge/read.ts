/** Values in canonical form, of what servers say in JSON or CBOR. */
import { Buffer } from "node:buffer";
import { RosError } from "../../../src/errors.ts";
import { isWellFormed } from "../../../src/value/text.ts";
import type { Field } from "../message/definition.ts";
import type { Numbers } from "../message/input.ts";
import type { Layout } from "../message/layout.ts";
import { numberTypes } from "../message/numbers.ts";
import * as unfit from "../message/unfit.ts";
import { exactOf } from "./parse.ts";

/** Reads a value; throws RosError, which names the place, for one that does not fit. */
export type Read = (value: unknown, where: string) => unknown;

/** @param layouts of a type and of all that it needs; its own comes last */
export function reader(layouts: ReadonlyMap<string, Layout>): Read {
  const messages = new Map<string, Read>();
  for (const [name, { definition }] of layouts) messages.set(name, messageReader(name, definition.fields, messages));
  return [...messages.values()].at(-1)!;
}

function messageReader(name: string, fields: readonly Field[], messages: ReadonlyMap<string, Read>): Read {
  const readers = fields.map((field) => [field.name, fieldReader(field, messages), `${name}.${field.name}`] as const);
  const known = fields.map((field) => field.name);
  return (value) => {
    const given = (isObject(value) ? value : unfit.object(value, name)) as Record<string, unknown>;
    const read: Record<string, unknown> = {};
    let found = 0;
    for (const [key, one, where] of readers) {
      const value = Object.hasOwn(given, key) ? given[key] : undefined;
      if (value !== undefined) found++;
      read[key] = one(value, where);
    }
    if (Object.keys(given).length > found) unfit.keys(given, known, name);
    return read;
  };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function fieldReader({ type, count }: Field, messages: ReadonlyMap<string, Read>): Read {
  if (count === undefined) return oneReader(type, messages);
  const length = count === "any" ? undefined : count;
  if (numberTypes[type] !== undefined) return (value, where) => numbers(value, type, where, length);
  const one = oneReader(type, messages);
  return (value, where) => unfit.list(value, where, length, undefined).map((item) => one(item, where));
}

function oneReader(type: string, messages: ReadonlyMap<string, Read>): Read {
  if (numberTypes[type] !== undefined) return (value, where) => number(value, type, where);
  if (type === "bool") return (value, where) => (typeof value === "boolean" ? value : unfit.flag(value, where));
  if (type === "string") return text;
  if (type === "time" || type === "duration") return time;
  return messages.get(type)!;
}

function number(value: unknown, type: string, where: string): unknown {
  const { big, fits } = numberTypes[type]!;
  const exact = exactOf(value);
  if (fits !== undefined || big) {
    if (!big && typeof value === "number" && value >= 0 && value < 128 && Number.isInteger(value)) return value;
    return unfit.number(exact ?? value, type, where);
  }
  if (typeof value === "number") return value;
  if (value === null) return NaN; // JSON has neither that nor the infinities
  if (exact !== undefined || typeof value === "bigint") return Number(exact ?? value);
  return unfit.number(value, type, where);
}

function numbers(value: unknown, type: string, where: string, length: number | undefined): Numbers {
  const { array: Kind, size, fits } = numberTypes[type]!;
  let given = value;
  if (typeof given === "string" && (type === "uint8" || type === "char")) given = fromBase64(given, where);
  const list = unfit.numbers(given, Kind, where, length);
  if (list instanceof (Kind as unknown as new () => Numbers)) return list;
  const made = new Kind(new ArrayBuffer(list.length * size), 0, list.length) as Numbers;
  const isPlain = fits === undefined && !numberTypes[type]!.big;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    made[i] = (isPlain && typeof item === "number" ? item : number(item, type, where)) as never;
  }
  return made;
}

/** @throws RosError when it is none */
function fromBase64(text: string, where: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 !== 0 || bytes.length !== (text.length / 4) * 3 - padding) {
    throw new RosError(`${where} must be base64`, { name: where });
  }
  return new Uint8Array(bytes); // not a part of Node's pool
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string" || exactOf(value) !== undefined) return unfit.text(exactOf(value) ?? value, where);
  if (!isWellFormed(value)) throw new RosError(`${where} has half a character`, { name: where });
  return value;
}

function time(value: unknown, where: string): unfit.RosTime {
  if (value === undefined) return { sec: 0, nsec: 0 };
  const { sec, secs, nsec, nsecs, nanosec } = (isObject(value) ? value : unfit.object(value, where)) as Record<string, unknown>;
  const seconds = sec ?? secs;
  return {
    sec: unfit.number(seconds, typeof seconds === "number" && seconds < 0 ? "int32" : "uint32", `${where}.sec`) as number,
    nsec: unfit.number(nsec ?? nsecs ?? nanosec, "int32", `${where}.nsec`) as number,
  };
}

/**
 * A value in canonical form, of one whose type is not known: as the server says it.
 *
 * @throws RosError when it cannot be one
 */
export function readAny(value: unknown, depth = 0): unknown {
  if (depth > 64) throw new RosError("it is nested deeper than 64 levels");
  if (typeof value === "string") return exactOf(value) ?? text(value, "a text");
  if (Array.isArray(value)) return value.map((item) => readAny(item, depth + 1));
  if (!isObject(value)) return value;
  const read: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value as object)) {
    if (key === "__proto__" || !isWellFormed(key)) throw new RosError(`it has the key ${JSON.stringify(key.slice(0, 40))}`);
    read[key] = readAny(inner, depth + 1);
  }
  return read;
}
