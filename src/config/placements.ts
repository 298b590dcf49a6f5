/** Where the nodes of a config run. */
import type { HostSettings } from "../engine/core/plan.ts";
import type { Composed, ComposedNode } from "./compose.ts";
import type { Placement } from "../node/placement.ts";
import type { Place, Problems } from "./problems.ts";
import { didYouMean } from "./shape.ts";
import { nearest } from "../graph/names.ts";

/** What beats a config. */
export interface PlacementOverride {
  /** Of all nodes that are not listed. */
  readonly all?: Placement;
  /** Of some nodes, by absolute name. */
  readonly nodes?: Readonly<Record<string, Placement>>;
}

/** What a problem with an override is told of. */
const option = "--placement";

/**
 * Finds the thread or process of each node; a node that runs in the loop has none.
 *
 * An override beats what a node says, which beats a host that lists it, which beats what the config says.
 *
 * @param graph the composed config
 * @param override what beats it
 * @param problems takes what cannot be
 * @returns by absolute name
 */
export function placementsOf(graph: Composed, override: PlacementOverride | undefined, problems: Problems): Map<string, HostSettings> {
  const hosts = new Map<string, HostSettings>();
  const names = new Set(graph.nodes.map((node) => node.names.node));
  const shared = sharedHosts(graph, names, problems);
  for (const name of Object.keys(override?.nodes ?? {})) checkNode(names, name, undefined, problems);
  for (const node of graph.nodes) {
    const name = node.names.node;
    const { placement, host, place } = placeOf(node, override, shared.get(name));
    if (placement !== "loop" && isMovable(node, place, problems)) hosts.set(name, host ?? { name, placement });
  }
  return hosts;
}

interface Placed {
  readonly placement: Placement;
  readonly host?: HostSettings;
  /** Where that was said; undefined for an override. */
  readonly place?: Place;
}

function placeOf(
  { names, entry, place, defaults }: ComposedNode,
  override: PlacementOverride | undefined,
  shared: Shared | undefined,
): Placed {
  const forced = override?.nodes?.[names.node] ?? override?.all;
  if (forced !== undefined) return { placement: forced };
  if (entry.placement !== undefined) return { placement: entry.placement, place: { ...place, keys: [...place.keys, "placement"] } };
  if (shared !== undefined) return { placement: shared.host.placement, ...shared };
  const { placement } = defaults;
  return placement === undefined ? { placement: "loop" } : { placement: placement.value, place: placement.place };
}

/** A host that lists a node, and where it does. */
interface Shared {
  readonly host: HostSettings;
  readonly place: Place;
}

function sharedHosts(graph: Composed, names: ReadonlySet<string>, problems: Problems): Map<string, Shared> {
  const found = new Map<string, Shared>();
  for (const [name, { placement, nodes = [], runtime, permissions, heartbeat }] of Object.entries(graph.config.hosts ?? {})) {
    const host: HostSettings = {
      name,
      placement,
      ...(runtime === undefined ? {} : { runtime }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(heartbeat === undefined ? {} : { heartbeat }),
    };
    for (const [key, value] of Object.entries({ runtime, permissions })) {
      if (placement !== "thread" || value === undefined) continue;
      problems.add(
        { source: graph.source, keys: ["hosts", name, key] },
        `a thread has no ${key} of its own; leave it out, or make it a process`,
      );
    }
    for (const [i, node] of nodes.entries()) {
      const place = { source: graph.source, keys: ["hosts", name, "nodes", i] };
      if (!checkNode(names, node, place, problems)) continue;
      const other = found.get(node);
      if (other !== undefined) problems.add(place, `${node} is in the host ${other.host.name} already`);
      found.set(node, { host, place });
    }
  }
  return found;
}

function checkNode(names: ReadonlySet<string>, name: string, place: Place | undefined, problems: Problems): boolean {
  if (names.has(name)) return true;
  add(problems, place, `there is no node ${name}${didYouMean(nearest(name, names))}`);
  return false;
}

function isMovable(node: ComposedNode, place: Place | undefined, problems: Problems): boolean {
  if (node.file !== undefined) return true;
  const why = `${node.names.node} is given as a value, so it can run in the loop only; put it into a module of its own, and give its path`;
  add(problems, place, why);
  return false;
}

function add(problems: Problems, place: Place | undefined, message: string): void {
  if (place === undefined) problems.list.push({ path: "", message, where: option });
  else problems.add(place, message);
}
