import type { NodeUsage } from "../../systems/update.ts";

/** How the frames of an engine fare. */
export interface FrameStats {
  /** Frames a second that are wanted, in Hz. */
  readonly rate: number;
  /** Frames run. */
  readonly frames: number;
  /** Frames left out because the loop was too late. */
  readonly skipped: number;
  /** Ms by which the last frame was late. */
  readonly lateness: number;
  /** Who used the time, the largest first: sampled. */
  readonly usage: NodeUsage[];
}
