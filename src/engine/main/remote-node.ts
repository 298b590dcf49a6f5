import { DeclarationError, HostError, NodeStartError, PyrosError, StateError } from "../../errors.ts";
import type { NodeNames } from "../../graph/scope.ts";
import { Presence } from "../../graph/presence.ts";
import { Running } from "../../graph/world.ts";
import type { Checkpoint } from "../../node/checkpoints.ts";
import type { NodeDefinition } from "../../node/define.ts";
import type { MovableNode, NodeStatus } from "../../node/graph-node.ts";
import type { GraphEvent, Kernel } from "../../node/kernel.ts";
import { declareParams } from "../../node/param-view.ts";
import { Restarts, toPolicy } from "../../node/restart.ts";
import type { NodeSnapshot } from "../../node/snapshot.ts";
import { fromWire } from "../../peer/wire-error.ts";
import type { PlannedNode } from "../core/plan.ts";
import type { HostedNode } from "../wire/bootstrap.ts";
import type { NodeReport } from "../wire/node-report.ts";
import type { Host, HostedHere } from "./host.ts";

/** A node in the loop begins in a microtask: nodes that are started or stopped together do so in their order, wherever they run. */
const now = Promise.resolve();

/** Ms that a host has to stop a node: what its work in hand and its `dispose` have, and a little more. */
const stopPatience = 12_000;

/** A node in a thread or process, seen from the main engine. Its host starts it again when it fails; this does when the host is lost. */
export class RemoteNode implements MovableNode, HostedHere {
  readonly names: NodeNames;
  definition: NodeDefinition;
  readonly hosted: HostedNode;
  status: NodeStatus = "stopped";
  error: unknown;
  readonly #kernel: Kernel;
  readonly #host: Host;
  readonly #restarts: Restarts;
  readonly #policy: ReturnType<typeof toPolicy>;
  readonly #presence: Presence;
  /** Lives in hosts that are gone. */
  #before = 0;
  #lives = 0;
  /** How often it was stopped: a start that waits for its host looks whether that has happened meanwhile. */
  #ends = 0;
  #removal: Promise<void> | undefined;
  /** The last whole copy of its state. */
  #checkpoint: Checkpoint | undefined;
  /** Whether it is to run: not when its stop was asked for last. */
  #wanted = false;
  /** That its host has gone since it came to run here, where the graph does not know yet that it has come. */
  #lost: (() => void) | undefined;

  /** @param arriving whether it is not in the graph until it {@link appear}s: it is to come from another place */
  constructor(kernel: Kernel, names: NodeNames, definition: NodeDefinition, hosted: HostedNode, host: Host, arriving = false) {
    this.#kernel = kernel;
    this.names = names;
    this.definition = definition;
    this.hosted = hosted;
    this.#host = host;
    this.#policy = toPolicy(hosted.restart ?? definition.restart, names.node);
    this.#restarts = new Restarts(this.#policy, kernel.dispatcher.clock);
    this.#presence = new Presence(kernel.world, this, arriving);
    host.nodes.set(this.name, this);
  }

  get name(): string {
    return this.names.node;
  }

  get owner(): string {
    return this.names.node;
  }

  get placement(): "thread" | "process" {
    return this.#host.settings.placement;
  }

  get lives(): number {
    return this.#before + this.#lives;
  }

  start(): Promise<void> {
    return now.then(() => {
      if (this.status !== "running") this.#checkpoint = undefined;
      return this.#start();
    });
  }

  stop(): Promise<void> {
    this.#restarts.cancel();
    this.#ends++;
    return now.then(() => this.#stop());
  }

  /** @param checkpoint what it goes on with; a fresh state by default */
  async #start(checkpoint?: Checkpoint): Promise<void> {
    if (this.#removal !== undefined) throw new StateError(`${this.name} has been removed from the graph`, { node: this.name });
    this.#restarts.cancel();
    this.#wanted = true;
    if (this.status !== "running") this.status = "starting";
    try {
      this.#declare(); // here, so that nodes that start together declare in their order
      // At once where that can be: what is asked for later comes later.
      if (!this.#host.isUp) await this.#up();
      await this.#host.ask("start", this.name, ...(checkpoint === undefined ? [] : [checkpoint]));
    } catch (error) {
      // What failed in the host was told of by the host.
      if (this.status === "starting") this.#failed(startError(this.name, error));
      throw startError(this.name, error);
    }
  }

  async #stop(): Promise<void> {
    this.#wanted = false;
    this.#checkpoint = undefined; // what was stopped begins anew
    if (this.#host.isUp) {
      await this.#host.askWithin(stopPatience, "stop", this.name);
    }
    if (this.#wanted) return; // its start was asked for meanwhile
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
    this.#restarts.cancel();
    const checkpoint = runs || this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint };
    if (!runs && !this.#host.isUp) {
      return { runs, version: 1, ...checkpoint, lives: this.lives, restarts: this.#restarts.recent, inputs: {}, streams: {} };
    }
    const { problem, ...from } = await this.#host.ask<NodeSnapshot>("take", this.name);
    this.#presence.elsewhere = true;
    this.status = "stopped";
    return {
      ...from,
      ...checkpoint,
      ...(problem === undefined ? {} : { problem: fromWire(problem) }),
      lives: this.lives,
      restarts: [...new Set([...from.restarts, ...this.#restarts.recent])].sort((a, b) => a - b),
    };
  }

  async begin(from: NodeSnapshot): Promise<void> {
    this.#before = 0;
    this.#lives = from.lives;
    this.#restarts.recent = from.restarts;
    if (!from.runs) return this.#host.ask("begin", this.name, from);
    this.#wanted = true;
    if (this.#checkpoints) this.#checkpoint = { state: from.state!, version: from.version };
    this.status = "starting";
    try {
      this.#declare();
      await this.#host.ask("begin", this.name, from);
    } catch (error) {
      if (this.status === "starting") this.#failed(startError(this.name, error));
      throw startError(this.name, error);
    }
  }

  revive(checkpoint: Checkpoint | undefined): void {
    this.#start(checkpoint).catch((failure: unknown) => this.#again(failure));
  }

  appear(): void {
    this.#presence.appear();
    this.#lost?.();
    this.#lost = undefined;
  }

  async vanish(): Promise<void> {
    this.#presence.elsewhere = true;
    this.#restarts.cancel();
    this.#presence.vanish();
    this.#host.nodes.delete(this.name);
    if (this.#host.nodes.size === 0) await this.#host.close();
    else if (this.#host.isUp) await this.#host.ask("remove", this.name).catch(() => {});
  }

  checkpointed(checkpoint: Checkpoint): void {
    if (this.#wanted) this.#checkpoint = checkpoint;
  }

  report({ type, status, lives, error, delay }: NodeReport): void {
    this.#lives = lives;
    this.status = status;
    this.error = status === "running" ? undefined : (error ?? this.error);
    this.#presence.mark(Running, status === "running");
    if (type !== "removed") this.#tell(type, { ...(error === undefined ? {} : { error }), ...(delay === undefined ? {} : { delay }) });
  }

  hostLost(reason: string, clean: boolean, final: boolean): void {
    this.#before += this.#lives;
    this.#lives = 0;
    const { status } = this;
    if (this.#presence.elsewhere) {
      // Who moves it knows, unless it has come to run here.
      if (status === "running") this.#lost = () => this.hostLost(reason, clean, final);
      return;
    }
    if (status === "stopped" || status === "failed" || this.#restarts.pending) return;
    if (!this.#wanted || (clean && status !== "starting" && this.#policy.mode !== "always")) {
      this.#presence.mark(Running, false);
      this.status = "stopped";
      return this.#tell("stopped");
    }
    const error = new HostError(`${this.name} was lost with its host, which ${reason}`, { node: this.name });
    this.#failed(error);
    if (final) this.#giveUp(error);
    else if (status !== "starting") this.#again(error);
  }

  /** Whether copies of its state are kept. */
  get #checkpoints(): boolean {
    return (this.hosted.checkpoint ?? this.definition.checkpoint) !== undefined;
  }

  #declare(): void {
    const { params } = this.definition;
    this.#kernel.params.undeclare(this.name);
    if (params !== undefined) void declareParams(this.#kernel.params, this.names, params, this.hosted.params ?? {});
  }

  #failed(error: unknown): void {
    this.#presence.mark(Running, false);
    this.status = "failed";
    this.error = error;
    this.#tell("failed", { error });
  }

  #again(error: unknown): void {
    if (!this.#wanted) return;
    const again = () => this.revive(this.#checkpoint);
    const delay = this.#host.closing || this.#host.stuck ? undefined : this.#restarts.next(again);
    if (delay === undefined) return this.#giveUp(error);
    this.status = "waiting";
    this.#tell("restarting", { error, delay });
  }

  #giveUp(error: unknown): void {
    this.#wanted = false;
    this.status = "failed";
    this.#tell("given-up", { error });
  }

  async #remove(): Promise<void> {
    await this.stop();
    if (this.#host.isUp) await this.#host.ask("remove", this.name).catch(() => {});
    this.#host.nodes.delete(this.name);
    this.#kernel.params.undeclare(this.name);
    this.#presence.vanish();
    this.#tell("removed");
    if (this.#host.nodes.size === 0) await this.#host.close();
  }

  async #up(): Promise<void> {
    const ends = this.#ends;
    // A node of the loop starts at one moment of simulated time: so does one whose place has to be made first.
    await this.#kernel.external(() => this.#host.up());
    if (this.#ends !== ends) throw new StateError(`${this.name} was stopped while it started`, { node: this.name });
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    if (this.#presence.elsewhere) return;
    this.#kernel.tell({ type, node: this.name, time: this.#kernel.dispatcher.clock.now(), ...more });
  }
}

/**
 * A node as data, for the engine that is to run it.
 *
 * @throws DeclarationError when it is not defined by a module
 */
export function toHosted({ name, scope, module, params, remap, rate, restart, checkpoint }: PlannedNode): HostedNode {
  if (module === undefined) throw new DeclarationError(`${name} is given as a value, so it can run in the loop only`, { node: name });
  return {
    name,
    scope: scope.data,
    module,
    ...(params === undefined ? {} : { params }),
    ...(remap === undefined ? {} : { remap }),
    ...(rate === undefined ? {} : { rate }),
    ...(restart === undefined ? {} : { restart }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function startError(node: string, error: unknown): Error {
  if (error instanceof NodeStartError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof PyrosError && error.code === "PYROS_NODE_START"
    ? error
    : new NodeStartError(`${node} did not start: ${reason}`, { node, cause: error });
}
