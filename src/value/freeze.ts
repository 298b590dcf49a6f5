/** Values that are shared instead of copied: checked once, and frozen while developing. */
import { checkShared } from "./check.ts";
import { compileCheck, type CompiledCheck, UNFIT } from "./compile.ts";
import { kindOf } from "./kind.ts";
import { Learner } from "./learner.ts";
import { tally } from "./size.ts";

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

/** Checked values of this many bytes are remembered: to check one again would take longer than to look it up. */
const REMEMBER_FROM = 4096;

/**
 * Lets shared values pass: one for each stream or service with `share: true`.
 *
 * On a shape it knows, an own accessor or a symbol key, and a property of an array beside its elements, passes instead
 * of being refused, since to look for them would cost more than the rest of the check.
 */
export class ShareGate<T = unknown> {
  readonly #development: boolean;
  readonly #subject: string | undefined;
  #compiled: CompiledCheck | undefined;
  /** The same, where it is all that a value has to go through: neither freezing nor a look at what was seen. */
  #quick: CompiledCheck | undefined;
  readonly #learner: Learner<CompiledCheck> = new Learner(compileCheck);
  readonly #passed = new WeakMap<object, number>();
  /** Whether to look there first. */
  #remembers: boolean;

  /**
   * @param development whether plain objects and arrays are frozen when they are first shared
   * @param subject what the values are sent to, for messages
   */
  constructor(development: boolean, subject?: string) {
    this.#development = development;
    this.#subject = subject;
    this.#remembers = development;
  }

  /** Whether `value` passes by its shape: what is asked first of most values, with as little as can be done for each. */
  knows(value: unknown): boolean {
    const bytes = this.#quick === undefined ? UNFIT : fit(this.#quick, value);
    return bytes !== UNFIT && bytes < REMEMBER_FROM;
  }

  /**
   * Returns `value` itself after checking that a copy would be just like it; {@link lastBytes} tells its size.
   *
   * What was checked once need not be checked again, so it must not be changed any more.
   *
   * @throws {ValueError} as `snapshot` does, and where a copy would differ: holes, a `Buffer`, errors of a class of
   *   their own, objects without the usual prototype
   */
  pass(value: T): T {
    if (typeof value !== "object" || value === null) {
      checkShared(value, this.#subject);
      return value;
    }
    const remembers = this.#remembers;
    let bytes = remembers ? this.#passed.get(value) : undefined;
    if (bytes === undefined) {
      bytes = this.#compiled === undefined ? UNFIT : fit(this.#compiled, value);
      if (bytes === UNFIT) bytes = this.#passed.get(value) ?? this.#check(value);
      else if (remembers || bytes >= REMEMBER_FROM) this.#remember(value, bytes);
    }
    tally.bytes = bytes;
    return value;
  }

  /** Takes the checked walk, and learns from what passes. */
  #check(value: T & object): number {
    checkShared(value, this.#subject);
    const { bytes } = tally;
    if (this.#learner.learns) this.#learn(value);
    this.#remember(value, bytes);
    return bytes;
  }

  #learn(value: T & object): void {
    try {
      this.#compiled = this.#learner.see(value);
      if (!this.#remembers) this.#quick = this.#compiled;
    } catch {
      // A Proxy that answers once only; there is no shape to learn from such.
      this.#learner.end();
    }
  }

  #remember(value: T & object, bytes: number): void {
    if (this.#development) freezeDeep(value);
    if (bytes >= REMEMBER_FROM) {
      this.#remembers = true;
      this.#quick = undefined;
    }
    this.#passed.set(value, bytes);
  }
}

/** The size of a value of the compiled shape. */
function fit(compiled: CompiledCheck, value: unknown): number {
  try {
    return compiled(value);
  } catch {
    // The checked walk says what is wrong, and where.
    return UNFIT;
  }
}
