import { checkAbsolute } from "../../../src/graph/names.ts";
import type { SetupContext } from "../../../src/node/context.ts";
import type { GraphView } from "../../../src/node/graph-view.ts";
import type { RosClient } from "../client/client.ts";
import type { Library } from "../message/library.ts";
import { Ros1Client } from "../ros1/client.ts";
import { RosbridgeClient } from "../rosbridge/client.ts";
import type { Addresses } from "./addresses.ts";
import { Exposure } from "./exposure.ts";
import { actionTopics } from "./goal.ts";
import { givenByOthers } from "./other-bridges.ts";

/** A type as ROS 2 spells it, in a list. */
const spelledForRos2 = /"type":"\w+\/(msg|srv|action)\/\w+"/;

/**
 * The client that speaks what the address asks for.
 *
 * @param context of the bridge's node
 * @param library the types that this machine knows
 * @param warn is told what people should know of
 */
export function clientOf(
  { params }: SetupContext,
  view: GraphView,
  { kind, master, host, listen, origin }: Addresses,
  library: Library,
  warn: (text: string) => void,
): RosClient {
  const name = checkAbsolute(params.name as string, "the bridge's name in the ROS graph");
  const interval = params.interval as number;
  if (kind === "ros1") return new Ros1Client({ master, name, host, listen, library, interval, mark: view.graph, warn });
  const exposures = new Map<unknown, Exposure>(); // by the list that they are made of
  const exposure = (direction: "import" | "export", what: "streams" | "services" | "actions"): Exposure => {
    const list = params[direction][what] as unknown;
    let made = exposures.get(list);
    if (made !== undefined) return made;
    try {
      made = new Exposure(list, direction, what);
    } catch {
      made = new Exposure([], direction, what); // it is told elsewhere
    }
    if (exposures.size > 16) exposures.clear(); // those of lists that were
    exposures.set(list, made);
    return made;
  };
  return new RosbridgeClient({
    server: master,
    name,
    interval,
    library,
    version: spelledForRos2.test(JSON.stringify([params.import, params.export])) ? 2 : 1,
    warn,
    interest: {
      topic(name) {
        if (exposure("import", "streams").ruleFor(name) !== undefined) return true;
        const action = name.slice(0, name.lastIndexOf("/"));
        if (!Object.values(actionTopics(action)).includes(name)) return false;
        return (["import", "export"] as const).some((direction) => exposure(direction, "actions").ruleFor(action) !== undefined);
      },
      get services() {
        const { rules } = exposure("import", "services");
        return rules.filter(({ glob, type }) => glob.isName && type !== undefined).map(({ glob }) => glob.text);
      },
      bridge: view.name,
      ours: (kind) => givenByOthers(view, origin, kind),
    },
  });
}
