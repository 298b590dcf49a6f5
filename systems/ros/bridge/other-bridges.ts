import type { GraphView } from "../../../src/node/graph-view.ts";

/** The nodes of this graph that are bridges to ROS too, by their names. */
export function otherBridges(view: GraphView): string[] {
  return view.services
    .filter(({ name, owner }) => owner !== view.name && name === `${owner}/expose` && view.read(`${owner}/status/origin`) !== undefined)
    .map(({ owner }) => owner);
}
