import type { NodeStatus } from "../../node/graph-node.ts";
import type { GraphEvent } from "../../node/kernel.ts";

/** What an engine tells the main engine when something has happened to one of its nodes. */
export interface NodeReport {
  readonly type: GraphEvent["type"];
  readonly status: NodeStatus;
  readonly lives: number;
  readonly error?: unknown;
  readonly delay?: number;
}
