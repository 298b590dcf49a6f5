import type { EngineConfig } from "pyros";

/** A way to run a graph. Every semantic of the contract holds in each of them alike. */
export interface PlacementCase {
  /** As it appears in the names of tests. */
  readonly name: string;
  /** Puts the nodes of a config where this placement wants them. */
  place(config: EngineConfig): EngineConfig;
}

const all: readonly PlacementCase[] = (["loop", "thread", "process"] as const).map((placement) => ({
  name: placement,
  place: (config) => ({ placement, ...config }),
}));

/** The placements that are asked for by `PYROS_PLACEMENTS`, such as `loop,thread`. */
export const placements: readonly PlacementCase[] = all.filter(({ name }) =>
  (process.env.PYROS_PLACEMENTS ?? "loop").split(",").includes(name)
);
