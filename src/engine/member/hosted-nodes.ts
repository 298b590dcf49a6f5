import { Scope } from "../../graph/scope.ts";
import type { Checkpoint } from "../../node/checkpoints.ts";
import { NodeInstance } from "../../node/instance.ts";
import type { MovableNode } from "../../node/graph-node.ts";
import type { HostedNode } from "../wire/bootstrap.ts";
import type { NodeRunner } from "./node-runner.ts";
import type { Nodes } from "../core/nodes.ts";
import type { LoadNode } from "../core/plan.ts";
import type { NodeReport } from "../wire/node-report.ts";

/** The nodes of an engine in a thread or process, as the main engine has them run. */
export class HostedNodes {
  readonly #engine: NodeRunner;
  readonly #nodes: Nodes;
  readonly #load: LoadNode;
  readonly #modules: Map<string, string> = new Map();

  constructor(engine: NodeRunner, nodes: Nodes, load: LoadNode) {
    this.#engine = engine;
    this.#nodes = nodes;
    this.#load = load;
  }

  /** Loads modules one after the other, while nothing is known of nodes yet; what is wrong with one is told when its node is entered. */
  async prepare(modules: readonly string[]): Promise<void> {
    try {
      for (const module of modules) await this.#load(module);
    } catch {
      // it is loaded again, and fails again
    }
  }

  /** Enters nodes; they do not run yet. */
  async enter(list: readonly HostedNode[]): Promise<void> {
    for (const { module, scope, ...node } of list) {
      const { name } = this.#nodes.enter({ ...node, scope: Scope.of(scope), definition: await this.#load(module) });
      this.#modules.set(name, module);
    }
  }

  /** @param checkpoint what it goes on with, after a life elsewhere that has failed */
  start(name: string, checkpoint?: Checkpoint): Promise<void> {
    const node = this.#nodes.get(name);
    return checkpoint !== undefined && node instanceof NodeInstance ? node.resume(checkpoint) : this.#engine.startNode(name);
  }

  stop(name: string): Promise<void> {
    return this.#engine.stopNode(name);
  }

  /** A node that moves. */
  movable(name: string): MovableNode {
    return this.#nodes.movable(name);
  }

  remove(name: string): Promise<void> {
    return this.#engine.remove(name);
  }

  /** Swaps a node for what its module says now. */
  async swap(name: string): Promise<void> {
    await this.#engine.swapNode(name, await this.#load(this.#modules.get(name)!, true));
  }

  /** Ends the engine. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** What is known of a node. */
  report(name: string): Pick<NodeReport, "status" | "lives"> | undefined {
    return this.#nodes.find(name);
  }
}
