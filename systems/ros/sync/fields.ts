import { RosError } from "../../../src/errors.ts";
import { nearest } from "../../../src/graph/names.ts";
import { type Field, isPrimitive } from "../message/definition.ts";
import type { Library } from "../message/library.ts";
import { numberTypes } from "../message/numbers.ts";

/** A component as bitECS has it: an array a value, with one item an entity. */
export type Arrays = Readonly<Record<string, SyncedArray>>;

/** What holds a value of each entity. */
export type SyncedArray = { [entity: number]: unknown; readonly length: number };

/** An array of a component, and the field of a message that it is in step with. */
interface Pair {
  readonly array: SyncedArray;
  readonly path: readonly string[];
  /** What the field's value is, in the array's terms. */
  readonly read: (value: unknown) => unknown;
  /** What the array's value is, in the field's terms. */
  readonly write: (value: unknown) => unknown;
}

/** A part of the message: a value, or an object of parts. */
interface Part {
  readonly key: string;
  readonly pair?: Pair;
  readonly parts: Part[];
}

/** Carries the values of one entity between the arrays of a component and messages of a type. */
export class Fields {
  readonly #pairs: readonly Pair[];
  readonly #parts: readonly Part[];

  /**
   * @param mapping paths of fields, such as `position.x`, by the names of arrays
   * @throws RosError when the type is not known, or has no such fields
   */
  constructor(component: Arrays, mapping: Readonly<Record<string, string>>, type: string, library: Library) {
    const pairs = Object.entries(mapping).map(([key, path]) => pairOf(component[key]!, path.split("."), type, library));
    const root: Part[] = [];
    for (const pair of pairs) {
      let parts = root;
      pair.path.forEach((key, i) => {
        let part = parts.find((one) => one.key === key);
        if (part === undefined) parts.push(part = i === pair.path.length - 1 ? { key, pair, parts: [] } : { key, parts: [] });
        parts = part.parts;
      });
    }
    this.#pairs = pairs;
    this.#parts = root;
  }

  /** The message of an entity; fields that nothing is in step with are left out. */
  make(entity: number): object {
    return make(this.#parts, entity);
  }

  /**
   * Takes a message into the arrays: all of it or nothing.
   *
   * @returns why it does not fit; undefined where it does
   */
  take(entity: number, message: unknown): string | undefined {
    const values: unknown[] = [];
    for (const { path, read } of this.#pairs) {
      let value = message;
      for (const key of path) value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
      const taken = read(value);
      if (taken === undefined) return `${path.join(".")} is ${typeof value === "object" ? "an object" : String(value).slice(0, 40)}`;
      values.push(taken);
    }
    this.#pairs.forEach(({ array }, i) => (array[entity] = values[i]));
    return undefined;
  }

  /** Whether an entity's values differ from those that were noted last, which are `noted`; they are noted now. */
  differ(entity: number, noted: unknown[]): boolean {
    let differ = false;
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i++) {
      const value = pairs[i]!.array[entity];
      if (Object.is(value, noted[i])) continue;
      noted[i] = value;
      differ = true;
    }
    return differ;
  }
}

function make(parts: readonly Part[], entity: number): object {
  const message: Record<string, unknown> = {};
  for (let i = 0; i < parts.length; i++) {
    const { key, pair, parts: inner } = parts[i]!;
    message[key] = pair === undefined ? make(inner, entity) : pair.write(pair.array[entity]);
  }
  return message;
}

function pairOf(array: SyncedArray, path: readonly string[], type: string, library: Library): Pair {
  let at = type;
  let field: Field | undefined;
  for (const key of path) {
    if (isPrimitive(at)) throw new RosError(`${type} has no field ${path.join(".")}: ${at} has none`, { name: type });
    const { fields } = library.message(at).definition;
    field = fields.find(({ name }) => name === key);
    if (field === undefined) {
      const names = fields.map(({ name }) => name);
      const near = nearest(key, names);
      const hint = near === undefined ? `${at} has ${names.join(", ") || "none"}` : `did you mean ${near}?`;
      throw new RosError(`${type} has no field ${path.join(".")}: ${hint}`, { name: type });
    }
    if (field.count !== undefined) {
      throw new RosError(`${path.join(".")} of ${type} is a list, and an entity has one value`, { name: type });
    }
    at = field.type;
  }
  if (!isPrimitive(at) || at === "time" || at === "duration") {
    throw new RosError(`${path.join(".")} of ${type} is a ${at}: name a field of it that is a number, a text or a bool`, { name: type });
  }
  return { array, path, ...conversions(array, at) };
}

/** What does not fit is read as undefined. */
function conversions(array: SyncedArray, type: string): Pick<Pair, "read" | "write"> {
  const same = (value: unknown): unknown => value;
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    return {
      read: (value) => (typeof value === "bigint" || Number.isSafeInteger(value) ? BigInt(value as number) : undefined),
      write: same,
    };
  }
  if (ArrayBuffer.isView(array)) {
    return {
      read: (value) => (["number", "bigint", "boolean"].includes(typeof value) ? Number(value) : undefined),
      write: type === "bool" ? (value) => value !== 0 : same,
    };
  }
  const kind = type === "bool" ? "boolean" : type === "string" ? "string" : numberTypes[type]!.big ? "bigint" : "number";
  return { read: (value) => (typeof value === kind ? value : undefined), write: same };
}
