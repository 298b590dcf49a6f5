/** Where a node runs: in the main engine's loop, in a worker thread, or in a process of its own. */
export type Placement = "loop" | "thread" | "process";

/** All placements. */
export const placements: readonly Placement[] = ["loop", "thread", "process"];
