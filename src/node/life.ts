import type { Logger } from "@logtape/logtape";
import { StateError } from "../errors.ts";
import type { NodeNames } from "../graph/scope.ts";
import { Caller } from "../service/caller.ts";
import { type ClientClass, clientClass } from "../service/client.ts";
import type { Job } from "../service/job.ts";
import type { Provider, ServiceOptions } from "../service/provider.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { SubscribeOptions } from "../stream/options.ts";
import { nothingLeft, type StreamsData } from "../stream/handover.ts";
import type { BaseContext } from "./context.ts";
import { isGenerator, isThenable } from "./handlers.ts";
import type { Kernel } from "./kernel.ts";
import { departing, handOver, rest } from "./leaving.ts";
import type { Inheritance, LifeSource } from "./life-source.ts";
import { own } from "./own-property.ts";
import { ParamNames } from "./param-names.ts";
import { declareParams, openParams } from "./param-view.ts";

const grace = 5000; // ms that work in hand and `dispose` have

type Handles<T> = Readonly<Record<string, T>>;
const none: Handles<never> = Object.freeze({});

/**
 * One life of a node, from start to stop. A restart makes a new one; what still runs of an earlier one reaches nothing of the new.
 */
export class Life extends Caller {
  readonly source: LifeSource<Life>;
  state: object;
  local: unknown = undefined;
  params: object = none;
  streams: Handles<Publisher> = none;
  inputs: Handles<Subscription> = none;
  /** Clients for what is called outside any call. */
  needs: object = none;
  #needClasses: Handles<ClientClass> = none;
  #context: BaseContext | undefined;
  #isSetUp = false;
  #isOpen = false;
  readonly #inherited: Inheritance | undefined;
  #subscriptions: Set<Subscription> | undefined;
  /** Whether work in hand is waited for, because the node moves. */
  #quieting = false;
  #leaving = false;
  /** What is left of its streams when it has ended because the node moves, or has not begun after it has moved. */
  left: StreamsData = nothingLeft;
  #paramNames: ParamNames | undefined;
  #providers: Map<string, Provider> | undefined;
  #withdrawn: Set<Provider> | undefined;
  #gone: Promise<void> | undefined;
  #publishers: Publisher[] | undefined;
  #cleanups: Set<() => void> | undefined;
  #controller: AbortController | undefined;
  #log: Logger | undefined;

  /**
   * @param source what the node is
   * @param state the state of an earlier life to go on with
   * @param inherited what it takes over, where the node has moved
   */
  constructor(source: LifeSource<Life>, state?: object, inherited?: Inheritance) {
    super(source.names.node);
    this.source = source;
    this.state = state ?? source.definition.state?.() ?? {};
    this.#inherited = inherited;
  }

  /** The node's absolute name resolver. */
  get names(): NodeNames {
    return this.source.names;
  }

  get kernel(): Kernel {
    return this.source.kernel;
  }

  /**
   * What `setup`, `update`, `on` and `dispose` get. Made on first use: those of nodes which only have an `update` are made one
   * right after the other, and lie like that in memory, which is half of what such an update costs.
   */
  get context(): BaseContext {
    return (this.#context ??= this.source.context(this, undefined));
  }

  /** Fires when this life ends. Made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.hasEnded) this.#controller.abort(this.ended);
    }
    return this.#controller.signal;
  }

  get log(): Logger {
    return (this.#log ??= this.kernel.logger(this.name));
  }

  /** Clients for what is called inside a call. */
  needsFor(job: Job): object {
    const needs: Record<string, unknown> = {};
    for (const key in this.#needClasses) needs[key] = new this.#needClasses[key]!(this, job);
    return needs;
  }

  /**
   * Opens what the node declares, runs `setup`, and then provides its services.
   *
   * @throws whatever `setup` threw, or the error of a bad declaration; the life has then ended
   */
  async start(): Promise<void> {
    try {
      const ordered = this.#declareParams();
      if (ordered !== undefined) await this.#orEnd(ordered);
      if (this.hasEnded) throw this.ended;
      this.#declare();
      const { setup } = this.source.definition;
      if (setup !== undefined) {
        const made: unknown = setup(this.context as never);
        this.local = isThenable(made) ? await this.#orEnd(made, (late) => this.#disposeOf(late)) : made;
      }
      this.#isSetUp = true;
      if (this.hasEnded) {
        await this.#dispose();
        throw this.ended;
      }
      this.#open();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /**
   * Ends this life: its services leave the graph, work in hand finishes, `signal` fires, `dispose` runs.
   *
   * @param ms how long work in hand may take
   */
  async stop(ms: number = grace): Promise<void> {
    if (this.hasEnded) return this.#gone;
    const providers = this.#inCharge();
    for (const provider of providers) this.kernel.services.withdraw(provider);
    for (const key in this.inputs) this.inputs[key]!.pause();
    if (ms > 0 && providers.length > 0) await this.kernel.within(Promise.all(providers.map((p) => p.idle())), ms);
    if (!this.hasEnded) this.#gone = this.#end("stopped", undefined);
    await this.#gone;
  }

  /**
   * Waits, because the node is to move, until work in hand has finished, and then takes no more: whoever calls it holds new work back.
   *
   * @returns whether it has within `ms`; else it goes on as before
   */
  async quiet(ms: number): Promise<boolean> {
    this.#quieting = true;
    for (const subscription of this.#subscriptions ?? []) subscription.hold(true);
    const resting = rest(() => this.#inCharge(), () => [...(this.#subscriptions ?? [])], () => this.#quieting && !this.hasEnded);
    const done = await this.kernel.within(resting, ms);
    if (!done || this.hasEnded) this.proceed();
    return done && !this.hasEnded;
  }

  /** It does not move: it goes on. */
  proceed(): void {
    this.#quieting = false;
    for (const provider of this.#inCharge()) provider.shut = false;
    this.#resume();
  }

  /** Ends this life, of which all work has finished, because the node goes on elsewhere; {@link left} is for the life there. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#gone = this.#end("moved", undefined);
    await this.#gone;
    // Behind what it has sent, and what other engines are told of it.
    await new Promise<void>((resolve) => this.kernel.dispatcher.send({ sender: this, deliver: () => resolve() }));
  }

  /** Ends this life at once, by an error. */
  crash(error: unknown): void {
    if (this.hasEnded) return;
    this.#gone = this.#end("failed", error);
    this.source.crashed(this, error);
  }

  /** Resolves when this life, which has ended, has freed what it held. */
  get gone(): Promise<void> {
    return this.#gone ?? Promise.resolve();
  }

  /** Whether a service or an `on` handler is under way. */
  get atWork(): boolean {
    for (const key in this.inputs) if (this.inputs[key]!.turns.atWork) return true;
    return this.#inCharge().some((provider) => provider.atWork);
  }

  /** Whether `setup` is under way. */
  get settingUp(): boolean {
    return !this.#isSetUp && !this.hasEnded;
  }

  override nodeName(written: string): string {
    return this.names.referred(written);
  }

  /** A param that the node declares is its own; any other name stands in its namespace. */
  paramName(name: string): string {
    return (this.#paramNames ??= new ParamNames(this.source)).absolute(name);
  }

  provide(name: string, handler: (input: any, context: any) => unknown, options: ServiceOptions = {}): void {
    if (this.ended !== undefined) throw this.ended;
    const absolute = this.names.declared(name);
    const generator = isGenerator(handler);
    const { source } = this;
    const run = (input: unknown, job: Job) => handler(input, source.context(this, job));
    const provider = this.kernel.services.provide(absolute, this, run, generator, options);
    (this.#providers ??= new Map()).set(absolute, provider);
  }

  withdraw(name: string): void {
    const absolute = this.names.declared(name);
    const provider = this.#providers?.get(absolute);
    if (provider === undefined) throw new StateError(`${this.name} does not provide ${absolute}`, { node: this.name, name: absolute });
    this.#providers!.delete(absolute);
    this.kernel.services.withdraw(provider);
    // Calls that are out still settle: also when the node ends before their handlers do.
    const withdrawn = (this.#withdrawn ??= new Set());
    withdrawn.add(provider);
    void provider.idle().then(() => withdrawn.delete(provider));
  }

  subscribe<T>(name: string, options: SubscribeOptions, queued: boolean): Subscription<T> {
    if (this.ended !== undefined) throw this.ended;
    const subscription = this.kernel.streams.subscribe<T>(name, this, options, queued, (error) => this.crash(error));
    this.#own(subscription as Subscription, () => subscription.close());
    return subscription;
  }

  #own(subscription: Subscription, end: () => void): void {
    const all = (this.#subscriptions ??= new Set());
    all.add(subscription);
    const undo = this.cleanup(end);
    const closed = subscription.onClose;
    subscription.onClose = () => {
      all.delete(subscription);
      undo();
      closed?.();
    };
  }

  /** Takes over a subscription that was opened for it. If it does not start, the subscription stays. */
  #inherit(subscription: Subscription): Subscription {
    subscription.sender = this;
    subscription.onError = (error) => this.crash(error);
    this.#own(subscription, () => (this.#isOpen ? subscription.close() : subscription.hold(true)));
    return subscription;
  }

  /**
   * Does something when this life ends.
   *
   * @param run called once, then
   * @returns forgets it
   */
  cleanup(run: () => void): () => void {
    const cleanups = (this.#cleanups ??= new Set());
    cleanups.add(run);
    return () => cleanups.delete(run);
  }

  #inCharge(): Provider[] {
    return [...(this.#providers?.values() ?? []), ...(this.#withdrawn ?? [])];
  }

  #declareParams(): Promise<unknown> | undefined {
    const { definition, params } = this.source;
    this.kernel.params.undeclare(this.name); // what an earlier life declared was kept while the node did not run
    return definition.params === undefined ? undefined : declareParams(this.kernel.params, this.names, definition.params, params);
  }

  #declare(): void {
    const { definition } = this.source;
    if (definition.params !== undefined) this.params = openParams(this, definition.params);
    const streams: Record<string, Publisher> = {};
    for (const key in definition.streams) {
      const publisher = this.kernel.streams.publish(this.names.declared(key), this, definition.streams[key].options);
      (this.#publishers ??= []).push(publisher);
      const left = own(this.#inherited?.streams, key);
      if (left !== undefined) publisher.restore(left);
      streams[key] = publisher;
      this.streams = streams;
    }
    const classes: Record<string, ClientClass> = {};
    const needs: Record<string, unknown> = {};
    for (const key in definition.needs) {
      const node = this.names.referred(definition.needs[key].name);
      classes[key] = clientClass(this.kernel.services, (service) => `${node}/${service}`);
      needs[key] = new classes[key]!(this, undefined);
      this.#needClasses = classes;
      this.needs = needs;
    }
    const inputs: Record<string, Subscription> = {};
    for (const key in definition.inputs) {
      const { name, options } = definition.inputs[key];
      const opened = own(this.#inherited?.inputs, key);
      const input = opened === undefined ? this.subscribe<unknown>(this.names.referred(name), options, false) : this.#inherit(opened);
      inputs[key] = input;
      this.inputs = inputs;
      const handler = own(definition.on as Record<string, (...args: any[]) => unknown> | undefined, key);
      if (handler === undefined) continue;
      input.pause(); // until `local` is there
      const { context } = this;
      if (handler.length > 2) input.on((item, info) => handler(item as never, context as never, info));
      else input.on((item) => (handler as (item: unknown, context: unknown) => unknown)(item, context));
    }
  }

  #open(): void {
    const { definition } = this.source;
    for (const key in definition.services) {
      this.provide(key, definition.services[key], {
        ...own(definition.serviceOptions, key),
        input: own(definition.input, key),
        output: own(definition.output, key),
      });
    }
    this.#isOpen = true;
    for (const key in this.inputs) this.inputs[key]!.resume();
    if (this.#inherited !== undefined) this.#resume();
  }

  /** Takes what has waited while the node moved, and then what comes. */
  #resume(): void {
    const over = () => this.#quieting || this.hasEnded;
    const sender = { name: this.name }; // the life itself may be held back, because it has just provided its services
    this.kernel.dispatcher.send({ sender, deliver: (most) => !over() && handOver(this.#subscriptions ?? [], most) });
  }

  /** Waits, but not beyond the end of this life; `late` gets what comes after it. */
  #orEnd<T>(made: PromiseLike<T>, late: (made: T) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const undo = this.cleanup(() => reject(this.ended));
      made.then(
        (local) => {
          undo();
          if (this.hasEnded) late(local);
          else resolve(local);
        },
        (error) => {
          undo();
          reject(error);
        },
      );
    });
  }

  async #end(how: "stopped" | "failed" | "moved", cause: unknown): Promise<void> {
    this.kernel.services.outlive(this);
    this.end(() => new StateError(`${this.name} has ${how}`, { node: this.name, ...(cause === undefined ? {} : { cause }) }));
    this.#controller?.abort(this.ended);
    for (const provider of this.#inCharge()) {
      this.kernel.services.withdraw(provider);
      if (!this.#leaving) provider.lose(how, cause);
    }
    if (this.#leaving || (this.#inherited !== undefined && !this.#isOpen)) {
      this.left = departing(this.#leaving ? this.inputs : {}, this.streams);
    }
    for (const run of this.#cleanups ?? []) run();
    for (const publisher of this.#publishers ?? []) this.kernel.streams.unpublish(publisher);
    if (this.#isSetUp && this.source.definition.dispose !== undefined) await this.kernel.within(this.#dispose(), grace);
  }

  /** What a `setup` has made too late. */
  #disposeOf(late: unknown): void {
    this.local = late;
    void this.#dispose();
  }

  async #dispose(): Promise<void> {
    try {
      await this.source.definition.dispose?.(this.context as never);
    } catch (error) {
      this.log.error("dispose failed: {error}", { error });
    }
  }
}
