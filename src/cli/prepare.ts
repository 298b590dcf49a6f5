import { pathToFileURL } from "node:url";
import { configIn, configNames } from "../config/load.ts";
import { parseSet } from "../config/overrides.ts";
import type { PlacementOverride } from "../config/placements.ts";
import { prepare, type Prepared } from "../config/plan.ts";
import { type Placement, placements } from "../node/placement.ts";
import { proposal } from "./arguments.ts";
import { type Arguments, type Option, UsageError } from "./verb.ts";

/** The options of all verbs that read a config. */
export const configOptions: Readonly<Record<string, Option>> = {
  placement: {
    value: "WHERE",
    several: true,
    about: "Where nodes run, whatever the config says: loop, thread or process; /vision=loop for one of them.",
  },
  name: { value: "NAME", about: "The graph's name, by which others join it, whatever the config says." },
  join: { value: "GRAPH", about: "The name of the running graph to take part in, instead of leading one." },
  set: { value: "NAME=VALUE", several: true, about: "Set a param, such as /guide/gain=3; the value is JSON or plain text." },
};

/**
 * Reads the config that the command line names, or the one in this folder.
 *
 * @throws ConfigError with all mistakes in it, UsageError when there is none
 */
export function prepareConfig({ config, options, rest }: Arguments): Promise<Prepared> {
  const path = config ?? configIn(pathToFileURL(`${process.cwd()}/`))?.href;
  if (path === undefined) throw new UsageError(`there is no config in this folder; a config is called ${configNames.join(", ")}`);
  const pairs = (options.get("set") ?? []).map((text) => {
    const pair = parseSet(text);
    if (pair === undefined) throw new UsageError(`--set ${text} sets nothing; write --set ${text}=VALUE`);
    return pair;
  });
  const placement = placementOf(options.get("placement") ?? []);
  const [name] = options.get("name") ?? [];
  const [join] = options.get("join") ?? [];
  return prepare(path, {
    args: rest,
    ...(name === undefined ? {} : { name }),
    ...(join === undefined ? {} : { join }),
    ...(pairs.length === 0 ? {} : { set: Object.fromEntries(pairs) }),
    ...(placement === undefined ? {} : { placement }),
  });
}

/** One placement for all nodes, and others for some. */
function placementOf(texts: readonly string[]): PlacementOverride | undefined {
  const nodes: Record<string, Placement> = {};
  let all: Placement | undefined;
  for (const text of texts) {
    const at = text.indexOf("=");
    const placement = checkPlacement(text.slice(at + 1));
    if (at >= 0) nodes[text.slice(0, at)] = placement;
    else all = placement;
  }
  return texts.length === 0 ? undefined : { ...(all === undefined ? {} : { all }), nodes };
}

/**
 * Checks a word that says where nodes run.
 *
 * @throws UsageError when it is none
 */
export function checkPlacement(text: string): Placement {
  if (placements.includes(text as Placement)) return text as Placement;
  throw new UsageError(`there is no placement ${JSON.stringify(text)}${proposal(text, placements)}`);
}
