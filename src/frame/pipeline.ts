import { type Ambiguity, orderSystems } from "./order.ts";
import { type FrameSystem, type Stage, stages } from "./stages.ts";

/** The systems of an engine, in the order in which a frame runs them. */
export class Pipeline {
  #added: FrameSystem[] = [];
  #ordered: readonly FrameSystem[] = [];
  #parts: readonly (readonly FrameSystem[])[] = [];
  /** What the order leaves undecided. */
  ambiguous: readonly Ambiguity[] = [];
  /** Frames run since the start; the number of the last one. */
  frames = 0;

  /** The systems in their order. */
  get systems(): readonly FrameSystem[] {
    return this.#ordered;
  }

  /**
   * Adds systems.
   *
   * @throws SystemError when they cannot be put into order; none is added then
   */
  add(...systems: FrameSystem[]): void {
    const all = [...this.#added, ...systems];
    const { systems: ordered, ambiguous } = orderSystems(all);
    this.#added = all;
    this.#ordered = ordered;
    this.#parts = stages.map((stage) => ordered.filter((system) => system.stage === stage)).filter((part) => part.length > 0);
    this.ambiguous = ambiguous;
  }

  /**
   * Runs one frame.
   *
   * @param dt seconds
   * @param number of the frame, from 1: others may have run in other engines
   */
  run(dt: number, number: number = this.frames + 1): void {
    this.frames = number;
    for (const system of this.#ordered) system.run(dt, number);
  }

  /**
   * One frame in parts, a stage each that has a system: other engines may follow between them.
   *
   * @param dt seconds
   * @returns what runs the parts, to be called one after the other
   */
  inParts(dt: number): { readonly stage: Stage; readonly size: number; run(): void }[] {
    const number = ++this.frames;
    return this.#parts.map((part) => ({
      stage: part[0]!.stage,
      size: part.length,
      run() {
        for (const system of part) system.run(dt, number);
      },
    }));
  }
}
