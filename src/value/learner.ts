/** When to learn from what is sent, when to compile it, and when to stop. */
import { type Lesson, newLesson, type Shape, widen } from "./learn.ts";

/** Values of a known shape that are seen before a function is compiled for it; doubled each time it has to learn again. */
const LEARN_AFTER = 32;
/** Times that a function is compiled; what does not fit the last one goes on to take the checked walk. */
const MAX_COMPILED = 8;

/** Learns the shape of the objects it is shown, until it compiles a function for it; one for each sender. */
export class Learner<F> {
  readonly #make: (shape: Shape) => F | undefined;
  #compiled: F | undefined;
  /** What has been seen; undefined before the first object, and after learning has ended. */
  #lesson: Lesson | undefined;
  #learns = true;
  /** Whether the lesson knows more than what is compiled. */
  #isNew = false;
  #steady = 0;
  #needed: number = LEARN_AFTER;
  #compilations = 0;

  /** @param make compiles a shape; undefined where the runtime forbids it */
  constructor(make: (shape: Shape) => F | undefined) {
    this.#make = make;
  }

  /** Whether it still wants to see what did not fit. */
  get learns(): boolean {
    return this.#learns;
  }

  /** Learns from an object that was checked and did not fit; returns the function for all it knew when it compiled last. */
  see(value: unknown): F | undefined {
    const lesson = (this.#lesson ??= newLesson());
    if (widen(lesson, value)) {
      this.#isNew = true;
      this.#steady = 0;
    } else if (this.#isNew && ++this.#steady >= this.#needed) {
      this.#compile(lesson);
    }
    const { objects, items, other } = lesson.shape;
    if (other && objects.length === 0 && items === undefined) this.end();
    return this.#compiled;
  }

  /** Learns no more. */
  end(): void {
    this.#learns = false;
    this.#lesson = undefined;
  }

  #compile(lesson: Lesson): void {
    this.#isNew = false;
    this.#needed *= 2;
    this.#compiled = this.#make(lesson.shape);
    if (this.#compiled === undefined || ++this.#compilations >= MAX_COMPILED) this.end();
  }
}
