import { HostError, NodeStartError, PyrosError, StateError } from "../errors.ts";
import type { NodeNames } from "../graph/scope.ts";
import { enter, leave, mark, Running } from "../graph/world.ts";
import type { NodeDefinition } from "../node/define.ts";
import type { MovableNode, NodeStatus } from "../node/graph-node.ts";
import type { GraphEvent, Kernel } from "../node/kernel.ts";
import { declareParams } from "../node/param-view.ts";
import { Restarts, toPolicy } from "../node/restart.ts";
import type { NodeSnapshot } from "../node/snapshot.ts";
import { fromWire } from "../peer/wire-error.ts";
import type { Timer } from "../time/timers.ts";
import type { HostedNode } from "./bootstrap.ts";
import type { Host } from "./host.ts";

/** What a host tells of a node. */
export interface NodeReport {
  readonly type: GraphEvent["type"];
  readonly status: NodeStatus;
  readonly lives: number;
  readonly error?: unknown;
  readonly delay?: number;
}

/** A node in a thread or process, seen from the main engine. Its host starts it again when it fails; this does when the host is lost. */
export class RemoteNode implements MovableNode {
  readonly names: NodeNames;
  definition: NodeDefinition;
  readonly hosted: HostedNode;
  status: NodeStatus = "stopped";
  error: unknown;
  readonly #kernel: Kernel;
  readonly #host: Host;
  readonly #restarts: Restarts;
  readonly #policy: ReturnType<typeof toPolicy>;
  #entity: number | undefined;
  /** Whether the graph knows it in another place: it is about to come here, or has gone. */
  #isElsewhere: boolean;
  /** Lives in hosts that are gone. */
  #before = 0;
  #lives = 0;
  #timer: Timer | undefined;
  #removal: Promise<void> | undefined;

  /** @param arriving whether it is not in the graph until it {@link appear}s: it is to come from another place */
  constructor(kernel: Kernel, names: NodeNames, definition: NodeDefinition, hosted: HostedNode, host: Host, arriving = false) {
    this.#kernel = kernel;
    this.names = names;
    this.definition = definition;
    this.hosted = hosted;
    this.#host = host;
    this.#policy = toPolicy(hosted.restart ?? definition.restart, names.node);
    this.#restarts = new Restarts(this.#policy);
    this.#isElsewhere = arriving;
    if (!arriving) this.#entity = enter(kernel.world, "node", this);
    host.nodes.set(this.name, this);
  }

  get name(): string {
    return this.names.node;
  }

  get owner(): string {
    return this.names.node;
  }

  get lives(): number {
    return this.#before + this.#lives;
  }

  async start(): Promise<void> {
    if (this.#removal !== undefined) throw new StateError(`${this.name} has been removed from the graph`, { node: this.name });
    this.#forgetRestart();
    const asked = this.status;
    if (asked !== "running") this.status = "starting";
    try {
      this.#declare(); // here, so that nodes that start together declare in their order
      await this.#host.up();
      await this.#host.ask("start", this.name);
    } catch (error) {
      // What failed in the host was told of by the host.
      if (this.status === "starting") this.#failed(startError(this.name, error));
      throw startError(this.name, error);
    }
  }

  async stop(): Promise<void> {
    this.#forgetRestart();
    if (this.#host.isUp) {
      await this.#host.ask("stop", this.name).catch((error) => {
        if (this.#host.isUp) throw error;
      });
    }
    this.status = "stopped";
  }

  remove(): Promise<void> {
    return (this.#removal ??= this.#remove());
  }

  async swap(definition: NodeDefinition): Promise<void> {
    await this.#host.ask("swap", this.name);
    this.definition = definition;
  }

  /** The thread or process that it runs in. */
  get host(): Host {
    return this.#host;
  }

  async prepare(): Promise<void> {
    await this.#host.up();
    await this.#host.ask("prepare", this.name);
  }

  quiet(ms: number): Promise<void> {
    return this.#host.ask("quiet", this.name, ms);
  }

  proceed(): Promise<void> {
    return this.#host.ask("proceed", this.name);
  }

  async take(): Promise<NodeSnapshot> {
    const runs = this.status === "running";
    this.#forgetRestart();
    if (!runs && !this.#host.isUp) {
      return { runs, version: 1, lives: this.lives, restarts: this.#restarts.recent, inputs: {}, streams: {} };
    }
    const { problem, ...from } = await this.#host.ask<NodeSnapshot>("take", this.name);
    this.#isElsewhere = true;
    return {
      ...from,
      ...(problem === undefined ? {} : { problem: fromWire(problem) }),
      lives: this.lives,
      restarts: [...from.restarts, ...this.#restarts.recent].sort((a, b) => a - b),
    };
  }

  async begin(from: NodeSnapshot): Promise<void> {
    this.#before = 0;
    this.#lives = from.lives;
    if (!from.runs) return;
    this.status = "starting";
    try {
      this.#declare();
      await this.#host.ask("begin", this.name, from);
    } catch (error) {
      if (this.status === "starting") this.#failed(startError(this.name, error));
      throw startError(this.name, error);
    }
  }

  appear(): void {
    this.#isElsewhere = false;
    this.#entity ??= enter(this.#kernel.world, "node", this);
    mark(this.#kernel.world, this.#entity, Running, this.status === "running");
  }

  async vanish(): Promise<void> {
    this.#isElsewhere = true;
    this.#forgetRestart();
    if (this.#entity !== undefined) leave(this.#kernel.world, "node", this.#entity);
    this.#entity = undefined;
    this.#host.nodes.delete(this.name);
    if (this.#host.nodes.size === 0) await this.#host.close();
    else if (this.#host.isUp) await this.#host.ask("remove", this.name).catch(() => {});
  }

  /** The host tells what has happened to it. */
  report({ type, status, lives, error, delay }: NodeReport): void {
    this.#lives = lives;
    this.status = status;
    this.error = status === "running" ? undefined : (error ?? this.error);
    this.#mark(status === "running");
    if (type !== "removed") this.#tell(type, { ...(error === undefined ? {} : { error }), ...(delay === undefined ? {} : { delay }) });
  }

  /** The host has gone, and the node with it. */
  hostLost(reason: string, clean: boolean): void {
    this.#before += this.#lives;
    this.#lives = 0;
    if (this.#isElsewhere) return; // who moves it knows
    if (this.status === "stopped" || this.status === "failed" || this.status === "stopping") return;
    const error = new HostError(`${this.name} was lost with its host: ${reason}`, { node: this.name });
    const starting = this.status === "starting";
    if (clean && this.#policy.mode === "on-failure") {
      this.status = "stopped";
      return this.#tell("stopped");
    }
    this.#failed(error);
    if (!starting) this.#again(error);
  }

  #declare(): void {
    const { params } = this.definition;
    this.#kernel.params.undeclare(this.name);
    if (params !== undefined) void declareParams(this.#kernel.params, this.names, params, this.hosted.params ?? {});
  }

  #failed(error: unknown): void {
    this.#mark(false);
    this.status = "failed";
    this.error = error;
    this.#tell("failed", { error });
  }

  #again(error: unknown): void {
    const { clock } = this.#kernel.dispatcher;
    const now = clock.now();
    const delay = this.#removal === undefined && !this.#host.closing ? this.#restarts.next(now) : undefined;
    if (delay === undefined) {
      this.status = "failed";
      return this.#tell("given-up", { error });
    }
    this.status = "waiting";
    this.#tell("restarting", { error, delay });
    this.#timer = clock.timers.at(now + delay, () => {
      this.#timer = undefined;
      this.start().catch((failure: unknown) => this.#again(failure));
    });
  }

  async #remove(): Promise<void> {
    await this.stop();
    if (this.#host.isUp) await this.#host.ask("remove", this.name).catch(() => {});
    this.#host.nodes.delete(this.name);
    this.#kernel.params.undeclare(this.name);
    if (this.#entity !== undefined) leave(this.#kernel.world, "node", this.#entity);
    this.#tell("removed");
    if (this.#host.nodes.size === 0) await this.#host.close();
  }

  #forgetRestart(): void {
    if (this.#timer !== undefined) this.#kernel.dispatcher.clock.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #mark(runs: boolean): void {
    if (this.#entity !== undefined) mark(this.#kernel.world, this.#entity, Running, runs);
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    if (this.#isElsewhere) return;
    this.#kernel.tell({ type, node: this.name, time: this.#kernel.dispatcher.clock.now(), ...more });
  }
}

function startError(node: string, error: unknown): Error {
  if (error instanceof NodeStartError || error instanceof StateError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof PyrosError && error.code === "PYROS_NODE_START"
    ? error
    : new NodeStartError(`${node} did not start: ${reason}`, { node, cause: error });
}
