import type { EngineConfig } from "pyros";

/** A way to run a graph. Every semantic of the contract holds in each of them alike. */
export interface PlacementCase {
  /** As it appears in the names of tests. */
  readonly name: string;
  /** Puts the nodes of a config where this placement wants them. */
  place(config: EngineConfig): EngineConfig;
}

/** All placements; threads, processes and their links join here. */
export const placements: readonly PlacementCase[] = [{ name: "loop", place: (config) => ({ placement: "loop", ...config }) }];
