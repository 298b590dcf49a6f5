import { contest, type Enter, type Entrant } from "./contest.ts";
import type { Budget, Figures, Variant } from "./question.ts";
import { type Flow, flows, missingRos, peerNames, type RosKind, RosWorld } from "./ros.ts";

/**
 * A contest of clients of ROS in one graph; without ROS, the reason why there is none.
 *
 * @param enter one of them
 * @param others who takes part beside us
 */
export async function clients(
  enter: (world: RosWorld, kind: RosKind) => Enter,
  others: readonly (keyof typeof peerNames)[],
  variants: readonly Variant[],
  budget: Budget,
  better: "lower" | "higher",
): Promise<Record<string, Figures>> {
  const names = variants.map(({ name }) => name);
  const missing = missingRos();
  if (missing !== undefined) {
    return Object.fromEntries(
      names.map((name) => [name, { us: missing, floor: missing, peers: {} }]),
    );
  }
  const world = await RosWorld.open();
  try {
    const peers = Object.fromEntries(
      others.map((kind) => [peerNames[kind], enter(world, kind)]),
    );
    return await contest(
      { us: enter(world, "pyros"), peers },
      names,
      budget,
      better,
    );
  } finally {
    await world.close();
  }
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

/** Items into a client, and out of it: values of `in, SIZE` and `out, SIZE`. */
export function inAndOut(
  world: RosWorld,
  kind: RosKind,
  sizes: Readonly<Record<string, Flow>>,
): Enter {
  return together(
    () => flows(world, "raw", kind, sizes, "in"),
    () => flows(world, kind, "raw", sizes, "out"),
  );
}
