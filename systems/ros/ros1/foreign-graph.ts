import type { ForeignGraph, TopicInfo } from "../client/client.ts";
import type { SystemState } from "./master.ts";

/**
 * What the others in the graph have.
 *
 * @param types of topics, by name
 * @param self the node that is left out
 */
export function foreignGraph(
  { publishers, subscribers, services }: SystemState,
  types: ReadonlyMap<string, string>,
  self: string,
): ForeignGraph {
  const others = (nodes: readonly string[] | undefined): string[] => (nodes ?? []).filter((node) => node !== self);
  const topics = new Map<string, TopicInfo>();
  for (const name of new Set([...publishers.keys(), ...subscribers.keys()])) {
    const info = {
      name,
      type: types.get(name) ?? "*",
      publishers: others(publishers.get(name)),
      subscribers: others(subscribers.get(name)),
    };
    if (info.publishers.length + info.subscribers.length > 0) topics.set(name, info);
  }
  const provided = [...services].map(([name, nodes]) => [name, others(nodes)] as const).filter(([, nodes]) => nodes.length > 0);
  return { topics, services: new Map(provided) };
}
