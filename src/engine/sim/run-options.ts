/** How far simulated time runs; the first that is reached ends the run. Without any, until nothing is left to happen. */
export interface RunOptions {
  /** Until this time, in ms since the start of the simulation, or until this promise settles. */
  until?: number | PromiseLike<unknown>;
  /** For so many seconds. */
  seconds?: number;
  /** For so many frames, or as long as they would take where nothing has an `update`. */
  frames?: number;
}
