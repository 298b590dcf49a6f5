import { contest, type Enter, type Entrant } from "./contest.ts";
import type { Budget, Figures, Variant } from "./question.ts";
import { type Flow, flows, missingRos, peerNames, type RosKind, RosWorld } from "./ros.ts";

/** Measures in a graph of ROS; without ROS, gives the reason why there are no values. */
export async function inGraph(
  variants: readonly Variant[],
  measure: (world: RosWorld) => Promise<Record<string, Figures>>,
): Promise<Record<string, Figures>> {
  const missing = missingRos();
  if (missing !== undefined) return Object.fromEntries(variants.map(({ name }) => [name, { us: missing, floor: missing, peers: {} }]));
  const world = await RosWorld.open();
  try {
    return await measure(world);
  } finally {
    await world.close();
  }
}

/**
 * A contest of clients of ROS in one graph.
 *
 * @param enter one of them
 * @param others who takes part beside us
 */
export function clients(
  enter: (world: RosWorld, kind: RosKind) => Enter,
  others: readonly (keyof typeof peerNames)[],
  variants: readonly Variant[],
  budget: Budget,
  better: "lower" | "higher",
): Promise<Record<string, Figures>> {
  return inGraph(variants, (world) => {
    const peers = Object.fromEntries(others.map((kind) => [peerNames[kind], enter(world, kind)]));
    return contest({ us: enter(world, "pyros"), peers }, variants.map(({ name }) => name), budget, better);
  });
}

/** What several entrants measure, as one. */
export function together(...parts: readonly (() => Promise<Entrant>)[]): Enter {
  return async () => {
    const all: Entrant[] = [];
    for (const part of parts) all.push(await part());
    return {
      async run() {
        const values: Record<string, number> = {};
        for (const entrant of all) Object.assign(values, await entrant.run());
        return values;
      },
    };
  };
}

/** Items into each client, and out of it: values of `in, SIZE` and `out, SIZE`. */
export function inAndOut(
  sizes: Readonly<Record<string, Flow>>,
  variants: readonly Variant[],
  budget: Budget,
): Promise<Record<string, Figures>> {
  const enter = (world: RosWorld, kind: RosKind): Enter =>
    together(() => flows(world, "raw", kind, sizes, "in"), () => flows(world, kind, "raw", sizes, "out"));
  return clients(enter, ["rosnodejs", "foxglove", "rospy", "roscpp"], variants, budget, "higher");
}
