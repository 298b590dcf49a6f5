/** Values that are shared instead of copied: checked once, and frozen while developing. */
import { SHARED } from "./binary.ts";
import { kindOf } from "./kind.ts";
import { tally } from "./size.ts";
import { Walk } from "./walk.ts";

/** Freezes the plain objects and arrays of `value`, in Maps and Sets too, and returns it; buffers, dates and errors stay as they are. */
export function freezeDeep<T>(value: T): T {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    const kind = kindOf(part);
    if (kind === "map") {
      for (const [key, item] of part as Map<unknown, unknown>) open.push(key, item);
    } else if (kind === "set") {
      open.push(...(part as Set<unknown>));
    } else if (kind === "plain" || kind === "array") {
      Object.freeze(part);
      for (const own of Object.values(Object.getOwnPropertyDescriptors(part))) open.push(own.value);
    }
  }
  return value;
}

const walk = new Walk(SHARED, false);

/** Lets shared values pass: one for each stream or service with `share: true`. */
export class ShareGate<T = unknown> {
  readonly #development: boolean;
  readonly #subject: string | undefined;
  #last: unknown;
  #lastBytes = 0;
  readonly #passed = new WeakMap<object, number>();

  /**
   * @param development whether plain objects and arrays are frozen when they are first shared
   * @param subject what the values are sent to, for messages
   */
  constructor(development: boolean, subject?: string) {
    this.#development = development;
    this.#subject = subject;
  }

  /**
   * Returns `value` itself after checking that a copy would be just like it; {@link lastBytes} tells its size.
   *
   * What was checked once is not checked again, so it must not be changed any more.
   *
   * @throws {ValueError} as `snapshot` does, and where a copy would differ: holes, a `Buffer`, errors of a class of
   *   their own, objects without the usual prototype
   */
  pass(value: T): T {
    if (value !== this.#last || typeof value !== "object" || value === null) return this.#check(value);
    tally.bytes = this.#lastBytes;
    return value;
  }

  #check(value: T): T {
    const isObject = typeof value === "object" && value !== null;
    let bytes = isObject ? this.#passed.get(value) : undefined;
    if (bytes === undefined) {
      // A Proxy's trap may share something in the middle of a check.
      (walk.busy ? new Walk(SHARED, false) : walk).run(value, this.#subject);
      if (!isObject) return value;
      bytes = tally.bytes;
      if (this.#development) freezeDeep(value);
      this.#passed.set(value, bytes);
    }
    this.#last = value;
    this.#lastBytes = bytes;
    tally.bytes = bytes;
    return value;
  }
}
