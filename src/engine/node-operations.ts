import type { NodeDefinition } from "../node/define.ts";
import type { Placement } from "../node/placement.ts";
import type { Nodes } from "./core/nodes.ts";
import type { Moves } from "./main/moves.ts";
import type { SimDriver } from "./sim/sim-driver.ts";

/**
 * What is done to the nodes of an engine while it runs. It waits until the node does not move; while simulated time stands still, what
 * follows from it happens before it is over.
 */
export class NodeOperations {
  readonly #nodes: Nodes;
  readonly #moves: Moves;
  readonly #sim: SimDriver | undefined;

  constructor(nodes: Nodes, moves: Moves, sim: SimDriver | undefined) {
    this.#nodes = nodes;
    this.#moves = moves;
    this.#sim = sim;
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

  /** Replaces a node's definition. */
  swap(name: string, definition: NodeDefinition): Promise<void> {
    return this.#moves.after(name, false, () => this.#settled(this.#nodes.get(name).swap(definition)));
  }

  /** Stops a node and takes it out of the graph. */
  remove(name: string): Promise<void> {
    return this.#moves.after(name, true, () => this.#remove(name));
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

  /** A start may sleep: time runs for it. */
  async #settled(work: Promise<void>, start = false): Promise<void> {
    const sim = this.#sim;
    if (sim === undefined || sim.running) return work;
    await (start ? sim.until(work) : work);
    await sim.settle();
  }
}
