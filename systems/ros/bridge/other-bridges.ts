import type { GraphView } from "../../../src/node/graph-view.ts";
import { Exposure } from "./exposure.ts";

/** The nodes of this graph that are bridges to ROS too, by their names. */
export function otherBridges(view: GraphView): string[] {
  return view.services
    .filter(({ name, owner }) => owner !== view.name && name === `${owner}/expose` && view.read(`${owner}/status/origin`) !== undefined)
    .map(({ owner }) => owner);
}

/** The names under which other bridges of this graph have streams or services of it in the same ROS graph, and those bridges. */
export function givenByOthers(view: GraphView, origin: string, kind: "streams" | "services"): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const bridge of otherBridges(view)) {
    if (view.read(`${bridge}/status/origin`) !== origin) continue;
    let exports: Exposure;
    try {
      exports = new Exposure(view.read(`${bridge}/export/${kind}`), "export", kind);
    } catch {
      continue; // it exposes nothing of the kind
    }
    for (const one of view[kind]) {
      const from = "origin" in one ? one.origin : one.options?.origin;
      const rule = from === origin ? undefined : exports.ruleFor(one.name);
      if (rule !== undefined && !given.has(rule.as ?? one.name)) given.set(rule.as ?? one.name, bridge);
    }
  }
  return given;
}
