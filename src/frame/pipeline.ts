import { type Ambiguity, orderSystems } from "./order.ts";
import type { FrameSystem } from "./stages.ts";

/** The systems of an engine, in the order in which a frame runs them. */
export class Pipeline {
  #added: FrameSystem[] = [];
  #ordered: readonly FrameSystem[] = [];
  /** What the order leaves undecided. */
  ambiguous: readonly Ambiguity[] = [];
  /** Frames run since the start. */
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
    this.ambiguous = ambiguous;
  }

  /**
   * Runs one frame.
   *
   * @param dt seconds
   */
  run(dt: number): void {
    this.frames++;
    for (const system of this.#ordered) system.run(dt);
  }
}
