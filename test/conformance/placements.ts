import type { EngineConfig, Placement } from "pyros";
import { commandOf, other } from "./runtimes.ts";

/** A way to run a graph. Every semantic of the contract holds in each of them alike. */
export interface PlacementCase {
  /** As it appears in the names of tests. */
  readonly name: string;
  /**
   * Puts the nodes of a config where this placement wants them.
   *
   * @param nodes their names, those inside of mounts too; the keys of the config by default
   */
  place(config: EngineConfig, nodes?: readonly string[]): EngineConfig;
  /** In how many engines in processes of their own, which join, the nodes run instead, where the clock is live. */
  readonly guests?: number;
}

const everywhere: readonly Placement[] = ["loop", "process", "thread"];

/** Each node by itself: in the loop, in a thread, in a process. */
function alone(placement: Placement): PlacementCase {
  return { name: placement, place: (config) => ({ placement, ...config }) };
}

/** All nodes in one process. */
function together(name: string, runtime?: "node" | "deno"): PlacementCase {
  return {
    name,
    place(config, nodes = Object.keys(config.nodes ?? {})) {
      const host = { placement: "process" as const, nodes, ...(runtime === undefined ? {} : { runtime }) };
      return nodes.length === 0 ? config : { ...config, hosts: { together: host } };
    },
  };
}

/** One node in the loop, the next in a process, the next in a thread, and so on. */
const mixed: PlacementCase = {
  name: "mixed",
  place(config) {
    const placed = Object.entries(config.nodes ?? {}).map(([name, entry], i) => {
      const placement = everywhere[i % everywhere.length]!;
      const full = typeof entry === "object" && "use" in entry ? entry : { use: entry as string };
      return [name, { placement, ...full }] as const;
    });
    return { ...config, nodes: Object.fromEntries(placed) };
  },
};

/** In engines that were started as other processes and have joined the graph, which has no node itself. */
function joined(name: string, guests: number): PlacementCase {
  return { name, place: (config) => config, guests };
}

/** All placements by name; `foreign` is a process of the other runtime. */
const all: readonly PlacementCase[] = [
  alone("loop"),
  alone("thread"),
  alone("process"),
  together("together"),
  mixed,
  together("foreign", other),
  joined("guest", 1),
  joined("guests", 2),
];
/** What `PYROS_CODEC` and `PYROS_LINK` ask for; the defaults of a config where they are not set. */
const wire: EngineConfig = {
  ...(process.env.PYROS_CODEC === undefined ? {} : { codec: process.env.PYROS_CODEC }),
  ...(process.env.PYROS_LINK === undefined ? {} : { link: process.env.PYROS_LINK as "zmtp" }),
};
const wanted = (process.env.PYROS_PLACEMENTS ?? "loop").split(",");

const unknown = wanted.filter((name) => !all.some((placement) => placement.name === name));
if (unknown.length > 0) {
  throw new Error(`PYROS_PLACEMENTS: there is no ${unknown.join(", ")}; there are ${all.map(({ name }) => name).join(", ")}`);
}
if (wanted.includes("foreign") && commandOf(other) === undefined) {
  throw new Error(`PYROS_PLACEMENTS: foreign needs ${other}, which is not here`);
}

/** The placements that `PYROS_PLACEMENTS` asks for, such as `loop,thread`; the loop alone by default. */
export const placements: readonly PlacementCase[] = all
  .filter(({ name }) => wanted.includes(name))
  .map((placement) => ({ ...placement, place: (config, nodes) => placement.place({ ...wire, ...config }, nodes) }));
