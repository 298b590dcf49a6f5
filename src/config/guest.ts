/** What an engine that joins a graph may say: what is one in the graph is for the main engine to say. */
import type { HostSettings } from "../engine/host.ts";
import type { Composed } from "./compose.ts";
import type { Problems } from "./problems.ts";

const mains = ["clock", "seed", "speed", "development", "hosts", "heartbeat", "paramsFile"] as const;

/**
 * Checks the config of an engine that joins a graph.
 *
 * @param hosts the nodes that run in threads and processes
 * @param problems takes what cannot be
 */
export function checkGuest({ config, source, nodes }: Composed, hosts: ReadonlyMap<string, HostSettings>, problems: Problems): void {
  for (const key of mains) {
    if (config[key] === undefined) continue;
    problems.add(
      { source, keys: [key] },
      `is for the config of the graph to say, and this engine joins ${config.join}; leave it out`,
      "key",
    );
  }
  if (config.hosts !== undefined) return; // told once
  for (const { names, place } of nodes) {
    const host = hosts.get(names.node);
    if (host === undefined) continue;
    problems.add(place, `${names.node} is placed in a ${host.placement}, and an engine that joins a graph runs its nodes in its own loop`);
  }
}
