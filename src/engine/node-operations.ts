import { DeclarationError } from "../errors.ts";
import type { NodeDefinition } from "../node/define.ts";
import type { GraphNode } from "../node/graph-node.ts";
import type { Placement } from "../node/placement.ts";
import type { Nodes } from "./core/nodes.ts";
import type { LoadNode } from "./core/plan.ts";
import type { Moves } from "./main/moves.ts";
import type { SimDriver } from "./sim/sim-driver.ts";

const mostInTurn = 2000; // nodes that end one after the other, at half a ms each where links are between

/**
 * What is done to the nodes of an engine while it runs. It waits until the node does not move; while simulated time stands still, what
 * follows from it happens before it is over.
 */
export class NodeOperations {
  readonly #nodes: Nodes;
  readonly #moves: Moves;
  readonly #sim: SimDriver | undefined;
  readonly #load: LoadNode;

  /** @param load finds the definition in a module */
  constructor(nodes: Nodes, moves: Moves, sim: SimDriver | undefined, load: LoadNode) {
    this.#nodes = nodes;
    this.#moves = moves;
    this.#sim = sim;
    this.#load = load;
  }

  /** Starts a node that does not run. */
  start(name: string): Promise<void> {
    return this.#moves.after(name, false, () => this.#settled(this.#nodes.get(name).start(), true));
  }

  /** Stops a node: work in hand finishes first. */
  stop(name: string): Promise<void> {
    return this.#moves.after(name, true, () => this.#settled(this.#nodes.get(name).stop()));
  }

  /** Stops a node and starts it again, with a fresh state. */
  restart(name: string): Promise<void> {
    return this.#moves.after(name, true, () => this.#restart(name));
  }

  /**
   * Swaps a node: for a definition, or for what its module says now.
   *
   * @throws DeclarationError when a definition would have to travel, or when there is no module
   */
  swap(name: string, definition: NodeDefinition | undefined): Promise<void> {
    return this.#moves.after(name, false, () => this.#settled(this.#swap(name, definition)));
  }

  /** Swaps a node whose module has changed: `definition` is what it says now. */
  reload(name: string, definition: NodeDefinition): Promise<void> {
    return this.#moves.after(name, false, () => this.#settled(this.#nodes.get(name).swap(definition)));
  }

  /** Stops a node and takes it out of the graph. */
  remove(name: string): Promise<void> {
    return this.#moves.after(name, true, () => this.#remove(name));
  }

  /**
   * Removes all that are this engine's, callers before those they call. In simulated time it is one after the other, and what follows
   * from each is delivered before the next: so the end of a run is the same wherever nodes run. Of very many that would take too long.
   */
  async removeAll(): Promise<void> {
    const groups = this.#nodes.groups().reverse();
    const isLarge = this.#nodes.all().length > mostInTurn;
    for (const group of groups) {
      if (this.#sim === undefined || isLarge) await Promise.all(group.map((node) => node.remove()));
      else for (const node of group) await this.#end(node, this.#sim);
    }
  }

  /** Moves a node. */
  move(name: string, placement: Placement): Promise<void> {
    return this.#settled(this.#moves.move(name, placement), true);
  }

  async #restart(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    const stopped = node.stop();
    const started = node.start(); // asked for at once, so that what is asked for later comes later
    started.catch(() => {});
    await this.#settled(stopped);
    await this.#settled(started, true);
  }

  async #remove(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    await node.remove();
    if (this.#nodes.find(name) === node) this.#nodes.forget(name);
  }

  async #end(node: GraphNode, sim: SimDriver): Promise<void> {
    await node.stop();
    await sim.calm();
    await node.remove();
    await sim.calm();
  }

  async #swap(name: string, definition: NodeDefinition | undefined): Promise<void> {
    const node = this.#nodes.get(name);
    if (definition === undefined && node.guest === undefined) {
      const module = this.#nodes.planned(name)?.module;
      if (module !== undefined) return node.swap(await this.#load(module, true));
      throw new DeclarationError(`${name} is given as a value: it has no module to load anew, so give its definition`, { node: name });
    }
    if (node.placement !== "loop" && node.guest === undefined) {
      throw new DeclarationError(
        `${name} runs in a ${node.placement}, where a definition cannot travel; give none, and its module is loaded anew`,
        { node: name },
      );
    }
    await node.swap(definition!);
    this.#nodes.forgetModule(name);
  }

  /** A start may sleep: time runs for it. */
  async #settled(work: Promise<void>, start = false): Promise<void> {
    const sim = this.#sim;
    if (sim === undefined || sim.running) return work;
    await (start ? sim.until(work) : work);
    await sim.settle();
  }
}
