import { StateError } from "../../errors.ts";
import { NodeNames, Scope } from "../../graph/scope.ts";
import { enter, leave, mark, Running } from "../../graph/world.ts";
import { defineNode, type NodeDefinition } from "../../node/define.ts";
import type { GraphNode, NodeStatus } from "../../node/graph-node.ts";
import type { GraphEvent, Kernel } from "../../node/kernel.ts";
import type { NodeReport } from "../wire/node-report.ts";

/** A node of an engine that has joined, seen from the main engine: that engine decides about it, and is asked. */
export class GuestNode implements GraphNode {
  readonly names: NodeNames;
  readonly definition: NodeDefinition;
  readonly placement = "loop" as const; // of that engine
  /** The engine, as people know it. */
  readonly guest: string;
  status: NodeStatus = "stopped";
  lives = 0;
  error: unknown;
  readonly #kernel: Kernel;
  readonly #ask: (verb: string, node: string) => Promise<void>;
  readonly #entity: number;

  /**
   * @param name its absolute name
   * @param description what its definition says of it
   * @param guest the engine that it is in, as people know it
   * @param ask asks that engine for something
   */
  constructor(
    kernel: Kernel,
    name: string,
    description: string | undefined,
    guest: string,
    ask: (verb: string, node: string) => Promise<void>,
  ) {
    this.#kernel = kernel;
    this.names = new NodeNames(name, new Scope());
    this.definition = defineNode({ ...(description === undefined ? {} : { description }) }) as NodeDefinition;
    this.guest = guest;
    this.#ask = ask;
    this.#entity = enter(kernel.world, "node", this);
  }

  get name(): string {
    return this.names.node;
  }

  get owner(): string {
    return this.names.node;
  }

  start(): Promise<void> {
    return this.#ask("start", this.name);
  }

  async stop(): Promise<void> {
    await this.#ask("stop", this.name);
    if (this.status === "waiting" || this.status === "failed") this.status = "stopped"; // no life has ended, so nothing tells of it
  }

  remove(): Promise<void> {
    return this.#ask("remove", this.name);
  }

  swap(): Promise<void> {
    return Promise.reject(
      new StateError(`${this.name} runs in ${this.guest}, which has joined the graph: swap it there`, { node: this.name }),
    );
  }

  /** Its engine tells what has happened to it. */
  report({ type, status, lives, error, delay }: NodeReport): void {
    this.lives = lives;
    this.status = status;
    this.error = status === "running" ? undefined : (error ?? this.error);
    mark(this.#kernel.world, this.#entity, Running, status === "running");
    this.#tell(type, { ...(error === undefined ? {} : { error }), ...(delay === undefined ? {} : { delay }) });
  }

  /**
   * It is in the graph no more.
   *
   * @param error why, where its engine was lost
   */
  leave(error?: Error): void {
    if (error !== undefined && this.status !== "stopped") this.#tell("failed", { error });
    leave(this.#kernel.world, "node", this.#entity);
    this.#tell("removed");
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    this.#kernel.tell({ type, node: this.name, time: this.#kernel.dispatcher.clock.now(), ...more });
  }
}
