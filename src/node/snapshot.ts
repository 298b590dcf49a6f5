import type { StreamsData } from "../stream/handover.ts";
import type { Checkpoint } from "./checkpoints.ts";

/** What goes over when a node moves: all of it is data. */
export interface NodeSnapshot extends StreamsData {
  /** Whether it ran; else there is no state, and nothing of its streams. */
  readonly runs: boolean;
  readonly state?: object;
  /** Why the state at its end is no data, where it is none; `state` is then what it was before `dispose`. */
  readonly problem?: unknown;
  /** The definition's, which the state is of. */
  readonly version: number;
  readonly random?: readonly [number, number, number, number];
  /** Of a node that did not run, and waited for its restart: what that is to go on with. */
  readonly checkpoint?: Checkpoint;
  /** How many lives it has had. */
  readonly lives: number;
  /** When it was started again of late, in ms of the clock. */
  readonly restarts: readonly number[];
}
