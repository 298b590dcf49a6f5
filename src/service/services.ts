import { DeclarationError, OverloadedError, ServiceTimeoutError, StateError, UnknownServiceError } from "../errors.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { nearest } from "../graph/names.ts";
import { enter, type Entry, type GraphWorld, leave } from "../graph/world.ts";
import { stackless } from "../value/stackless.ts";
import { Call, type CallOptions } from "./call.ts";
import { CallPromise } from "./call-promise.ts";
import type { Caller } from "./caller.ts";
import { Held } from "./held.ts";
import { Parked } from "./parked.ts";
import type { Job } from "./job.ts";
import { Progress } from "./progress.ts";
import { Provider, type ServiceOptions } from "./provider.ts";
import { callAgain } from "./retry.ts";
import { Route } from "./route.ts";
import type { Target } from "./target.ts";
import { wait } from "./wait.ts";

const defaultTimeout = 5000; // ms
const defaultDepth = 10;
const mostSuggested = 2000; // services among which a nearest name is looked for: whoever polls for one that is missing pays for it each time
const leastFresh = 64; // calls of one turn, settled ones included, before the list is tidied
const mostOnTheWay = 65_536; // calls sent to one provider and not yet delivered

/** How to wait for a service. */
export interface WaitOptions {
  /** How many nodes must provide it, from 1; the default is 1. */
  providers?: number;
  /** Ms to wait; for ever by default. */
  timeout?: number;
  /** Stops waiting when it fires. */
  signal?: AbortSignal;
}

/** What the graph knows of a service of one provider. */
export interface ServiceEntry extends Entry {
  /**
   * The handler behind the name.
   *
   * @internal
   */
  readonly provider: Target;
}

/** Who is told of the handlers in this engine. */
export interface ServiceDirectory {
  provided(provider: Provider): void;
  withdrawn(provider: Provider): void;
}

// The settlers of the promise that was made last: a shared executor saves a closure per call.
let resolve!: (value: any) => void;
let reject!: (error: unknown) => void;
const capture = (yes: (value: any) => void, no: (error: unknown) => void): void => {
  resolve = yes;
  reject = no;
};

/** The services of an engine: who provides what, and the way there. */
export class Services {
  readonly dispatcher: Dispatcher;
  readonly development: boolean;
  /** Tells other engines what is provided here; there is none while there are no other engines. */
  directory: ServiceDirectory | undefined;
  readonly #world: GraphWorld;
  readonly #routes: Map<string, Route> = new Map();
  readonly #entities: Map<Target, number> = new Map();
  /** The services of nodes that move, by the nodes. */
  readonly #held: Map<string, Held> = new Map();
  #fresh: Call[] = [];
  #mostFresh: number = leastFresh;

  /**
   * @param dispatcher the engine's
   * @param world the engine's
   * @param development whether callers' stacks are kept and shared values frozen
   */
  constructor(dispatcher: Dispatcher, world: GraphWorld, development: boolean) {
    this.dispatcher = dispatcher;
    this.#world = world;
    this.development = development;
    dispatcher.whenTurnEnds(() => this.outlive());
  }

  /** The route of a name; there is one for every name, provided or not. */
  route(name: string): Route {
    let route = this.#routes.get(name);
    if (route === undefined) this.#routes.set(name, route = new Route(name));
    return route;
  }

  /** The names that are provided now. */
  names(): string[] {
    return [...this.#routes.values()].filter((route) => route.providers.length > 0).map((route) => route.name);
  }

  /**
   * Enters a handler for a service.
   *
   * @param name absolute name of the service
   * @param sender the providing node
   * @param run the handler
   * @param generator whether the handler returns a generator
   * @param options limits and schemas
   * @returns what {@link withdraw} takes
   * @throws DeclarationError when the node provides that name already, or a limit is not a whole number from 1
   */
  provide(name: string, sender: Sender, run: (input: unknown, job: Job) => unknown, generator: boolean, options: ServiceOptions): Provider {
    const details = { node: sender.name, name };
    for (const limit of ["maxInFlight", "concurrency"] as const) {
      const value = options[limit];
      if (value === undefined || (Number.isInteger(value) && value >= 1) || value === Infinity) continue;
      throw new DeclarationError(`${limit} of ${name} is ${String(value)}; it must be a whole number from 1`, details);
    }
    const route = this.route(name);
    if (route.providers.some((p) => p.owner === sender.name && !(p instanceof Parked && p.target === undefined))) {
      throw new DeclarationError(`${sender.name} provides ${name} already`, details);
    }
    const provider = new Provider(this, route, sender, run, generator, options);
    this.enter(provider);
    this.directory?.provided(provider);
    return provider;
  }

  /** Takes a handler out of the graph: later callers do not find it, calls that are out still settle. */
  withdraw(provider: Provider): void {
    if (this.leave(provider)) this.directory?.withdrawn(provider);
  }

  /** Enters where calls of a service may go. */
  enter(target: Target): void {
    const { route, owner } = target;
    this.#entities.set(target, enter<ServiceEntry>(this.#world, "service", { name: route.name, owner, provider: target }));
    const held = this.#held.get(owner);
    if (held === undefined) route.add(target);
    else this.#park(target, held);
  }

  /** A node moves: calls of its services wait, but for those that belong to what it has in hand. */
  hold(node: string): void {
    if (this.#held.has(node)) return;
    const held = new Held(node, this.dispatcher);
    this.#held.set(node, held);
    for (const target of this.#entities.keys()) if (target.owner === node) this.#park(target, held);
  }

  /** The node is where it is to be: the calls that wait go there. */
  release(node: string): void {
    const held = this.#held.get(node);
    this.#held.delete(node);
    for (const parked of held?.parked.values() ?? []) {
      const { route, target } = parked;
      if (target === undefined) route.remove(parked);
      else {
        target.holder = undefined;
        route.replace(parked, target);
      }
    }
    held?.release();
  }

  #park(target: Target, held: Held): void {
    const { route } = target;
    const known = held.parked.get(route);
    const parked = known ?? new Parked(this, target, (caller) => held.behind(caller));
    target.holder = parked;
    parked.target = target;
    parked.takeInput = target.takeInput;
    if (known !== undefined) return;
    held.parked.set(route, parked);
    if (route.providers.includes(target)) route.replace(target, parked);
    else route.add(parked);
  }

  /** Takes it out again; says whether it was there. */
  leave(target: Target): boolean {
    const id = this.#entities.get(target);
    if (id === undefined) return false;
    this.#entities.delete(target);
    leave(this.#world, "service", id);
    const parked = this.#held.get(target.owner)?.parked.get(target.route);
    if (parked === undefined) target.route.remove(target);
    else if (parked.target === target) parked.target = undefined;
    return true;
  }

  /** The handlers that are in this engine. */
  local(): Provider[] {
    return [...this.#entities.keys()].filter((target) => target instanceof Provider);
  }

  /**
   * Calls a service.
   *
   * @param caller who calls
   * @param route the service
   * @param input its input
   * @param options timeout, signal and so on
   * @param parent the call in whose handler this one is made
   * @returns the promise of the result, which always settles; of a generator service also the iterable of its progress
   */
  call(caller: Caller, route: Route, input: unknown, options?: CallOptions, parent?: Job): Promise<any> {
    if (options?.retries) {
      const { timeout = defaultTimeout, depth = defaultDepth } = options;
      return callAgain(this, { caller, route, input, options: { ...options, timeout, depth }, parent });
    }
    if (caller.ended !== undefined) return refused(caller.ended);
    if (route.providers.length === 0) return refused(this.#unknown(route.name));
    const provider = route.choose(caller, options?.node);
    if (provider instanceof Error) return refused(provider);
    if (provider.onTheWay >= mostOnTheWay) {
      const message = `${mostOnTheWay} calls are on their way to ${route.name}`;
      return refused(stackless(() => new OverloadedError(message, { node: provider.owner, name: route.name })));
    }
    const timeout = options?.timeout ?? defaultTimeout;
    if (!(timeout > 0)) {
      return refused(
        new DeclarationError(`timeout of a call to ${route.name} is ${String(timeout)}; it must be above 0 ms`, { name: route.name }),
      );
    }
    const signal = options?.signal;
    if (signal?.aborted) return refused(signal.reason);
    if (parent !== undefined && parent.settled) parent = undefined;
    if (parent?.aborted) return refused(parent.signal.reason);
    const depth = options?.depth;
    if (depth !== undefined && !(Number.isInteger(depth) && depth >= 1)) {
      return refused(
        new DeclarationError(`depth of a call to ${route.name} is ${String(depth)}; it must be a whole number from 1`, {
          name: route.name,
        }),
      );
    }
    let taken: unknown;
    try {
      taken = provider.takeInput(input);
    } catch (error) {
      return refused(error);
    }
    const call = new Call(caller, provider, taken, timeout, parent);
    const promise = provider.generator ? this.#iterable(call, depth) : new Promise(capture);
    if (!provider.generator) {
      call.resolve = resolve;
      call.reject = reject;
    }
    if (signal !== undefined) call.follow(signal);
    if (this.development) call.origin = here();
    provider.onTheWay++;
    this.dispatcher.send(call);
    return promise;
  }

  /**
   * Waits until a service is provided.
   *
   * @param caller who waits
   * @param name absolute name of the service
   * @param options how many providers there must be, how long to wait, and a signal
   * @returns a promise that rejects with a ServiceTimeoutError when they have not come in time, or with the signal's reason
   */
  whenProvided(caller: Caller, name: string, options: WaitOptions = {}): Promise<void> {
    const { providers = 1, timeout = Infinity, signal } = options;
    if (!(timeout > 0)) {
      return Promise.reject(new DeclarationError(`timeout of a wait for ${name} is ${String(timeout)}; it must be above 0 ms`, { name }));
    }
    const { clock } = this.dispatcher;
    const route = this.route(name);
    const late = () =>
      new ServiceTimeoutError(`${name} has ${route.providers.length} of ${providers} providers after ${timeout} ms`, {
        name,
        node: caller.name,
      });
    return wait(clock, { caller, signal }, clock.now() + timeout, late, (ready) => route.whenProvided(providers, ready));
  }

  /** Calls a service by its name, which `resolve` makes absolute or refuses. */
  callByName(
    caller: Caller,
    name: string,
    resolve: (name: string) => string,
    input: unknown,
    options?: CallOptions,
    parent?: Job,
  ): Promise<any> {
    try {
      const absolute = resolve(name);
      // A name that nobody provides or waits for leaves no trace: whoever calls at random fills no memory.
      return this.call(caller, this.#routes.get(absolute) ?? new Route(absolute), input, options, parent);
    } catch (error) {
      return refused(error);
    }
  }

  /** A call was delivered and is not answered yet: unless it is by the end of the turn, it gets a deadline. */
  linger(call: Call): void {
    if (this.#fresh.push(call) === 1) this.dispatcher.awaitTurnEnd();
    else if (this.#fresh.length > this.#mostFresh) this.#tidy();
  }

  /**
   * Gives the calls that have outlived their turn their deadlines: a call that settles within its turn never asks for the time, nor for a timer.
   *
   * @param by whose calls count among those that are held back; everybody's by default
   */
  outlive(by?: Sender): void {
    const calls = this.#fresh;
    this.#fresh = [];
    this.#mostFresh = leastFresh;
    for (const delivery of this.dispatcher.queued()) if (delivery instanceof Call) calls.push(delivery);
    for (const delivery of this.dispatcher.heldBack(by)) if (delivery instanceof Call) calls.push(delivery);
    let now = 0;
    for (const call of calls) if (!call.settled && call.deadline === 0) call.outlive(now ||= this.dispatcher.clock.now());
  }

  /** A long turn makes many calls; those that have settled need not be remembered until its end. */
  #tidy(): void {
    const fresh = this.#fresh;
    let count = 0;
    for (const call of fresh) if (!call.settled) fresh[count++] = call;
    fresh.length = count; // in place, as an array that was left behind and has grown old would keep them all
    this.#mostFresh = Math.max(leastFresh, this.#fresh.length * 2);
  }

  #iterable(call: Call, depth: number | undefined): Promise<unknown> {
    return CallPromise.open((settle) => {
      call.resolve = settle.resolve;
      call.reject = settle.reject;
      const gaveUp = () =>
        call.abandon(new StateError(`the caller stopped reading ${call.provider.route.name}`, { name: call.provider.route.name }));
      return (call.progress = new Progress(depth ?? defaultDepth, gaveUp));
    });
  }

  #unknown(name: string): UnknownServiceError {
    const near = this.#routes.size > mostSuggested ? undefined : nearest(name, this.names());
    return new UnknownServiceError(`nobody provides ${name}${near === undefined ? "" : `; did you mean ${near}?`}`, { name });
  }
}

/** A call that did not go out. It can be iterated like any other. */
function refused(error: unknown): Promise<never> {
  return CallPromise.open((settle) => {
    settle.reject(error);
    return undefined;
  });
}

/** Whoever calls `Services.call` now. */
function here(): { readonly stack?: string } {
  const origin = {};
  Error.captureStackTrace(origin, Services.prototype.call);
  return origin;
}
