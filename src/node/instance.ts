import { NodeStartError, PyrosError, StateError } from "../errors.ts";
import type { NodeNames } from "../graph/scope.ts";
import { nothingLeft } from "../stream/handover.ts";
import { snapshot } from "../value/copy.ts";
import { Presence } from "../graph/presence.ts";
import { Running, Updating } from "../graph/world.ts";
import type { Job } from "../service/job.ts";
import type { Random } from "../time/random.ts";
import { type Checkpoint, Checkpoints } from "./checkpoints.ts";
import type { NodeDefinition } from "./define.ts";
import type { MovableNode, NodeStatus } from "./graph-node.ts";
import { EarlyInputs } from "./inputs.ts";
import type { GraphEvent, Kernel } from "./kernel.ts";
import { Life } from "./life.ts";
import type { Inheritance, LifeSource } from "./life-source.ts";
import { LiveContext } from "./live-context.ts";
import { Restarts, toPolicy } from "./restart.ts";
import type { NodeSnapshot } from "./snapshot.ts";
import { warnOfState } from "./state-check.ts";

/** What the config says about a node, beside its definition. */
export interface NodeSettings {
  /** Values of declared params. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Hz at which `update` runs. */
  readonly rate?: number;
  /** When the node is started again. */
  readonly restart?: NodeDefinition["restart"];
  /** Ms between two copies of the state, with one of which the node is restarted. */
  readonly checkpoint?: number;
}

/** A node of the graph: its name, its present life, and what happens when that ends. */
export class NodeInstance implements LifeSource<Life>, MovableNode {
  readonly kernel: Kernel;
  readonly names: NodeNames;
  readonly placement = "loop" as const;
  readonly params: Readonly<Record<string, unknown>>;
  readonly rate: number | undefined;
  readonly #restarts: Restarts;
  definition: NodeDefinition;
  /** The present life; undefined while the node does not run. */
  life: Life | undefined;
  /** How many lives it has had. */
  lives = 0;
  /** Why its last life ended, where it failed. */
  error: unknown;
  status: NodeStatus = "stopped";
  readonly #presence: Presence;
  readonly #checkpoints: Checkpoints | undefined;
  /** Its inputs, where it is about to come here. */
  #early: EarlyInputs | undefined;
  /** The state when work in hand had finished, before it goes. */
  #kept: object | undefined;
  /** What a life has left that was to go on with another, and did not begin. */
  #left: Inheritance["streams"] = nothingLeft.streams;
  #work: Promise<unknown> = Promise.resolve();
  #random: Random | undefined;
  #removal: Promise<void> | undefined;
  /** How often an end was asked for that has not begun. */
  #endings = 0;
  /** Whether it has failed when its end was asked for already: the end is told all the same. */
  #failedBeforeEnd = false;

  /** @param arriving whether it is not in the graph until it {@link appear}s: it is to come from another place */
  constructor(kernel: Kernel, names: NodeNames, definition: NodeDefinition, settings: NodeSettings, arriving = false) {
    this.kernel = kernel;
    this.names = names;
    this.definition = definition;
    this.params = settings.params ?? {};
    this.rate = settings.rate ?? definition.rate;
    const { clock } = kernel.dispatcher;
    this.#restarts = new Restarts(toPolicy(settings.restart ?? definition.restart, names.node), clock);
    const checkpoint = settings.checkpoint ?? definition.checkpoint;
    if (checkpoint !== undefined) {
      this.#checkpoints = new Checkpoints(clock, checkpoint, names.node);
      this.#checkpoints.onTaken = (taken) => kernel.checkpointed(names.node, taken);
    }
    this.#presence = new Presence(kernel.world, this, arriving);
  }

  get name(): string {
    return this.names.node;
  }

  get owner(): string {
    return this.names.node;
  }

  random(): number {
    return (this.#random ??= this.kernel.random(this.name)).next();
  }

  /**
   * Starts the node; a running one is left alone.
   *
   * @throws NodeStartError when a declaration is wrong or `setup` throws; nothing of it is left then
   */
  start(): Promise<void> {
    return this.#queue(() => {
      if (this.status !== "running") this.#forgetCheckpoint();
      return this.#start();
    });
  }

  /** Starts it with a checkpoint of a life elsewhere. */
  resume(checkpoint: Checkpoint | undefined): Promise<void> {
    return this.#queue(() => {
      if (this.#checkpoints !== undefined && checkpoint !== undefined) this.#checkpoints.last = checkpoint;
      return this.#start(this.#checkpoints?.resume(this.definition));
    });
  }

  revive(checkpoint: Checkpoint | undefined): void {
    void this.resume(checkpoint).catch((failure: unknown) => this.#again(failure));
  }

  /** Stops the node: work in hand finishes first. A node that does not run is left alone; one that waits for its restart no longer does. */
  stop(): Promise<void> {
    return this.#ending(async () => {
      await this.#stop();
      this.#forgetCheckpoint();
    });
  }

  /**
   * Replaces the definition in the running graph and keeps the state, `migrate`d where its version differs.
   *
   * @throws NodeStartError when the new definition does not start; the old one then runs again with the old state
   */
  swap(definition: NodeDefinition): Promise<void> {
    return this.#ending(async () => {
      const before = this.definition;
      const state = this.life?.state;
      await this.#stop();
      this.definition = definition;
      try {
        await this.#start(state === undefined ? undefined : carried(state, before.version ?? 1, definition));
      } catch (error) {
        this.definition = before;
        await this.#start(state);
        throw error;
      }
    });
  }

  /** Stops the node and takes it out of the graph. */
  remove(): Promise<void> {
    return (this.#removal ??= this.#remove());
  }

  async #remove(): Promise<void> {
    await this.stop();
    this.kernel.params.undeclare(this.name);
    this.#presence.vanish();
    this.#tell("removed");
  }

  async prepare(): Promise<void> {
    (this.#early = new EarlyInputs()).open(this.kernel, this.names, this.definition);
  }

  async quiet(ms: number): Promise<void> {
    const { life } = this;
    if (this.status !== "running" || life === undefined) throw new StateError(`${this.name} is ${this.status}`, { node: this.name });
    this.#copy(life);
    this.#presence.mark(Updating, false);
    const done = await life.quiet(ms);
    try {
      if (!done) {
        throw new StateError(`${this.name} ${life.hasEnded ? "has ended" : `has work in hand after ${ms} ms`}`, { node: this.name });
      }
      this.#kept = this.#copy(life);
    } catch (error) {
      await this.proceed();
      throw error;
    }
  }

  async proceed(): Promise<void> {
    this.life?.proceed();
    if (this.status === "running" && this.definition.update !== undefined) this.#presence.mark(Updating, true);
  }

  take(): Promise<NodeSnapshot> {
    return this.#queue(async () => {
      const { life, lives, definition } = this;
      const random = this.#random === undefined ? {} : { random: this.#random.state };
      const rest = { version: definition.version ?? 1, lives, restarts: this.#restarts.recent, ...random };
      this.#restarts.cancel();
      if (life === undefined || this.status !== "running") {
        const checkpoint = this.#checkpoints?.last;
        const inputs = this.#early?.depart() ?? {};
        return { ...rest, runs: false, ...(checkpoint === undefined ? {} : { checkpoint }), inputs, streams: this.#left };
      }
      await life.leave();
      this.#rest("stopped");
      let state = this.#kept ?? {};
      let problem: unknown;
      try {
        state = this.#copy(life);
      } catch (error) {
        problem = error;
      }
      return { ...rest, runs: true, state, ...(problem === undefined ? {} : { problem }), ...life.left };
    });
  }

  begin(from: NodeSnapshot): Promise<void> {
    return this.#queue(async () => {
      this.lives = from.lives;
      this.#restarts.recent = from.restarts;
      if (from.random !== undefined) (this.#random ??= this.kernel.random(this.name)).state = [...from.random];
      if (!from.runs) return;
      const inputs = this.#early?.restore(from.inputs) ?? {};
      this.#checkpoints?.keep(from.state!, from.version);
      const state = carried(from.state!, from.version, this.definition);
      await this.#start(state, { inputs, streams: from.streams });
      this.#early?.taken();
    });
  }

  appear(): void {
    this.#presence.appear();
  }

  async vanish(): Promise<void> {
    this.#presence.elsewhere = true;
    if (this.life !== undefined) await this.stop();
    this.#early?.close();
    this.#presence.vanish();
  }

  #copy(life: Life): object {
    return snapshot(life.state, `the state of ${this.name}`);
  }

  context(life: Life, job: Job | undefined): LiveContext {
    return new LiveContext(life, job);
  }

  crashed(life: Life, error: unknown): void {
    if (this.life !== life) return;
    void this.#queue(() => life.gone); // it has freed what it held before the next life begins
    const { status } = this;
    if (status === "starting") return; // the start tells it
    this.#rest("failed");
    this.error = error;
    life.log.error("failed: {error}", { error });
    this.#tell("failed", { error });
    if (status !== "stopping") this.#again(error);
  }

  async #start(state?: object, inherited?: Inheritance): Promise<void> {
    if (this.#removal !== undefined) throw new StateError(`${this.name} has been removed from the graph`, { node: this.name });
    if (this.status === "running") return;
    this.#restarts.cancel();
    this.status = "starting";
    let life: Life | undefined;
    try {
      life = this.life = new Life(this, state, inherited);
      this.lives++;
      const started = life.start();
      this.#endSetup();
      await started;
      if (life.ended !== undefined) throw life.ended;
    } catch (thrown) {
      const error = thrown === life?.ended ? (life?.ended?.cause ?? thrown) : thrown;
      this.#rest("failed");
      this.#left = (life?.left ?? nothingLeft).streams;
      this.error = error;
      const reason = error instanceof Error ? error.message : String(error);
      const started = new NodeStartError(`${this.name} did not start: ${reason}`, { node: this.name, cause: error });
      this.#tell("failed", { error: started });
      throw error instanceof PyrosError && error.code === "PYROS_NODE_START" ? error : started;
    }
    this.status = "running";
    this.error = undefined;
    this.#presence.mark(Running, true);
    if (this.definition.update !== undefined) this.#presence.mark(Updating, true);
    this.#checkpoints?.begin(life, this.definition.version ?? 1);
    if (this.kernel.development && this.lives === 1) warnOfState(life, this.name);
    this.#tell("started");
  }

  async #stop(): Promise<void> {
    this.#restarts.cancel();
    const { life } = this;
    if (life === undefined) {
      this.status = "stopped";
      if (this.#failedBeforeEnd) this.#tell("stopped");
      this.#failedBeforeEnd = false;
      return;
    }
    this.status = "stopping";
    this.#unmark();
    await life.stop();
    this.#rest("stopped");
    this.#tell("stopped");
  }

  #again(error: unknown): void {
    if (this.#endings > 0) {
      this.#failedBeforeEnd = true;
      return;
    }
    const again = () => {
      if (this.#endings === 0) this.revive(undefined); // else, what was asked for meanwhile decides
    };
    const delay = this.#removal === undefined ? this.#restarts.next(again) : undefined;
    if (delay === undefined) return this.#giveUp(error);
    this.status = "waiting";
    this.#tell("restarting", { error, delay });
  }

  #giveUp(error: unknown): void {
    this.status = "failed";
    this.#tell("given-up", { error });
  }

  /** What ends the present life waits for its turn, but not for a `setup`: that may hang. */
  #ending(work: () => Promise<void>): Promise<void> {
    this.#endings++;
    this.#endSetup();
    return this.#queue(() => {
      this.#endings--;
      return work();
    });
  }

  #endSetup(): void {
    if (this.#endings > 0 && this.status === "starting" && this.life?.settingUp === true) void this.life.stop(0);
  }

  /** What was stopped, or is started by hand, begins anew. */
  #forgetCheckpoint(): void {
    if (this.#checkpoints !== undefined) this.#checkpoints.last = undefined;
  }

  #rest(status: NodeStatus): void {
    this.#unmark();
    this.life = undefined;
    this.status = status;
  }

  #unmark(): void {
    this.#checkpoints?.end();
    this.#presence.mark(Running, false);
    this.#presence.mark(Updating, false);
  }

  /** One thing at a time, in the order asked for. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work, work);
    this.#work = done.catch(() => {});
    return done;
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    if (!this.#presence.elsewhere) this.kernel.tell({ type, node: this.name, time: this.kernel.dispatcher.clock.now(), ...more });
  }
}

function carried(state: object, from: number, { version = 1, migrate }: NodeDefinition): object | undefined {
  return from === version ? state : migrate?.(state, from);
}
