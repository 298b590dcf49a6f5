import { DeclarationError, UnknownNodeError } from "../../errors.ts";
import { type SystemDefinition, SystemInstance } from "../../frame/system.ts";
import { nearest } from "../../graph/names.ts";
import { NodeNames, type Scope } from "../../graph/scope.ts";
import { entries, type Entry, type GraphWorld } from "../../graph/world.ts";
import { type NodeDefinition, toNodeDefinition } from "../../node/define.ts";
import type { GraphNode, MovableNode, NodeStatus } from "../../node/graph-node.ts";
import { NodeInstance, type NodeSettings } from "../../node/instance.ts";
import type { Kernel } from "../../node/kernel.ts";
import type { HostSettings, PlannedNode } from "./plan.ts";
import type { Placement } from "../../node/placement.ts";
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

/** Makes the node that stands in the main engine for one in a thread or process. */
export type MakeHosted = (names: NodeNames, planned: PlannedNode, host: HostSettings) => MovableNode;

/** The nodes and systems of an engine, by their absolute names. */
export class Nodes {
  readonly #kernel: Kernel;
  readonly #makeHosted: MakeHosted;
  readonly #byName: Map<string, GraphNode> = new Map();
  readonly #planned: Map<string, PlannedNode> = new Map();

  constructor(kernel: Kernel, makeHosted: MakeHosted) {
    this.#kernel = kernel;
    this.#makeHosted = makeHosted;
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
    const node = host === undefined ? new NodeInstance(this.#kernel, names, definition, planned) : this.#makeHosted(names, planned, host);
    this.#byName.set(node.name, node);
    this.#planned.set(node.name, planned);
    return node;
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
    const why = node instanceof SystemInstance
      ? "is a system, which runs in the loop only"
      : node.guest && `runs in ${node.guest}, which has joined the graph`;
    if (why === undefined) return node as MovableNode;
    throw new DeclarationError(`${name} ${why}`, { node: name });
  }

  /** What is known of a node that is this engine's to run: how the config has it. */
  planned(name: string): PlannedNode | undefined {
    return this.#planned.get(name);
  }

  /** A node is no longer what its module says: it can run nowhere else, and not be loaded anew. */
  forgetModule(name: string): void {
    const { module: _module, ...planned } = this.#planned.get(name) ?? {};
    if (this.#planned.has(name)) this.#planned.set(name, planned as PlannedNode);
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
  groups(of: Iterable<GraphNode> = this.all().filter((node) => node.guest === undefined)): GraphNode[][] {
    return startGroups(Array.from(of, startable)).map((group) => group.map(({ node }) => node));
  }

  #free(name: string, otherwise = ""): void {
    const other = this.#byName.get(name);
    if (other === undefined) return;
    const where = other.guest === undefined ? otherwise : `; the other one is in ${other.guest}, which has joined the graph`;
    throw new DeclarationError(`two nodes have the name ${name}${where}`, { node: name });
  }
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
  const { name, status, placement, lives, error, definition, guest } = node;
  return {
    name,
    status: moves ? "moving" : status,
    placement,
    lives,
    ...(error === undefined ? {} : { error }),
    ...(definition.description === undefined ? {} : { description: definition.description }),
    ...(guest === undefined ? {} : { guest }),
  };
}

function startable(node: GraphNode): { name: string; needs: string[]; node: GraphNode } {
  const needs = Object.values<{ name: string }>(node.definition.needs ?? {}).map((need) => node.names.referred(need.name));
  return { name: node.name, needs, node };
}

/** Services or streams, each once a provider or publisher. */
export function listed(world: GraphWorld, kind: "service" | "stream"): Entry[] {
  return entries(world, kind).map(({ name, owner }) => ({ name, owner }));
}
