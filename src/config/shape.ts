/**
 * Words to say what a config may hold: each checks a value and says the same as JSON schema.
 *
 * @module
 */
import { nearest } from "../graph/names.ts";
import { type Report, tell } from "./problems.ts";
import type { Keys } from "./keys.ts";

/** A piece of a JSON schema. */
export type JsonSchema = { [key: string]: unknown };

/** What may stand at one place of a config. */
export interface Shape {
  /** What it may be, in words: `a number above 0, in Hz`. */
  readonly expected: string;
  readonly schema: JsonSchema;
  /** Checks a value and reports what is wrong in it. */
  check(value: unknown, keys: Keys, report: Report): void;
}

/** A key of an object: what it is for, and what may stand behind it. */
export interface Field {
  readonly shape: Shape;
  readonly about: string;
  /** What counts where it is left out. */
  readonly byDefault?: string | number | boolean;
}

/** A shape by a predicate. */
export function shape(expected: string, schema: JsonSchema, fits: (value: unknown) => boolean): Shape {
  return {
    expected,
    schema,
    check(value, keys, report) {
      if (!fits(value)) report(keys, mustBe(expected, value));
    },
  };
}

/** What is to be said of a value of the wrong kind. */
export function mustBe(expected: string, value: unknown): string {
  return `must be ${expected}, not ${tell(value)}`;
}

/** A number above `limit`. */
export function above(limit: number, unit: string, infinite = false): Shape {
  const fits = (value: unknown) => typeof value === "number" && value > limit && (infinite || value < Infinity);
  return shape(`a number above ${limit}${unit}`, { type: "number", exclusiveMinimum: limit }, fits);
}

/** A number from `limit`. */
export function from(limit: number, unit: string): Shape {
  return shape(
    `a number from ${limit}${unit}`,
    { type: "number", minimum: limit },
    (value) => typeof value === "number" && value >= limit && value < Infinity,
  );
}

/** True or false. */
export const flag: Shape = shape("true or false", { type: "boolean" }, (value) => typeof value === "boolean");

/** A text that is not empty. */
export function text(expected: string): Shape {
  return shape(expected, { type: "string", minLength: 1 }, (value) => typeof value === "string" && value !== "");
}

/** One of some words. */
export function choice(...words: readonly string[]): Shape {
  const expected = words.length === 1 ? JSON.stringify(words[0]) : `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`;
  return {
    expected,
    schema: { enum: words },
    check(value, keys, report) {
      if (words.includes(value as string)) return;
      const near = typeof value === "string" ? closest(value, words) : undefined;
      report(keys, mustBe(expected, value) + didYouMean(near));
    },
  };
}

/** Either of two shapes: the second for objects, the first for everything else. */
export function either(plain: Shape, object: Shape): Shape {
  const expected = `${plain.expected}, or ${object.expected}`;
  return {
    expected,
    schema: { anyOf: [plain.schema, object.schema] },
    check(value, keys, report) {
      if (isObject(value)) object.check(value, keys, report);
      else if (typeof value === "string") plain.check(value, keys, report);
      else report(keys, mustBe(expected, value));
    },
  };
}

/** A list of things of one shape. */
export function list(expected: string, item: Shape): Shape {
  return {
    expected,
    schema: { type: "array", items: item.schema },
    check(value, keys, report) {
      if (!Array.isArray(value)) report(keys, mustBe(expected, value));
      else for (const [i, part] of value.entries()) item.check(part, [...keys, i], report);
    },
  };
}

/**
 * An object of any keys that fit.
 *
 * @param key why a key is refused; undefined where it is not
 */
export function record(expected: string, item: Shape, key: (name: string) => string | undefined, pattern: string): Shape {
  return {
    expected,
    schema: { type: "object", additionalProperties: item.schema, propertyNames: { pattern } },
    check(value, keys, report) {
      if (!isObject(value)) return report(keys, mustBe(expected, value));
      for (const name of Object.keys(value)) {
        const problem = key(name);
        if (problem !== undefined) report([...keys, name], problem, "key");
        if (value[name] !== undefined) item.check(value[name], [...keys, name], report);
      }
    },
  };
}

/** An object of known keys, each of which may be left out unless it is required. */
export function object(expected: string, fields: Readonly<Record<string, Field>>, required?: string): Shape {
  const properties = Object.entries(fields).map(([key, { shape, about, byDefault }]) => [
    key,
    { ...shape.schema, description: about, ...(byDefault === undefined ? {} : { default: byDefault }) },
  ]);
  const schema = {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(properties),
    ...(required === undefined ? {} : { required: [required] }),
  };
  return {
    expected,
    schema,
    check(value, keys, report) {
      if (!isObject(value)) return report(keys, mustBe(expected, value));
      for (const key of Object.keys(value)) {
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (field === undefined) report([...keys, key], unknownKey(key, Object.keys(fields)), "key");
        else if (value[key] !== undefined) field.shape.check(value[key], [...keys, key], report);
      }
      if (required !== undefined && value[required] === undefined) {
        report(keys, `${JSON.stringify(required)} is missing: ${fields[required]!.shape.expected}`);
      }
    },
  };
}

/** What is to be said of an unknown key. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return `there is no key ${JSON.stringify(key)} here${near === undefined ? `; there are ${known.join(", ")}` : didYouMean(near)}`;
}

/** The known word that was probably meant: a near one, or one that begins alike. */
export function closest(word: string, known: readonly string[]): string | undefined {
  if (word.length < 2) return undefined; // everything short is near
  return nearest(word, known) ?? (word.length < 3 ? undefined : known.find((candidate) => candidate.startsWith(word)));
}

/** The end of a message that proposes what was meant. */
export function didYouMean(near: string | undefined): string {
  return near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
}

/** Whether a value is a plain object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
