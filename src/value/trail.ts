/** The way from a value to the part that is being read: names the part in errors, and keeps the walk within its bounds. */
import { ValueError } from "../errors.ts";
import { Mark, pathOf, type Step } from "./path.ts";

/** Levels of objects inside objects that a value may have. */
export const MAX_DEPTH = 1_000;
/** Objects, arrays, Maps, Sets and errors that a value may have, counted as in its copy, where aliases are separate. */
export const MAX_PARTS: number = 1 << 22;

/** The step of a container of which no part is being read yet. */
const HERE = new Mark("");

/** One way at a time; a new one begins with {@link Trail.begin}. */
export class Trail {
  /** The containers on the way, outermost first. */
  readonly #holders: (object | null)[] = [];
  /** `steps[i]` leads from `holders[i]` to the next. */
  readonly #steps: Step[] = [];
  #depth = 0;
  #above = 0;
  #parts = 0;
  #subject: string | undefined;
  #refusal: ValueError | undefined;

  /** Starts at a value that is sent to `subject` and stands `above` levels deep already. */
  begin(subject: string | undefined, above: number): void {
    this.#depth = 0;
    this.#above = above;
    this.#parts = 0;
    this.#subject = subject;
  }

  /** Goes into a container. */
  enter(holder: object): void {
    const depth = this.#depth;
    const holders = this.#holders;
    for (let i = 0; i < depth; i++) {
      if (holders[i] === holder) this.refuse(`a cycle cannot be sent; this is ${pathOf(this.#steps, i)} again`);
    }
    if (depth + this.#above >= MAX_DEPTH) this.refuse(`objects nested deeper than ${MAX_DEPTH} levels cannot be sent; flatten them`);
    if (++this.#parts > MAX_PARTS) {
      this.refuse(`a value of more than ${MAX_PARTS} objects cannot be sent; aliases count as often as they stand in it`);
    }
    holders[depth] = holder;
    this.#steps[depth] = HERE;
    this.#depth = depth + 1;
  }

  /** Turns to a part of the container that was entered last. */
  turn(step: Step): void {
    this.#steps[this.#depth - 1] = step;
  }

  /** Goes back out of the container that was entered last. */
  leave(): void {
    this.#holders[--this.#depth] = null;
  }

  /** Refuses the part that is being read. */
  refuse(problem: string): never {
    throw (this.#refusal = new ValueError(pathOf(this.#steps, this.#depth), problem, { name: this.#subject }));
  }

  /** Ends after `error` was thrown, and returns what to throw in its place. */
  end(error: unknown): ValueError {
    // What a getter or a Proxy's trap throws says nothing to whoever sent the value.
    const refusal = error === this.#refusal
      ? (error as ValueError)
      : new ValueError(pathOf(this.#steps, this.#depth), "reading it threw an error; send plain data", {
        name: this.#subject,
        cause: error,
      });
    // Nothing of the value may be kept alive from here.
    this.#holders.length = 0;
    this.#steps.length = 0;
    this.#refusal = undefined;
    return refusal;
  }
}
