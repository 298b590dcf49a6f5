import type { Logger } from "@logtape/logtape";
import { StateError } from "../errors.ts";
import type { Ambiguity } from "../frame/order.ts";
import { Pipeline } from "../frame/pipeline.ts";
import type { SystemInstance } from "../frame/system.ts";
import { checkAbsolute } from "../graph/names.ts";
import { Scope } from "../graph/scope.ts";
import { entries, type Entry, type GraphWorld } from "../graph/world.ts";
import type { ClientOf } from "../node/context.ts";
import { type AnyNodeDefinition, type NodeDefinition, type NodeFunction } from "../node/define.ts";
import type { GraphEvent } from "../node/kernel.ts";
import type { CallOptions } from "../service/call.ts";
import { Caller } from "../service/caller.ts";
import { clientClass } from "../service/client.ts";
import type { Provider, ServiceOptions } from "../service/provider.ts";
import type { WaitOptions } from "../service/services.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { StreamOptions, SubscribeOptions } from "../stream/options.ts";
import type { SubscriptionEntry } from "../stream/streams.ts";
import { Subscription } from "../stream/subscription.ts";
import type { SimClock } from "../time/clock.ts";
import type { Given } from "../value/give.ts";
import { receive } from "../../systems/receive.ts";
import { UpdateSystem } from "../../systems/update.ts";
import { provideControl } from "./control.ts";
import { Core } from "./core/core.ts";
import { EngineParams } from "./engine-params.ts";
import type { GraphWatch } from "./core/graph-watch.ts";
import type { FrameStats } from "./frame-stats.ts";
import { LiveFrames } from "./live-frames.ts";
import type { MainRole } from "./main/main-role.ts";
import type { GuestRole } from "./member/guest-role.ts";
import type { MakeMember, MemberRole } from "./member/member-role.ts";
import type { EnginePlan, PlannedSystem } from "./core/plan.ts";
import { Moves } from "./main/moves.ts";
import { type AddOptions, definitionOf, listed, type NodeInfo, Nodes } from "./core/nodes.ts";
import type { Placement } from "../node/placement.ts";
import { NodeOperations } from "./node-operations.ts";
import type { RunOptions } from "./sim/run-options.ts";
import { SimDriver } from "./sim/sim-driver.ts";
import { SimFollower } from "./sim/sim-follower.ts";

/**
 * An engine: one event loop that runs nodes. Made by `createEngine`.
 *
 * It owns no signal handlers, no rejection handlers and no process title.
 */
export class Engine implements AsyncDisposable {
  /** The params of the graph. */
  readonly params: EngineParams;
  readonly #core: Core;
  readonly #plan: EnginePlan;
  readonly #nodes: Nodes;
  readonly #caller: Caller = new Caller("/");
  readonly #providers: Set<Provider> = new Set();
  readonly #pipeline: Pipeline = new Pipeline();
  readonly #updates: UpdateSystem;
  readonly #moves: Moves;
  readonly #operations: NodeOperations;
  readonly #frames: LiveFrames | undefined;
  readonly #sim: SimDriver | undefined;
  readonly #follower: SimFollower | undefined;
  #systems: readonly SystemInstance[] = [];
  #closing: Promise<void> | undefined;
  /** This engine's part in a graph that another one leads. */
  readonly #member: MemberRole | undefined;
  /** This engine as the main one among others: made when the first thread or process is needed. */
  #main: MainRole | undefined;

  /**
   * @internal
   * @param plan what to run; see {@link start}
   * @param makeMember makes its part in a graph that another engine leads; without it, this is the main engine
   */
  constructor(plan: EnginePlan, makeMember?: MakeMember) {
    this.#plan = plan;
    const core = (this.#core = new Core(plan));
    this.#nodes = new Nodes(core, (names, planned, host) => this.#main!.node(names, planned, host));
    const told = (what: string) => (error: unknown) => this.log.error(`${what}: {error}`, { error });
    this.params = new EngineParams(core.params, this.#caller, told("a watcher failed"), told("a declaration was refused"));
    this.#updates = new UpdateSystem(core.world, plan.rate);
    this.#pipeline.add(receive(core.dispatcher), this.#updates);
    const framed = () => this.#updates.size > 0 || this.#systems.some((system) => system.runs);
    if (plan.clock === "sim" && plan.follows === true) {
      core.sim = this.#follower = new SimFollower(core.clock as SimClock, core.dispatcher, this.#pipeline, framed);
    } else if (plan.clock === "sim") {
      core.sim = this.#sim = new SimDriver(core.clock as SimClock, core.dispatcher, this.#pipeline, plan.rate, plan.speed, framed);
    } else {
      this.#frames = new LiveFrames(this.#pipeline, plan.rate);
      core.listen(() => (framed() && this.#closing === undefined ? this.#frames!.start() : this.#frames!.stop()));
    }
    this.#member = makeMember?.({ core, engine: this, nodes: this.#nodes, follower: this.#follower });
    this.#moves = new Moves(core, this.#nodes, () => this.#lead(), this.#sim);
    this.#operations = new NodeOperations(this.#nodes, this.#moves, this.#sim, plan.load);
  }

  /**
   * Starts what the plan holds: those that are called before their callers.
   *
   * @throws NodeStartError when a node does not start; everything is closed again then
   */
  start(): Promise<void> {
    const started = this.#start();
    return this.#sim === undefined ? started : this.#sim.until(started);
  }

  /** The main engine among others. Its code is loaded when it is needed: threads and processes load without it. */
  async #lead(): Promise<MainRole> {
    if (this.#member !== undefined) throw new StateError("only the main engine starts threads and processes");
    if (this.#main === undefined) {
      const { MainRole } = await this.#core.external(() => import("./main/main-role.ts"));
      this.#open();
      this.#main ??= new MainRole(this.#core, this.#plan, this.#sim, this.#nodes);
    }
    return this.#main;
  }

  get #guest(): GuestRole | undefined {
    return this.#member?.kind === "guest" ? this.#member : undefined;
  }

  async #start(): Promise<void> {
    const { name, listen, params, overrides, paramsFile, systems, nodes } = this.#plan;
    try {
      if (this.#guest !== undefined) await this.#guest.join(this.#plan, this.#caller);
      else await this.#core.params.open(paramsFile, params, overrides);
      if (this.#plan.control === true) provideControl(this);
      const isPublic = name !== undefined || listen !== undefined;
      const main = isPublic || nodes.some(({ host }) => host !== undefined) ? await this.#lead() : undefined;
      const instances = nodes.map((node) => this.#nodes.enter(node));
      this.#enterSystems(systems);
      if (isPublic) await main!.open();
      for (const system of this.#systems) await system.start();
      for (const group of this.#nodes.groups(instances)) await Promise.all(group.map((node) => node.start()));
      await this.#guest?.settle();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The bitECS world: the graph, and the entities of the program. */
  get world(): GraphWorld {
    return this.#core.world;
  }

  /** Now, in ms of the engine's clock. */
  get time(): number {
    return this.#core.clock.now();
  }

  /** The engine's logger. */
  get log(): Logger {
    return this.#core.logger("/");
  }

  /** The nodes of the graph, by name. */
  get nodes(): NodeInfo[] {
    return this.#nodes.infos((name) => this.#moves.isMoving(name));
  }

  /** The services that are provided, each once a provider: its name, and the node that owns it. */
  get services(): Entry[] {
    return listed(this.world, "service");
  }

  /** The streams that are published, each once a publisher. */
  get streams(): Entry[] {
    return listed(this.world, "stream");
  }

  /** How frames fare, and who uses the time. */
  get frameStats(): FrameStats {
    return {
      rate: this.#plan.rate,
      frames: this.#pipeline.frames,
      skipped: this.#frames?.skipped ?? 0,
      lateness: this.#frames?.lateness ?? 0,
      usage: this.#updates.usage(),
    };
  }

  /** Pairs of systems whose order nothing decides, although they touch the same component. */
  get ambiguousSystems(): readonly Ambiguity[] {
    return this.#pipeline.ambiguous;
  }

  /**
   * A typed client of a node: one method a service.
   *
   * @typeParam D the node's definition, as in `engine.client<typeof Guide>("/guide")`
   * @param name the node's absolute name; it need not run yet
   */
  client<D = any>(name: string): unknown extends D ? any : ClientOf<D> {
    const node = checkAbsolute(name, "node");
    return new (clientClass(this.#core.services, (service) => `${node}/${service}`))(this.#caller, undefined) as never;
  }

  /** Calls a service by its absolute name. */
  call<T = any>(name: string, input?: unknown, options?: CallOptions): Promise<T> & AsyncIterable<any> {
    return this.#core.services.callByName(this.#caller, name, (written) => checkAbsolute(written, "service"), input, options) as never;
  }

  /** Waits until a service is provided, by one node or more. */
  waitForService(name: string, options?: WaitOptions): Promise<void> {
    return this.#core.services.whenProvided(this.#caller, checkAbsolute(name, "service"), options);
  }

  /**
   * Provides a service from outside the nodes.
   *
   * @returns withdraws it
   */
  provide(
    name: string,
    handler: (input: any, context: { readonly signal: AbortSignal }) => unknown,
    options: ServiceOptions = {},
  ): () => void {
    this.#open();
    const generator = /Generator/.test(handler.constructor.name);
    const { services } = this.#core;
    const provider: Provider = services.provide(checkAbsolute(name, "service"), this.#caller, handler, generator, options);
    this.#providers.add(provider);
    return () => {
      services.withdraw(provider);
      void provider.idle().then(() => this.#providers.delete(provider));
    };
  }

  /** Subscribes to a stream by its absolute name. An error that a callback throws is logged. */
  stream<T = any>(name: string, options: SubscribeOptions = {}): Subscription<T> {
    this.#open();
    const failed = (error: unknown) => this.log.error("a callback of {name} failed: {error}", { name, error });
    return this.#core.streams.subscribe<T>(checkAbsolute(name, "stream"), this.#caller, options, true, failed);
  }

  /**
   * Publishes a stream from outside the nodes.
   *
   * @returns `emit` sends, `close` stops publishing
   */
  publisher<T = any>(name: string, options?: StreamOptions): { emit(value: T | Given<T>): void; close(): void } {
    this.#open();
    const publisher: Publisher = this.#core.streams.publish(checkAbsolute(name, "stream"), this.#caller, options);
    return { emit: (value) => publisher.emit(value), close: () => this.#core.streams.unpublish(publisher) };
  }

  /** Tells when nodes start, fail, restart and go, from now on: read by `for await`. */
  watchGraph(): GraphWatch;
  /**
   * Tells a callback when nodes start, fail, restart and go, from now on.
   *
   * @returns stops watching
   */
  watchGraph(callback: (event: GraphEvent) => void): () => void;
  watchGraph(callback?: (event: GraphEvent) => void): GraphWatch | (() => void) {
    const watch = this.#core.watch();
    if (callback === undefined) return watch;
    void watch.tell(callback, (error) => this.log.error("a graph watcher failed: {error}", { error }));
    return () => watch.close();
  }

  /**
   * Adds a node and starts it.
   *
   * @param name its absolute name
   * @param use its definition, or a plain function
   * @throws DeclarationError when the name is taken or `use` is no node, NodeStartError when it does not start
   */
  async add(name: string, use: AnyNodeDefinition | NodeFunction, options: AddOptions = {}): Promise<void> {
    this.#open();
    const definition = definitionOf(name, use);
    const enter = () => this.#nodes.enter({ ...options, name, definition, scope: new Scope() });
    const node = this.#guest === undefined ? enter() : await this.#guest.enter(name, definition.description, enter);
    try {
      await node.start();
    } catch (error) {
      await this.remove(name);
      throw error;
    }
  }

  /** Stops a node and takes it out of the graph. */
  remove(name: string): Promise<void> {
    return this.#operations.remove(name);
  }

  /** Starts a node that does not run. */
  startNode(name: string): Promise<void> {
    return this.#operations.start(name);
  }

  /** Stops a node: work in hand finishes first. */
  stopNode(name: string): Promise<void> {
    return this.#operations.stop(name);
  }

  /** Stops a node and starts it again, with a fresh state. */
  restartNode(name: string): Promise<void> {
    return this.#operations.restart(name);
  }

  /**
   * Replaces a node's definition while the graph runs; its state is kept, and `migrate`d where its version differs.
   *
   * @param name the node's absolute name
   * @param definition of a node in the loop, which runs there only from now on; without one, the node's module is loaded anew,
   *   where it runs
   * @throws DeclarationError when a definition is given to a node in a thread or process, where functions cannot travel, or none to a
   *   node that has no module; NodeStartError when the new one does not start, and the old one goes on; UnknownNodeError, or StateError
   *   for a node of an engine that has joined
   */
  swapNode(name: string, definition?: NodeDefinition): Promise<void> {
    return this.#operations.swap(name, definition);
  }

  /**
   * Swaps a node whose module has changed.
   *
   * @internal
   * @param definition what the module says now; a thread or process loads it anew
   */
  reloadNode(name: string, definition: NodeDefinition): Promise<void> {
    return this.#operations.reload(name, definition);
  }

  /**
   * Moves a node while it runs, with its state: to the loop of this engine, or to a new thread or process of its own.
   *
   * Its new place starts first. Then new calls wait where they are made, work in hand finishes, within 5 s, `signal` fires and
   * `dispose` runs; state, randomness, inputs with what waits in them, counts, and the last items of latched streams go over; `setup`
   * runs there, and the calls that waited flow, in their order. A node in the loop that is to move to the loop is left alone. Several
   * nodes move one after the other.
   *
   * @param name the node's absolute name
   * @param placement where to
   * @throws MoveError when it could not move: it goes on where it was; UnknownNodeError, or DeclarationError when it was given as a
   *   value and not as a module
   */
  async move(name: string, placement: Placement): Promise<void> {
    this.#open();
    await this.#operations.move(name, placement);
  }

  /** In simulated time: lets time run. */
  async run(options?: RunOptions): Promise<void> {
    await this.#simulated().run(options);
  }

  /** In simulated time: runs so many frames, one by default. */
  async step(frames = 1): Promise<void> {
    await this.#simulated().run({ frames });
  }

  /** In simulated time: ends a run after the moment that is under way. */
  pause(): void {
    this.#simulated().pause();
  }

  /** In simulated time: how many times real time; `Infinity` for as fast as possible. */
  get speed(): number {
    return this.#sim?.speed ?? 1;
  }

  /** @throws StateError when it is not above 0, or the engine runs in live time */
  set speed(times: number) {
    if (!(times > 0)) throw new StateError(`speed is ${String(times)}; it must be above 0`);
    this.#simulated().speed = times;
  }

  /**
   * Resolves when all that was sent before, by any engine of the graph, has been delivered. For tests.
   *
   * @internal
   */
  async flush(): Promise<void> {
    if (this.#closing !== undefined) return;
    if (this.#sim !== undefined) return this.#sim.settle();
    await (this.#guest ?? this.#main)?.flush();
  }

  /** Stops all nodes, callers before those they call; work in hand finishes first. Nothing is left behind. Closing twice is closing once. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#sim?.pause();
    this.#frames?.stop();
    await this.#moves.close();
    await this.#operations.removeAll();
    await this.#core.deliverRest();
    this.#core.services.outlive();
    this.#caller.end(() => new StateError("the engine has closed"));
    for (const provider of this.#providers) provider.lose("closed");
    for (const { subscription } of entries<SubscriptionEntry>(this.world, "subscription")) {
      if (subscription instanceof Subscription) subscription.close();
    }
    await (this.#member ?? this.#main)?.close();
    await this.#core.close();
  }

  /** All of them are put into order before the first one is set up: they may name one another, whichever comes first. */
  #enterSystems(planned: readonly PlannedSystem[]): void {
    this.#systems = planned.map(({ definition, scope }) => this.#nodes.enterSystem(definition, scope));
    this.#pipeline.add(...this.#systems);
    for (const pair of this.#pipeline.ambiguous) {
      this.log.warn("nothing decides whether {first} or {second} runs first in {stage}, and they touch the same component", { ...pair });
    }
  }

  #simulated(): SimDriver {
    this.#open();
    if (this.#sim === undefined) throw new StateError('the engine runs in live time; run, step, pause and speed need clock: "sim"');
    return this.#sim;
  }

  #open(): void {
    if (this.#closing !== undefined) throw new StateError("the engine has closed");
  }
}
