/** JSON of values, as servers read it: numbers of 64 bits exactly, NaN and the infinities by name, bytes as base64. */
import { Buffer } from "node:buffer";
import type { Field } from "../message/definition.ts";
import type { Layout } from "../message/layout.ts";
import { numberTypes } from "../message/numbers.ts";
import * as unfit from "../message/unfit.ts";
import type { RosVersion } from "./definition.ts";

/** Writes a value; throws RosError, which names the place, for one that does not fit. */
export type Write = (value: unknown, where: string) => string;

/** @param layouts of a type and of all that it needs; its own comes last */
export function writer(layouts: ReadonlyMap<string, Layout>, version: RosVersion): Write {
  const messages = new Map<string, Write>();
  for (const [name, { definition }] of layouts) messages.set(name, messageWriter(name, definition.fields, messages, version));
  return [...messages.values()].at(-1)!;
}

function messageWriter(name: string, fields: readonly Field[], messages: ReadonlyMap<string, Write>, version: RosVersion): Write {
  const writers = fields.map((field, i) => {
    const label = `${i === 0 ? "{" : ","}${JSON.stringify(field.name)}:`;
    return [field.name, label, fieldWriter(field, messages, version), `${name}.${field.name}`] as const;
  });
  const known = fields.map((field) => field.name);
  return (value) => {
    const given = (typeof value === "object" && value !== null ? value : unfit.object(value, name)) as Record<string, unknown>;
    unfit.keys(given, known, name);
    let text = "";
    for (const [key, label, one, where] of writers) text += label + one(given[key], where);
    return text === "" ? "{}" : `${text}}`;
  };
}

function fieldWriter({ type, count }: Field, messages: ReadonlyMap<string, Write>, version: RosVersion): Write {
  const one = oneWriter(type, messages, version);
  if (count === undefined) return one;
  const length = count === "any" ? undefined : count;
  if (numberTypes[type] !== undefined) return (value, where) => numbers(value, type, where, length);
  const filler = messages.has(type) ? {} : undefined;
  return (value, where) => `[${unfit.list(value, where, length, filler).map((item) => one(item, where)).join(",")}]`;
}

function oneWriter(type: string, messages: ReadonlyMap<string, Write>, version: RosVersion): Write {
  if (numberTypes[type] !== undefined) return (value, where) => number(value, type, where);
  if (type === "bool") return (value, where) => String(value === true || (value !== false && unfit.flag(value, where)));
  if (type === "string") return (value, where) => JSON.stringify(typeof value === "string" ? value : unfit.text(value, where));
  if (type === "time" || type === "duration") {
    const [sec, nsec] = version === 1 ? ["secs", "nsecs"] : ["sec", "nanosec"];
    return (value, where) => {
      const time = unfit.time(value, type, where);
      return `{"${sec}":${time.sec},"${nsec}":${time.nsec}}`;
    };
  }
  return messages.get(type)!;
}

function number(value: unknown, type: string, where: string): string {
  const { big, fits } = numberTypes[type]!;
  const isFloat = !big && fits === undefined;
  const fit = isFloat && typeof value === "number" ? value : unfit.number(value, type, where);
  return Object.is(fit, -0) && isFloat ? "-0.0" : String(fit);
}

function numbers(value: unknown, type: string, where: string, length: number | undefined): string {
  const { array: Kind } = numberTypes[type]!;
  const list = unfit.numbers(value, Kind, where, length);
  if (type === "uint8" || type === "char") {
    const bytes = list instanceof Uint8Array ? list : Uint8Array.from(list, (item) => unfit.number(item, type, where) as number);
    return JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"));
  }
  const isPlain = list instanceof (Kind as unknown as new () => object) &&
    !(Array.prototype.some.call(list, (item) => Object.is(item, -0)));
  if (isPlain) return `[${Array.prototype.join.call(list, ",")}]`;
  return `[${Array.from(list, (item) => number(item, type, where)).join(",")}]`;
}
