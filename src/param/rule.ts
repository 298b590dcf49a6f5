/**
 * What a param may be set to, as data.
 *
 * @module
 */
import { kindOf, type TypedArray, viewConstructor } from "../value/kind.ts";
import { nearest } from "../graph/names.ts";

/** What a declared param may be set to, as data, because functions cannot travel. */
export interface ParamRule {
  /** The least value, for numbers and bigints; NaN is refused beside it. */
  readonly min?: number | bigint;
  /** The greatest value, for numbers and bigints; NaN is refused beside it. */
  readonly max?: number | bigint;
  /** All values that are allowed. */
  readonly oneOf?: readonly (number | string | boolean | bigint | null)[];
  /** Source of a regular expression (flag `u`) that strings have to match somewhere; write `^…$` for the whole. */
  readonly pattern?: string;
  /** Whether numbers have to be whole. */
  readonly integer?: boolean;
  /** What the param is for, in a few words. */
  readonly description?: string;
  /** Unit of the value, such as `m/s`. */
  readonly unit?: string;
}

/** The type of a param's value; a plain object is a subtree and has none. */
export type ParamType =
  | "number"
  | "string"
  | "boolean"
  | "bigint"
  | "null"
  | "array"
  | "Date"
  | "Map"
  | "Set"
  | "Error"
  | "ArrayBuffer"
  | "DataView"
  | `${string}Array`;

const keys = ["min", "max", "oneOf", "pattern", "integer", "description", "unit"] as const satisfies readonly (keyof ParamRule)[];

/** The type of a value, or undefined for a plain object, `undefined` and what is no data. */
export function typeOf(value: unknown): ParamType | undefined {
  switch (typeof value) {
    case "number":
    case "string":
    case "boolean":
    case "bigint":
      return typeof value as ParamType;
    case "object":
      return value === null ? "null" : objectType(value);
    default:
      return undefined;
  }
}

const types = {
  array: "array",
  date: "Date",
  map: "Map",
  set: "Set",
  error: "Error",
  buffer: "ArrayBuffer",
  dataview: "DataView",
} as const;

function objectType(value: object): ParamType | undefined {
  const kind = kindOf(value);
  if (kind === "view") return viewConstructor(value as TypedArray).name as ParamType;
  return kind === "plain" || kind === "shared" || kind === "instance" ? undefined : types[kind];
}

/** Whether a value is a subtree: a plain object. */
export function isSubtree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && kindOf(value) === "plain";
}

/** A rule made ready for the type of one param. */
export class Constraint {
  /** The only type allowed; undefined where the default is `null` and the rule says nothing of a type. */
  readonly type: ParamType | undefined;
  /** Whether `null` is allowed beside it, because it is the default. */
  readonly nullable: boolean;
  readonly rule: ParamRule;
  readonly #bounded: boolean;
  readonly #min: number | bigint;
  readonly #max: number | bigint;
  readonly #integer: boolean;
  readonly #oneOf: ReadonlySet<unknown> | undefined;
  readonly #pattern: RegExp | undefined;

  /**
   * @param rule a rule in which {@link ruleProblem} found nothing
   * @param type the type of the default
   */
  constructor(rule: ParamRule, type: ParamType) {
    this.nullable = type === "null";
    this.type = type === "null" ? typeMeant(rule) : type;
    this.rule = rule;
    this.#bounded = rule.min !== undefined || rule.max !== undefined;
    this.#min = rule.min ?? -Infinity;
    this.#max = rule.max ?? Infinity;
    this.#integer = rule.integer === true;
    this.#oneOf = rule.oneOf === undefined ? undefined : new Set(rule.oneOf);
    this.#pattern = rule.pattern === undefined ? undefined : new RegExp(rule.pattern, "u");
  }

  /** Why `value` is refused, or undefined where it is not. */
  check(value: unknown): string | undefined {
    if (typeof value === "number" && this.type === "number") {
      // NaN is neither above nor below, so this asks for what has to hold.
      if (this.#bounded && !(value >= this.#min && value <= this.#max)) return this.#outside(value);
      if (this.#integer && !Number.isInteger(value)) return `${show(value)} is not a whole number`;
    } else if (value === null) {
      if (this.nullable) return undefined;
      if (this.type !== undefined && this.type !== "null") return this.#otherType(value);
    } else if (this.type !== undefined && typeOf(value) !== this.type) {
      return this.#otherType(value);
    } else if (typeof value === "bigint") {
      if (this.#bounded && !(value >= this.#min && value <= this.#max)) return this.#outside(value);
    } else if (typeof value === "string") {
      if (this.#pattern !== undefined && !this.#pattern.test(value)) {
        return `${show(value)} does not match the pattern ${this.#pattern.source}`;
      }
    } else if (value === undefined) {
      return undefinedProblem;
    }
    if (this.#oneOf !== undefined && !this.#oneOf.has(value)) {
      return `${show(value)} is not one of ${this.rule.oneOf!.map(show).join(", ")}`;
    }
    return undefined;
  }

  /** Whether both allow the same values, in the same unit. */
  equals(other: Constraint): boolean {
    const [a, b] = [this.rule, other.rule];
    return (
      this.type === other.type &&
      this.nullable === other.nullable &&
      a.min === b.min &&
      a.max === b.max &&
      a.pattern === b.pattern &&
      (a.integer === true) === (b.integer === true) &&
      a.unit === b.unit &&
      this.#oneOf?.size === other.#oneOf?.size &&
      (this.#oneOf === undefined || [...this.#oneOf].every((value) => other.#oneOf!.has(value)))
    );
  }

  /** What is allowed, in words. */
  describe(): string {
    const { min, max, oneOf, pattern, integer, unit } = this.rule;
    const words = [this.type ?? "any type"];
    if (this.nullable && this.type !== undefined) words[0] += " or null";
    if (unit !== undefined) words[0] += ` in ${unit}`;
    if (integer === true) words.push("integer");
    if (min !== undefined) words.push(`min ${min}`);
    if (max !== undefined) words.push(`max ${max}`);
    if (oneOf !== undefined) words.push(`one of ${oneOf.map(show).join(", ")}`);
    if (pattern !== undefined) words.push(`pattern ${pattern}`);
    return words.join(", ");
  }

  #outside(value: number | bigint): string {
    const { min, max, unit } = this.rule;
    const of = unit === undefined ? "" : ` ${unit}`;
    if (min !== undefined && value < min) return `${show(value)} is below the minimum of ${min}${of}`;
    if (max !== undefined && value > max) return `${show(value)} is above the maximum of ${max}${of}`;
    return `${show(value)} is not within ${min ?? "-Infinity"} and ${max ?? "Infinity"}${of}`;
  }

  #otherType(value: unknown): string {
    return value === undefined ? undefinedProblem : `${nameType(value)} is not allowed, the param is ${this.describe()}`;
  }
}

/** Why `undefined` is no value of a param. */
export const undefinedProblem: string = "undefined is no value of a param; delete the param, or set it to null";

/**
 * Why a value breaks a rule.
 *
 * @param value what is to be set
 * @param rule the rule
 * @param type the type of the param's default
 * @returns the reason, or undefined where there is none
 */
export function checkRule(value: unknown, rule: ParamRule, type: ParamType): string | undefined {
  return new Constraint(rule, type).check(value);
}

/**
 * Why a rule cannot be the rule of a param.
 *
 * @param rule as it was written
 * @param type the type of the param's default
 * @returns the reason, or undefined where there is none
 */
export function ruleProblem(rule: unknown, type: ParamType): string | undefined {
  if (!isSubtree(rule)) return "a rule is a plain object, such as { min: 0 }";
  for (const key of Object.keys(rule)) {
    if (rule[key] !== undefined && !(keys as readonly string[]).includes(key)) {
      const near = nearest(key, keys);
      return `a rule has no key ${JSON.stringify(key)}${near === undefined ? "" : ` (${near}?)`}; it has ${keys.join(", ")}`;
    }
  }
  const { min, max, oneOf, pattern, integer, description, unit } = rule;
  for (const [key, text] of Object.entries({ pattern, description, unit })) {
    if (text !== undefined && typeof text !== "string") return `${key} is a string, not ${nameType(text)}`;
  }
  if (integer !== undefined && typeof integer !== "boolean") return `integer is true or false, not ${nameType(integer)}`;
  const subject = type === "null" ? typeMeant(rule as ParamRule) : type;
  return boundsProblem(min, max, subject) ?? (integer === true ? fits("integer", subject, "number") : undefined) ??
    patternProblem(pattern, subject) ?? oneOfProblem(oneOf, subject, type === "null");
}

function boundsProblem(min: unknown, max: unknown, type: ParamType | undefined): string | undefined {
  for (const [key, bound] of Object.entries({ min, max })) {
    if (bound === undefined) continue;
    if (type !== "number" && type !== "bigint") return `${key} is for numbers and bigints, the param is ${type}`;
    if (typeof bound !== "number" && !(typeof bound === "bigint" && type === "bigint")) {
      return `${key} is a ${type}, not ${nameType(bound)}`;
    }
    if (Number.isNaN(bound)) return `${key} is NaN`;
  }
  return min !== undefined && max !== undefined && (min as number) > (max as number) ? `min ${min} is above max ${max}` : undefined;
}

function patternProblem(pattern: unknown, type: ParamType | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern as string, "u");
  } catch (error) {
    return `pattern ${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message}`;
  }
  return fits("pattern", type, "string");
}

function oneOfProblem(oneOf: unknown, type: ParamType | undefined, nullable: boolean): string | undefined {
  if (oneOf === undefined) return undefined;
  if (!Array.isArray(oneOf) || oneOf.length === 0) return "oneOf is a list of at least one value";
  for (const [i, value] of oneOf.entries()) {
    const own = typeOf(value);
    if (own === undefined || (typeof value === "object" && value !== null)) {
      return `oneOf[${i}] is ${nameType(value)}; it may hold numbers, strings, booleans, bigints and null`;
    }
    if (type !== undefined && own !== type && !(nullable && own === "null")) {
      return `oneOf[${i}] is ${nameType(value)}, the param is ${type}`;
    }
  }
  return undefined;
}

function fits(key: string, type: ParamType | undefined, right: ParamType): string | undefined {
  return type === right ? undefined : `${key} is for type ${right}, the param is ${type}`;
}

/** What a rule says of the type where the default, `null`, says nothing. */
function typeMeant(rule: ParamRule): ParamType | undefined {
  if (typeof rule.min === "bigint" || typeof rule.max === "bigint") return "bigint";
  if (rule.min !== undefined || rule.max !== undefined || rule.integer === true) return "number";
  return rule.pattern === undefined ? undefined : "string";
}

/** A value in a message: primitives as they are written, at most 60 characters, and everything else by its type. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return typeof value === "object" && value !== null ? nameType(value) : String(value);
}

function nameType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const type = typeOf(value) ?? (isSubtree(value) ? "object" : typeof value);
  return `${/^[aeiou]/i.test(type) ? "an" : "a"} ${type}`;
}
