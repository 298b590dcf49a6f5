import type { Entry } from "../graph/world.ts";
import type { NodeNames } from "../graph/scope.ts";
import type { NodeDefinition } from "./define.ts";

/** What a node does at the moment. */
export type NodeStatus = "stopped" | "starting" | "running" | "stopping" | "waiting" | "failed";

/** A node of the graph, wherever it runs. */
export interface GraphNode extends Entry {
  readonly names: NodeNames;
  readonly definition: NodeDefinition;
  readonly status: NodeStatus;
  /** How many lives it has had. */
  readonly lives: number;
  /** Why its last life ended, where it failed. */
  readonly error: unknown;
  /**
   * Starts the node; a running one is left alone.
   *
   * @throws NodeStartError when a declaration is wrong or `setup` throws; nothing of it is left then
   */
  start(): Promise<void>;
  /** Stops the node: work in hand finishes first. A node that does not run is left alone; one that waits for its restart no longer does. */
  stop(): Promise<void>;
  /** Stops the node and takes it out of the graph. */
  remove(): Promise<void>;
  /**
   * Replaces the definition in the running graph and keeps the state, `migrate`d where its version differs.
   *
   * @throws NodeStartError when the new definition does not start; the old one then runs again with the old state
   */
  swap(definition: NodeDefinition): Promise<void>;
}
