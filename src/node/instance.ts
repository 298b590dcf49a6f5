import { NodeStartError, PyrosError, StateError } from "../errors.ts";
import type { NodeNames } from "../graph/scope.ts";
import type { Subscription } from "../stream/subscription.ts";
import { snapshot } from "../value/copy.ts";
import { enter, leave, mark, Running, Updating } from "../graph/world.ts";
import type { Job } from "../service/job.ts";
import type { Timer } from "../time/timers.ts";
import type { Random } from "../time/random.ts";
import type { NodeDefinition } from "./define.ts";
import type { MovableNode, NodeStatus } from "./graph-node.ts";
import { openInputs } from "./inputs.ts";
import type { GraphEvent, Kernel } from "./kernel.ts";
import { Life } from "./life.ts";
import type { Inheritance, LifeSource } from "./life-source.ts";
import { LiveContext } from "./live-context.ts";
import { Restarts, toPolicy } from "./restart.ts";
import type { NodeSnapshot } from "./snapshot.ts";

/** What the config says about a node, beside its definition. */
export interface NodeSettings {
  /** Values of declared params. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Hz at which `update` runs. */
  readonly rate?: number;
  /** When the node is started again. */
  readonly restart?: NodeDefinition["restart"];
}

/** A node of the graph: its name, its present life, and what happens when that ends. */
export class NodeInstance implements LifeSource, MovableNode {
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
  #entity: number | undefined;
  /** Its inputs, where it is about to come here. */
  #opened: Readonly<Record<string, Subscription>> = {};
  /** The state when work in hand had finished, before it goes. */
  #kept: object | undefined;
  /** What a life has left that was to go on with another, and did not begin. */
  #left: Inheritance["streams"] = {};
  /** Whether nobody is told of it: the graph knows it in another place. */
  #isHidden: boolean;
  #work: Promise<unknown> = Promise.resolve();
  #random: Random | undefined;
  #timer: Timer | undefined;
  #removal: Promise<void> | undefined;
  /** How often an end was asked for that has not begun. */
  #endings = 0;

  /** @param hidden whether it is not in the graph until it {@link appear}s: it is to come from another place */
  constructor(kernel: Kernel, names: NodeNames, definition: NodeDefinition, settings: NodeSettings, hidden = false) {
    this.kernel = kernel;
    this.names = names;
    this.definition = definition;
    this.params = settings.params ?? {};
    this.rate = settings.rate ?? definition.rate;
    this.#restarts = new Restarts(toPolicy(settings.restart ?? definition.restart, names.node));
    this.#isHidden = hidden;
    if (!hidden) this.#entity = enter(kernel.world, "node", this);
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
    return this.#queue(() => this.#start());
  }

  /** Stops the node: work in hand finishes first. A node that does not run is left alone; one that waits for its restart no longer does. */
  stop(): Promise<void> {
    return this.#ending(() => this.#stop());
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
    this.#vanish();
    this.#tell("removed");
  }

  async prepare(): Promise<void> {
    this.#opened = openInputs(this.kernel, this.names, this.definition);
  }

  async quiet(ms: number): Promise<void> {
    const { life } = this;
    if (this.status !== "running" || life === undefined) throw new StateError(`${this.name} is ${this.status}`, { node: this.name });
    this.#copy(life);
    this.#mark(Updating, false);
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
    if (this.status === "running" && this.definition.update !== undefined) this.#mark(Updating, true);
  }

  take(): Promise<NodeSnapshot> {
    return this.#queue(async () => {
      const { life, lives, definition } = this;
      const rest = { version: definition.version ?? 1, lives, restarts: this.#restarts.recent, ...this.#randomState };
      this.#forgetRestart();
      if (life === undefined || this.status !== "running") return { ...rest, runs: false, ...this.#departOpened() };
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
      const inputs = this.#opened;
      for (const key in inputs) if (from.inputs[key] !== undefined) inputs[key]!.restore(from.inputs[key]);
      const version = this.definition.version ?? 1;
      const state = from.version === version ? from.state : this.definition.migrate?.(from.state, from.version);
      await this.#start(state, { inputs, streams: from.streams });
      this.#opened = {};
    });
  }

  appear(): void {
    this.#isHidden = false;
    if (this.#entity !== undefined) return;
    this.#entity = enter(this.kernel.world, "node", this);
    if (this.status !== "running") return;
    this.#mark(Running, true);
    if (this.definition.update !== undefined) this.#mark(Updating, true);
  }

  async vanish(): Promise<void> {
    this.#isHidden = true;
    if (this.life !== undefined) await this.stop();
    for (const key in this.#opened) this.#opened[key]!.close();
    this.#vanish();
  }

  #vanish(): void {
    if (this.#entity !== undefined) leave(this.kernel.world, "node", this.#entity);
    this.#entity = undefined;
  }

  #copy(life: Life): object {
    return snapshot(life.state, `the state of ${this.name}`);
  }

  get #randomState(): Pick<NodeSnapshot, "random"> {
    return this.#random === undefined ? {} : { random: this.#random.state };
  }

  #departOpened(): Pick<NodeSnapshot, "inputs" | "streams"> {
    const inputs = Object.fromEntries(Object.entries(this.#opened).map(([key, input]) => [key, input.depart()]));
    this.#opened = {};
    return { inputs, streams: this.#left };
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
    this.#forgetRestart();
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
      this.#left = life?.left.streams ?? {};
      this.error = error;
      const reason = error instanceof Error ? error.message : String(error);
      const started = new NodeStartError(`${this.name} did not start: ${reason}`, { node: this.name, cause: error });
      this.#tell("failed", { error: started });
      throw error instanceof PyrosError && error.code === "PYROS_NODE_START" ? error : started;
    }
    this.status = "running";
    this.error = undefined;
    this.#mark(Running, true);
    if (this.definition.update !== undefined) this.#mark(Updating, true);
    this.#tell("started");
  }

  async #stop(): Promise<void> {
    this.#forgetRestart();
    const { life } = this;
    if (life === undefined) {
      this.status = "stopped";
      return;
    }
    this.status = "stopping";
    this.#unmark();
    await life.stop();
    this.#rest("stopped");
    this.#tell("stopped");
  }

  #again(error: unknown): void {
    if (this.#endings > 0) return;
    const { clock } = this.kernel.dispatcher;
    const now = clock.now();
    const delay = this.#removal === undefined ? this.#restarts.next(now) : undefined;
    if (delay === undefined) return this.#giveUp(error);
    this.status = "waiting";
    this.#tell("restarting", { error, delay });
    this.#timer = clock.timers.at(now + delay, () => {
      this.#timer = undefined;
      if (this.#endings > 0) return; // what was asked for meanwhile decides
      void this.#queue(() => this.#start()).catch((failure: unknown) => this.#again(failure));
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
    this.#mark(Running, false);
    this.#mark(Updating, false);
  }

  #mark(what: typeof Running, on: boolean): void {
    if (this.#entity !== undefined) mark(this.kernel.world, this.#entity, what, on);
  }

  /** One thing at a time, in the order asked for. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work, work);
    this.#work = done.catch(() => {});
    return done;
  }

  #tell(type: GraphEvent["type"], more: { error?: unknown; delay?: number } = {}): void {
    if (!this.#isHidden) this.kernel.tell({ type, node: this.name, time: this.kernel.dispatcher.clock.now(), ...more });
  }
}

function carried(state: object, before: NodeDefinition, after: NodeDefinition): object | undefined {
  const from = before.version ?? 1;
  if (from === (after.version ?? 1)) return state;
  return after.migrate?.(state, from);
}
