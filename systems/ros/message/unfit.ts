/** What is written in the place of a value that is not simply right: a zero for what is missing, or an error that names the place. */
import { RosError } from "../../../src/errors.ts";
import { nearest } from "../../../src/graph/names.ts";
import type { Numbers, NumbersClass } from "./input.ts";
import { numberTypes, rangeOf } from "./numbers.ts";

/** A point in time or a duration, as messages have it: whole seconds, and nanoseconds beside them. */
export interface RosTime {
  /** Seconds; of a point in time, since the epoch. */
  readonly sec: number;
  /** Nanoseconds, 0 to 999,999,999. */
  readonly nsec: number;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : `an object (${value.constructor?.name ?? "Object"})`;
}

function refuse(where: string, what: string, value: unknown): never {
  throw new RosError(`${where} must be ${what}, not ${show(value)}`, { name: where });
}

export function object(value: unknown, name: string): object {
  return value === undefined ? {} : refuse(name, "an object", value);
}

/** There are not as many keys as fields: some are missing, which is fine, or there are others. */
export function keys(value: object, known: readonly string[], name: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `; it has ${known.length === 0 ? "none" : known.join(", ")}` : `; did you mean ${near}?`;
    throw new RosError(`${name} has no field ${JSON.stringify(key.slice(0, 40))}${hint}`, { name });
  }
}

export function number(value: unknown, type: string, where: string): number | bigint {
  const { big, fits } = numberTypes[type]!;
  if (value === undefined) return big ? 0n : 0;
  if (!big && fits === undefined) return refuse(where, "a number", value);
  const [least, most] = rangeOf(type);
  const whole = typeof value === "bigint" || Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
  if (whole === undefined || whole < least || whole > most) {
    return refuse(where, `a whole number from ${least} to ${most}${big ? ", as a bigint from 2^53 on" : ""}`, value);
  }
  return big ? whole : Number(whole);
}

export function flag(value: unknown, where: string): boolean {
  return value === undefined ? false : refuse(where, "true or false", value);
}

export function text(value: unknown, where: string): string {
  return value === undefined ? "" : refuse(where, "a text", value);
}

const zero: RosTime = { sec: 0, nsec: 0 };

/** A time as the languages of ROS spell it, or a `Date`. */
export function time(value: unknown, type: "time" | "duration", where: string): RosTime {
  if (value === undefined) return zero;
  let found: unknown = value;
  if (value instanceof Date) {
    const ms = value.getTime();
    found = { sec: Math.floor(ms / 1000), nsec: (ms - Math.floor(ms / 1000) * 1000) * 1_000_000 };
  }
  if (typeof found !== "object" || found === null) return refuse(where, "a time, { sec, nsec }, or a Date", value);
  const { sec, nsec, secs, nsecs, nanosec, ...others } = found as Record<string, unknown>;
  for (const key in others) return refuse(where, "a time, { sec, nsec }, or a Date", { [key]: others[key] });
  const part = type === "time" ? "uint32" : "int32";
  return {
    sec: number(sec ?? secs, part, `${where}.sec`) as number,
    nsec: number(nsec ?? nsecs ?? nanosec, part, `${where}.nsec`) as number,
  };
}

/** The items of a field that is a list. */
export function list(value: unknown, where: string, count: number | undefined, filler: unknown): readonly unknown[] {
  if (value === undefined) return new Array(count ?? 0).fill(filler);
  if (!Array.isArray(value)) return refuse(where, "an array", value);
  return counted(value, where, count);
}

/** The items of a field that is a list of numbers: many kinds of arrays hold them. */
export function numbers(value: unknown, Kind: NumbersClass, where: string, count?: number): ArrayLike<unknown> {
  if (value === undefined) return new Kind(new ArrayBuffer((count ?? 0) * Kind.BYTES_PER_ELEMENT), 0, count ?? 0) as Numbers;
  if (value instanceof Uint8ClampedArray && Kind === (Uint8Array as unknown)) {
    return counted(new Uint8Array(value.buffer, value.byteOffset, value.length), where, count);
  }
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) {
    return refuse(where, "an array of numbers", value);
  }
  return counted(value as unknown as ArrayLike<unknown>, where, count);
}

function counted<T extends ArrayLike<unknown>>(list: T, where: string, count: number | undefined): T {
  if (count === undefined || list.length === count) return list;
  throw new RosError(`${where} must have ${count} items, not ${list.length}`, { name: where });
}
