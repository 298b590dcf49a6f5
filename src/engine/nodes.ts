import { DeclarationError, UnknownNodeError } from "../errors.ts";
import { type SystemDefinition, SystemInstance } from "../frame/system.ts";
import { nearest } from "../graph/names.ts";
import { NodeNames, type Scope } from "../graph/scope.ts";
import { entries, type Entry, type GraphWorld } from "../graph/world.ts";
import { type NodeDefinition, toNodeDefinition } from "../node/define.ts";
import type { GraphNode, MovableNode, NodeStatus } from "../node/graph-node.ts";
import { NodeInstance, type NodeSettings } from "../node/instance.ts";
import type { Kernel } from "../node/kernel.ts";
import type { HostedNode } from "./bootstrap.ts";
import { GuestNode } from "./guest-node.ts";
import type { Host, HostSettings } from "./host.ts";
import type { LoadNode, PlannedNode } from "./plan.ts";
import type { Placement } from "./placement.ts";
import { RemoteNode } from "./remote-node.ts";
import type { SimDriver } from "./sim-driver.ts";
import { startGroups } from "./start-order.ts";

/** What is known about a node from outside. */
export interface NodeInfo {
  /** Absolute name. */
  readonly name: string;
  /** What it does at the moment; `moving` while its calls wait because it goes to another place. */
  readonly status: NodeStatus;
  /** Where it runs. */
  readonly placement: Placement;
  /** How many lives it has had. */
  readonly lives: number;
  /** Why its last life ended, where it failed. */
  readonly error?: unknown;
  /** What its definition says of it. */
  readonly description?: string;
  /** The engine that it runs in, as people know it, where that was started by somebody else and has joined the graph. */
  readonly guest?: string;
}

/** How to add a node to a running engine. */
export interface AddOptions extends NodeSettings {
  /** The node's words to other names. */
  readonly remap?: Readonly<Record<string, string>>;
}

/** The nodes and systems of an engine, by their absolute names. */
export class Nodes {
  readonly #kernel: Kernel;
  readonly #load: LoadNode;
  readonly #hostOf: (settings: HostSettings) => Host;
  readonly #byName: Map<string, GraphNode> = new Map();
  readonly #planned: Map<string, PlannedNode> = new Map();

  /**
   * @param load finds the definition in a module
   * @param hostOf the thread or process of these settings
   */
  constructor(kernel: Kernel, load: LoadNode, hostOf: (settings: HostSettings) => Host) {
    this.#kernel = kernel;
    this.#load = load;
    this.#hostOf = hostOf;
  }

  /**
   * Enters a node into the graph; it does not run yet.
   *
   * @throws NameError when its name breaks the rules, DeclarationError when it is taken
   */
  enter(planned: PlannedNode): GraphNode {
    const { name, scope, remap, definition, host } = planned;
    const names = new NodeNames(name, scope, remap);
    this.#free(names.node);
    const node = host === undefined
      ? new NodeInstance(this.#kernel, names, definition, planned)
      : new RemoteNode(this.#kernel, names, definition, hosted(planned), this.#hostOf(host));
    this.#byName.set(node.name, node);
    this.#planned.set(node.name, planned);
    return node;
  }

  /**
   * Makes the node for another place of one that is here already: it is not in the graph yet.
   *
   * @param host the thread or process; the loop of this engine by default
   * @throws DeclarationError when it cannot run anywhere but in the loop
   */
  arriving(name: string, host: Host | undefined): MovableNode {
    const { names, definition } = this.get(name);
    const planned = this.#planned.get(name)!;
    return host === undefined
      ? new NodeInstance(this.#kernel, names, definition, planned, true)
      : new RemoteNode(this.#kernel, names, definition, hosted(planned), host, true);
  }

  /** The thread or process for a node that moves: as the config has it, where it runs in such a place by the config. */
  settings(name: string, placement: "thread" | "process"): HostSettings {
    const planned = this.#planned.get(name)?.host;
    return { ...(planned?.placement === placement ? planned : {}), name, placement };
  }

  /** It is in another place from now on. */
  replace(node: GraphNode): void {
    this.#byName.set(node.name, node);
  }

  /**
   * A node that can move.
   *
   * @throws UnknownNodeError when there is none of that name, DeclarationError when it is a system
   */
  movable(name: string): MovableNode {
    const node = this.get(name);
    if (!(node instanceof SystemInstance) && (node instanceof NodeInstance || node instanceof RemoteNode)) return node;
    const why = node instanceof GuestNode
      ? `runs in ${node.guest}, which has joined the graph`
      : "is a system, which runs in the loop only";
    throw new DeclarationError(`${name} ${why}`, { node: name });
  }

  /**
   * Swaps a node: for a definition, or for what its module says now.
   *
   * @throws DeclarationError when a definition would have to travel, or when there is no module
   */
  async swap(name: string, definition: NodeDefinition | undefined): Promise<void> {
    const node = this.get(name);
    const planned = this.#planned.get(name);
    if (node instanceof GuestNode) return node.swap();
    if (definition === undefined) {
      if (planned?.module === undefined) {
        throw new DeclarationError(`${name} is given as a value: it has no module to load anew, so give its definition`, { node: name });
      }
      return node.swap(await this.#load(planned.module, true));
    }
    if (node instanceof RemoteNode) {
      throw new DeclarationError(
        `${name} runs in ${node.host.settings.placement === "thread" ? "a thread" : "a process"}, where a definition cannot travel; ` +
          "give none, and its module is loaded anew",
        { node: name },
      );
    }
    await node.swap(definition);
    if (planned !== undefined) this.#planned.set(name, withoutModule(planned));
  }

  /** Whether a node is defined by a module, so that it can run elsewhere. */
  hasModule(name: string): boolean {
    return this.#planned.get(name)?.module !== undefined;
  }

  /**
   * Enters a system into the graph; it does not run yet.
   *
   * @throws NameError when its name breaks the rules, DeclarationError when it is taken
   */
  enterSystem(definition: SystemDefinition, scope: Scope): SystemInstance {
    this.#free(scope.absolute(`/${definition.name}`));
    const system = new SystemInstance(this.#kernel, scope, definition);
    this.#byName.set(system.name, system);
    return system;
  }

  /**
   * Enters a node that is in another engine.
   *
   * @throws DeclarationError when its name is taken
   */
  receive<N extends GraphNode>(name: string, make: () => N): N {
    this.#free(name, "; the other one is the graph's own");
    const node = make();
    this.#byName.set(name, node);
    return node;
  }

  /**
   * Finds a node.
   *
   * @throws UnknownNodeError when there is none of that name
   */
  get(name: string): GraphNode {
    const node = this.#byName.get(name);
    if (node !== undefined) return node;
    const near = nearest(name, this.#byName.keys());
    throw new UnknownNodeError(`no node has the name ${name}${near === undefined ? "" : `; did you mean ${near}?`}`, { node: name });
  }

  /** A node, where there is one of that name. */
  find(name: string): GraphNode | undefined {
    return this.#byName.get(name);
  }

  /** Forgets a node, whose name is free from now on. */
  forget(name: string): void {
    this.#byName.delete(name);
    this.#planned.delete(name);
  }

  /**
   * What is known about those in the graph, by name.
   *
   * @param moves whether calls of a node wait because it moves
   */
  infos(moves: (name: string) => boolean): NodeInfo[] {
    return entries<GraphNode>(this.#kernel.world, "node").map((node) => infoOf(node, moves(node.name)));
  }

  /** All of them. */
  all(): GraphNode[] {
    return [...this.#byName.values()];
  }

  /** All that are this engine's to start and to stop, in groups: those that are called come before their callers. */
  groups(of: Iterable<GraphNode> = this.all().filter((node) => !(node instanceof GuestNode))): GraphNode[][] {
    return startGroups(Array.from(of, startable)).map((group) => group.map(({ node }) => node));
  }

  /**
   * Removes all that are this engine's, callers before those they call. In simulated time it is one after the other, and what follows
   * from each is delivered before the next: so the end of a run is the same wherever nodes run.
   */
  async removeAll(sim: Pick<SimDriver, "calm"> | undefined): Promise<void> {
    for (const group of this.groups().reverse()) {
      if (sim === undefined) await Promise.all(group.map((node) => node.remove()));
      else {
        for (const node of group) {
          await node.stop();
          await sim.calm();
          await node.remove();
          await sim.calm();
        }
      }
    }
  }

  #free(name: string, otherwise = ""): void {
    const other = this.#byName.get(name);
    if (other === undefined) return;
    const where = other instanceof GuestNode ? `; the other one is in ${other.guest}, which has joined the graph` : otherwise;
    throw new DeclarationError(`two nodes have the name ${name}${where}`, { node: name });
  }
}

/** Where a node runs. */
export function placeOf(node: GraphNode): Placement {
  return node instanceof RemoteNode ? node.host.settings.placement : "loop";
}

/**
 * The definition of a node that is added while the engine runs.
 *
 * @throws DeclarationError when it is none
 */
export function definitionOf(name: string, use: unknown): NodeDefinition {
  const definition = toNodeDefinition(use);
  if (definition !== undefined) return definition;
  throw new DeclarationError(`${name} is given something that is no node; use what defineNode returns, or a function`, { node: name });
}

function infoOf(node: GraphNode, moves: boolean): NodeInfo {
  const { name, status, lives, error, definition } = node;
  return {
    name,
    status: moves ? "moving" : status,
    placement: placeOf(node),
    lives,
    ...(error === undefined ? {} : { error }),
    ...(definition.description === undefined ? {} : { description: definition.description }),
    ...(node instanceof GuestNode ? { guest: node.guest } : {}),
  };
}

function startable(node: GraphNode): { name: string; needs: string[]; node: GraphNode } {
  const needs = Object.values<{ name: string }>(node.definition.needs ?? {}).map((need) => node.names.referred(need.name));
  return { name: node.name, needs, node };
}

function withoutModule({ module: _module, ...planned }: PlannedNode): PlannedNode {
  return planned;
}

function hosted({ name, scope, module, params, remap, rate, restart, checkpoint }: PlannedNode): HostedNode {
  if (module === undefined) throw new DeclarationError(`${name} is given as a value, so it can run in the loop only`, { node: name });
  return {
    name,
    scope: scope.data,
    module,
    ...(params === undefined ? {} : { params }),
    ...(remap === undefined ? {} : { remap }),
    ...(rate === undefined ? {} : { rate }),
    ...(restart === undefined ? {} : { restart }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

/** Services or streams, each once a provider or publisher. */
export function listed(world: GraphWorld, kind: "service" | "stream"): Entry[] {
  return entries(world, kind).map(({ name, owner }) => ({ name, owner }));
}
