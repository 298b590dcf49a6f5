import type { NodeDefinition } from "../../node/define.ts";

/** An engine, as its place in a graph sees it: it runs nodes that others may ask about. */
export interface NodeRunner {
  /** Starts a node that does not run. */
  startNode(name: string): Promise<void>;
  /** Stops a node: work in hand finishes first. */
  stopNode(name: string): Promise<void>;
  /** Stops a node and takes it out of the graph. */
  remove(name: string): Promise<void>;
  /** Replaces a node's definition; its state is kept. */
  swapNode(name: string, definition: NodeDefinition): Promise<void>;
  /** Stops all nodes. */
  close(): Promise<void>;
}
