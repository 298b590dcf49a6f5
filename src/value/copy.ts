/** Copies in the canonical form: what a receiver gets is its own. */
import { COPIED, copyBytes, copyView } from "./binary.ts";
import { type Fault, makeFault, setCause } from "./fault.ts";
import { kindOf, type TypedArray } from "./kind.ts";
import { Walk } from "./walk.ts";

const walk = new Walk(COPIED, true);

/**
 * A deep copy of `value` in the canonical form, in which it is the same in every placement.
 *
 * Plain objects, arrays, primitives, typed arrays (only the range of a view), `DataView`, `ArrayBuffer`, `Date`, `Map`,
 * `Set` and errors are copied; aliases become separate, holes undefined, a `Buffer` a `Uint8Array`, an error of a class
 * of its own an `Error` of that name. Properties that are not enumerable are no part of a value.
 *
 * @param value what is sent
 * @param subject what it is sent to, for messages, such as a stream's name
 * @returns the copy; `lastBytes` tells its size
 * @throws {ValueError} if a part has no canonical form; its `path` leads there: `$.path[3].next`, `$.m<key 2>`,
 *   `$.m<value 2>` in a Map, `$.s<2>` in a Set
 */
export function snapshot<T>(value: T, subject?: string): T {
  // A Proxy's trap may send something in the middle of a copy.
  return (walk.busy ? new Walk(COPIED, true) : walk).run(value, subject) as T;
}

/** A snapshot of a part that stands `above` levels deep in its value. */
export function snapshotPart(value: unknown, above: number): unknown {
  return (walk.busy ? new Walk(COPIED, true) : walk).run(value, undefined, above);
}

/** An unchecked copy of a value that is canonical already, for all receivers but the first. */
export function recopy<T>(value: T): T {
  return (typeof value === "object" && value !== null ? recopyObject(value) : value) as T;
}

function recopyObject(value: object): unknown {
  switch (kindOf(value)) {
    case "plain": {
      const copy = { ...(value as Record<string, unknown>) };
      for (const key in copy) {
        const child = copy[key];
        // Only own ones: a library may have put something onto Object.prototype.
        if (typeof child === "object" && child !== null && Object.hasOwn(copy, key)) copy[key] = recopyObject(child);
      }
      return copy;
    }
    case "array": {
      const copy = [...(value as unknown[])];
      for (let i = 0; i < copy.length; i++) {
        const child = copy[i];
        if (typeof child === "object" && child !== null) copy[i] = recopyObject(child);
      }
      return copy;
    }
    case "view":
      return copyView(value as TypedArray);
    case "dataview": {
      const view = value as DataView<ArrayBuffer>;
      return new DataView(copyBytes(view.buffer, view.byteOffset, view.byteLength));
    }
    case "buffer":
      return copyBytes(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength);
    case "date":
      return new Date((value as Date).getTime());
    case "map":
      return new Map(Array.from(value as Map<unknown, unknown>, ([key, item]) => [recopy(key), recopy(item)]));
    case "set":
      return new Set(Array.from(value as Set<unknown>, recopy));
    case "error":
      return recopyFault(value as Fault);
    default:
      return value;
  }
}

function recopyFault(fault: Fault): Fault {
  const copy = makeFault({ name: fault.name, message: fault.message, stack: fault.stack ?? "" });
  if ("cause" in fault) setCause(copy, recopy(fault.cause));
  if (fault.code !== undefined) copy.code = recopy(fault.code);
  if (fault.data !== undefined) copy.data = recopy(fault.data);
  return copy;
}
