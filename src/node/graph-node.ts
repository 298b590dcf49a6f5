import type { Entry } from "../graph/world.ts";
import type { NodeNames } from "../graph/scope.ts";
import type { Checkpoint } from "./checkpoints.ts";
import type { NodeDefinition } from "./define.ts";
import type { Placement } from "./placement.ts";
import type { NodeSnapshot } from "./snapshot.ts";

/** What a node does at the moment. */
export type NodeStatus = "stopped" | "starting" | "running" | "stopping" | "waiting" | "failed" | "moving";

/** A node of the graph, wherever it runs. */
export interface GraphNode extends Entry {
  readonly names: NodeNames;
  readonly definition: NodeDefinition;
  /** Where it runs. */
  readonly placement: Placement;
  /** The engine that it runs in, as people know it, where that was started by somebody else and has joined the graph. */
  readonly guest?: string;
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

/** A node that can move from one engine to another: the steps of that, as the main engine takes them. */
export interface MovableNode extends GraphNode {
  /** Where it comes to: makes all ready that is not the node itself, and opens its inputs, which collect what belongs to them. */
  prepare(): Promise<void>;
  /**
   * Where it goes from: waits until work in hand has finished, and takes no more. Who calls it holds new work back.
   *
   * @throws ValueError when its state is no data, StateError when work in hand takes longer than `ms` or the node does not run; it goes on then
   */
  quiet(ms: number): Promise<void>;
  /** It goes on: it does not move. */
  proceed(): Promise<void>;
  /** Where it goes from: ends its life, and gives what goes over. */
  take(): Promise<NodeSnapshot>;
  /**
   * Where it comes to: begins a life with what has come over.
   *
   * @throws NodeStartError when it does not start
   */
  begin(from: NodeSnapshot): Promise<void>;
  /**
   * Where it comes to: it starts again, as it was to where it was. Its policy, and who watches the graph, hear of what comes of it.
   *
   * @param checkpoint the state that it goes on with; a fresh one by default
   */
  revive(checkpoint: Checkpoint | undefined): void;
  /** It is here, and in the graph. */
  appear(): void;
  /** It has gone from here, or has not come; in the graph it is elsewhere. */
  vanish(): Promise<void>;
}
