/** The fast copy for what is sent again and again in one shape. */
import { compile, type Compiled, MISS, SHORT_TEXT } from "./compile.ts";
import { recopy, snapshot } from "./copy.ts";
import { Learner } from "./learner.ts";
import { HEAD, tally, WORD } from "./size.ts";
import { isWellFormed } from "./text.ts";

/**
 * Copies values as {@link snapshot} does, and several times as fast once it knows their shape: one for each stream,
 * param and direction of a service.
 *
 * On a shape it knows, an own accessor or a symbol key, and a property of an array beside its elements, is read or left
 * out instead of refused, since to look for them would cost more than the copy.
 */
export class Copier<T = unknown> {
  readonly #subject: string | undefined;
  #compiled: Compiled | undefined;
  readonly #learner: Learner<Compiled> = new Learner(compile);
  #lastText = "";

  /** @param subject what the values are sent to, for messages */
  constructor(subject?: string) {
    this.#subject = subject;
  }

  /**
   * A copy of `value` in the canonical form; {@link lastBytes} tells its size.
   *
   * @throws {ValueError} if a part has no canonical form
   */
  copy(value: T): T {
    if (typeof value === "number" || typeof value === "boolean") {
      tally.bytes = WORD;
      return value;
    }
    if (typeof value === "object" && value !== null) {
      const compiled = this.#compiled;
      if (compiled !== undefined) {
        try {
          const copy = compiled(value);
          if (copy !== MISS) return copy as T;
        } catch {
          // The checked walk says what is wrong, and where.
        }
      }
      return this.#learner.learns ? this.#learn(value) : snapshot(value, this.#subject);
    }
    if (typeof value === "string" && (value === this.#lastText || isWellFormed(value))) {
      if (value.length <= SHORT_TEXT) this.#lastText = value;
      tally.bytes = HEAD + 2 * value.length;
      return value;
    }
    return snapshot(value, this.#subject);
  }

  /**
   * Another copy of what {@link Copier.copy} returned, for a second receiver; several times as fast as `recopy` on a known shape.
   *
   * Nobody may have changed `value` since.
   */
  recopy(value: T): T {
    const compiled = this.#compiled;
    if (compiled !== undefined && typeof value === "object" && value !== null) {
      const copy = compiled(value);
      if (copy !== MISS) return copy as T;
    }
    return recopy(value);
  }

  #learn(value: T): T {
    const copy = snapshot(value, this.#subject);
    // Of the copy: to read the value again may say something else.
    this.#compiled = this.#learner.see(copy);
    return copy;
  }
}
