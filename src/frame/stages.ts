/** The parts of a frame, in their order: what came in, what nodes decide, what the world does, what goes out. */
export const stages = ["receive", "update", "simulate", "send"] as const;

/** One part of a frame. */
export type Stage = (typeof stages)[number];

/** A system as the pipeline sees it. */
export interface FrameSystem {
  /** Unique in an engine. */
  readonly name: string;
  readonly stage: Stage;
  /** Systems of the same stage that this one must run before. */
  readonly before?: readonly string[] | undefined;
  /** Systems of the same stage that this one must run after. */
  readonly after?: readonly string[] | undefined;
  /** Components that it reads. */
  readonly reads?: readonly object[] | undefined;
  /** Components that it changes. */
  readonly writes?: readonly object[] | undefined;
  /**
   * Runs once a frame. It must not throw.
   *
   * @param dt seconds since the frame before
   * @param number of the frame, from 1
   */
  run(dt: number, number: number): void;
}
