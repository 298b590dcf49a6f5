/** What an engine that joins a graph may say, and what links to others need. */
import type { HostSettings } from "../engine/core/plan.ts";
import { isEverywhere, isLocal, parseAddress } from "../link/bytes/address.ts";
import type { Composed } from "./compose.ts";
import type { EngineConfig } from "./define.ts";
import type { Problems } from "./problems.ts";

const mains = ["allow", "clock", "seed", "speed", "development", "hosts", "heartbeat", "paramsFile"] as const;

/**
 * Checks the config of an engine that joins a graph: what is one in the graph is for the main engine to say.
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

/** Checks that nothing is reached over a network without keys. */
export function checkLinks({ config, source }: Composed, problems: Problems): void {
  const refuse = (key: keyof EngineConfig, why: string): void => problems.add({ source, keys: [key] }, why);
  const { join, listen, keys, allow, serverKey } = config;
  const far = join?.startsWith("tcp:") === true;
  if (serverKey !== undefined && join === undefined) refuse("serverKey", "is of the graph that an engine joins, and this one joins none");
  if (join === undefined) {
    if (keys !== undefined && listen === undefined) refuse("keys", "are for engines that join over TCP: say where they can, by listen");
    if (keys !== undefined && allow === undefined) refuse("keys", "let nobody join: say who may, by allow");
    if (allow !== undefined && keys === undefined) refuse("allow", "needs keys: the file of this engine's own");
    if (listen !== undefined && keys === undefined && reachable(listen)) {
      refuse("listen", `${listen} can be reached from other machines: set keys and allow, or listen at 127.0.0.1`);
    }
    return;
  }
  if (!far) {
    if (keys !== undefined) {
      refuse("keys", `are for a graph that is joined by its address, and ${join} is found on this machine by its name`);
    }
    if (listen !== undefined) {
      refuse("listen", `is for a graph that is joined by its address, and ${join} is found on this machine by its name`);
    }
  } else if (keys === undefined && reachable(join)) refuse("join", `${join} is not on this machine: set keys and serverKey`);
  else if (keys === undefined && listen !== undefined) refuse("listen", "needs keys and serverKey");
  if (keys !== undefined && serverKey === undefined) refuse("keys", "need serverKey, the public key of the graph's main engine");
  if (serverKey !== undefined && keys === undefined) refuse("serverKey", "needs keys: the file of this engine's own");
  if (listen !== undefined && isEverywhere(parseAddress(listen))) refuse("listen", `${listen} must name the host by which others reach it`);
}

function reachable(address: string): boolean {
  return !isLocal(parseAddress(address));
}
