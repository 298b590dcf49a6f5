import { DeclarationError, UnknownNodeError } from "../errors.ts";
import { type SystemDefinition, SystemInstance } from "../frame/system.ts";
import { nearest } from "../graph/names.ts";
import { NodeNames, type Scope } from "../graph/scope.ts";
import { NodeInstance, type NodeStatus } from "../node/instance.ts";
import type { Kernel } from "../node/kernel.ts";
import type { PlannedNode } from "./plan.ts";
import { startGroups } from "./start-order.ts";

/** What is known about a node from outside. */
export interface NodeInfo {
  /** Absolute name. */
  readonly name: string;
  /** What it does at the moment. */
  readonly status: NodeStatus;
  /** How many lives it has had. */
  readonly lives: number;
  /** Why its last life ended, where it failed. */
  readonly error?: unknown;
  /** What its definition says of it. */
  readonly description?: string;
}

/** The nodes and systems of an engine, by their absolute names. */
export class Nodes {
  readonly #kernel: Kernel;
  readonly #byName: Map<string, NodeInstance> = new Map();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Enters a node into the graph; it does not run yet.
   *
   * @throws NameError when its name breaks the rules, DeclarationError when it is taken
   */
  enter(planned: PlannedNode): NodeInstance {
    const names = new NodeNames(planned.name, planned.scope, planned.remap);
    this.#free(names.node);
    const node = new NodeInstance(this.#kernel, names, planned.definition, planned);
    this.#byName.set(node.name, node);
    return node;
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
   * Finds a node.
   *
   * @throws UnknownNodeError when there is none of that name
   */
  get(name: string): NodeInstance {
    const node = this.#byName.get(name);
    if (node !== undefined) return node;
    const near = nearest(name, this.#byName.keys());
    throw new UnknownNodeError(`no node has the name ${name}${near === undefined ? "" : `; did you mean ${near}?`}`, { node: name });
  }

  /** Forgets a node, whose name is free from now on. */
  forget(name: string): void {
    this.#byName.delete(name);
  }

  /** All of them, in groups: those that are called come before their callers. */
  groups(of: Iterable<NodeInstance> = this.#byName.values()): NodeInstance[][] {
    return startGroups(Array.from(of, startable)).map((group) => group.map(({ node }) => node));
  }

  #free(name: string): void {
    if (this.#byName.has(name)) throw new DeclarationError(`two nodes have the name ${name}`, { node: name });
  }
}

/** What a node tells of itself. */
export function infoOf(node: NodeInstance): NodeInfo {
  const { name, status, lives, error, definition } = node;
  return {
    name,
    status,
    lives,
    ...(error === undefined ? {} : { error }),
    ...(definition.description === undefined ? {} : { description: definition.description }),
  };
}

function startable(node: NodeInstance): { name: string; needs: string[]; node: NodeInstance } {
  const needs = Object.values<{ name: string }>(node.definition.needs ?? {}).map((need) => node.names.referred(need.name));
  return { name: node.name, needs, node };
}
