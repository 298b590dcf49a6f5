import { NodeStartError, PyrosError, StateError } from "../errors.ts";
import type { NodeNames } from "../graph/scope.ts";
import { enter, leave, mark, Running, Updating } from "../graph/world.ts";
import type { Job } from "../service/job.ts";
import type { Timer } from "../time/timers.ts";
import type { Random } from "../time/random.ts";
import { type Checkpoint, Checkpoints } from "./checkpoints.ts";
import type { NodeDefinition } from "./define.ts";
import type { GraphNode, NodeStatus } from "./graph-node.ts";
import type { GraphEvent, Kernel } from "./kernel.ts";
import { Life, type LifeSource } from "./life.ts";
import { LiveContext } from "./live-context.ts";
import { Restarts, toPolicy } from "./restart.ts";

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
export class NodeInstance implements LifeSource, GraphNode {
  readonly kernel: Kernel;
  readonly names: NodeNames;
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
  readonly #entity: number;
  readonly #checkpoints: Checkpoints | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #random: Random | undefined;
  #timer: Timer | undefined;
  #removal: Promise<void> | undefined;
  /** How often an end was asked for that has not begun. */
  #endings = 0;
  /** Whether it has failed when its end was asked for already: the end is told all the same. */
  #failedBeforeEnd = false;

  constructor(kernel: Kernel, names: NodeNames, definition: NodeDefinition, settings: NodeSettings) {
    this.kernel = kernel;
    this.names = names;
    this.definition = definition;
    this.params = settings.params ?? {};
    this.rate = settings.rate ?? definition.rate;
    this.#restarts = new Restarts(toPolicy(settings.restart ?? definition.restart, names.node));
    const checkpoint = settings.checkpoint ?? definition.checkpoint;
    if (checkpoint !== undefined) {
      this.#checkpoints = new Checkpoints(kernel.dispatcher.clock, checkpoint, names.node);
      this.#checkpoints.onTaken = (taken) => kernel.checkpointed(names.node, taken);
    }
    this.#entity = enter(kernel.world, "node", this);
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
  resume(checkpoint: Checkpoint): Promise<void> {
    return this.#queue(() => {
      if (this.#checkpoints !== undefined) this.#checkpoints.last = checkpoint;
      return this.#start(this.#checkpoints?.resume(this.definition));
    });
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
        await this.#start(state === undefined ? undefined : carried(state, before, definition));
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
    leave(this.kernel.world, "node", this.#entity);
    this.#tell("removed");
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

  async #start(state?: object): Promise<void> {
    if (this.#removal !== undefined) throw new StateError(`${this.name} has been removed from the graph`, { node: this.name });
    if (this.status === "running") return;
    this.#forgetRestart();
    this.status = "starting";
    let life: Life | undefined;
    try {
      life = this.life = new Life(this, state);
      this.lives++;
      const started = life.start();
      this.#endSetup();
      await started;
      if (life.ended !== undefined) throw life.ended;
    } catch (thrown) {
      const error = thrown === life?.ended ? (life?.ended?.cause ?? thrown) : thrown;
      this.#rest("failed");
      this.error = error;
      const reason = error instanceof Error ? error.message : String(error);
      const started = new NodeStartError(`${this.name} did not start: ${reason}`, { node: this.name, cause: error });
      this.#tell("failed", { error: started });
      throw error instanceof PyrosError && error.code === "PYROS_NODE_START" ? error : started;
    }
    this.status = "running";
    this.error = undefined;
    mark(this.kernel.world, this.#entity, Running, true);
    if (this.definition.update !== undefined) mark(this.kernel.world, this.#entity, Updating, true);
    this.#checkpoints?.begin(life, this.definition.version ?? 1);
    this.#tell("started");
  }

  async #stop(): Promise<void> {
    this.#forgetRestart();
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
    const { clock } = this.kernel.dispatcher;
    const now = clock.now();
    const delay = this.#removal === undefined ? this.#restarts.next(now) : undefined;
    if (delay === undefined) return this.#giveUp(error);
    this.status = "waiting";
    this.#tell("restarting", { error, delay });
    this.#timer = clock.timers.at(now + delay, () => {
      this.#timer = undefined;
      if (this.#endings > 0) return; // what was asked for meanwhile decides
      void this.#queue(() => this.#start(this.#checkpoints?.resume(this.definition))).catch((failure: unknown) => this.#again(failure));
    });
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

  #forgetRestart(): void {
    if (this.#timer !== undefined) this.kernel.dispatcher.clock.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  #rest(status: NodeStatus): void {
    this.#unmark();
    this.life = undefined;
    this.status = status;
  }

  #unmark(): void {
    this.#checkpoints?.end();
    mark(this.kernel.world, this.#entity, Running, false);
    mark(this.kernel.world, this.#entity, Updating, false);
  }

  /** One thing at a time, in the order asked for. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work, work);
    this.#work = done.catch(() => {});
    return done;
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    this.kernel.tell({ type, node: this.name, time: this.kernel.dispatcher.clock.now(), ...more });
  }
}

function carried(state: object, before: NodeDefinition, after: NodeDefinition): object | undefined {
  const from = before.version ?? 1;
  if (from === (after.version ?? 1)) return state;
  return after.migrate?.(state, from);
}
