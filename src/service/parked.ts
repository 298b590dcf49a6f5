import { NodeLostError, UnknownServiceError } from "../errors.ts";
import type { Sender } from "../dispatch/delivery.ts";
import type { Call } from "./call.ts";
import type { Route } from "./route.ts";
import type { ProviderHost, Target } from "./target.ts";

/**
 * Stands in a route for a service of a node that moves: calls wait here, in their order, until the node is where it goes.
 *
 * Calls that belong to what the node has in hand pass: it could not finish otherwise.
 */
export class Parked implements Target {
  readonly host: ProviderHost;
  readonly route: Route;
  readonly sender: Sender;
  readonly owner: string;
  readonly generator: boolean;
  readonly #wait: (caller: Sender) => void;
  takeInput: (value: unknown) => unknown;
  onTheWay = 0;
  /** Where the node's service is now; undefined while it is nowhere. */
  target: Target | undefined;
  /** Whether all calls that have waited are gone. */
  #through = false;
  #waiting: Call[] = [];

  /** @param wait is told whose call waits */
  constructor(host: ProviderHost, target: Target, wait: (caller: Sender) => void) {
    this.host = host;
    this.#wait = wait;
    this.route = target.route;
    this.owner = target.owner;
    this.sender = { name: target.owner };
    this.generator = target.generator;
    this.takeInput = target.takeInput;
    this.target = target;
  }

  accept(call: Call): void {
    const { target } = this;
    if (call.settled) return this.#leave(call, false);
    if (this.#through) return this.#hand(call);
    const own = call.caller.name === this.owner;
    if (target !== undefined && target.shut !== true && (own || belongs(call, this.owner))) return this.#pass(call, target);
    if (target === undefined && own) {
      this.#leave(call, false);
      // Whoever waits for itself would wait for ever.
      return call.refuse(new UnknownServiceError(`nobody provides ${this.route.name}`, { name: this.route.name }));
    }
    this.#leave(call, true);
    this.#waiting.push(call);
    this.#wait(call.caller);
  }

  admit(call: Call): void {
    this.accept(call);
  }

  start(call: Call): void {
    this.accept(call);
  }

  forget(call: Call): void {
    const at = this.#waiting.indexOf(call);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.onTheWay--;
  }

  arrived(): void {
    // it counts those that wait as on the way: there may not be more of them than of others
  }

  /** The node is where it is to be, or nowhere: what waits flows, before what is called from now on. */
  release(): void {
    const { target, host: { dispatcher } } = this;
    if (!dispatcher.simulated) return dispatcher.send({ sender: this.sender, deliver: (most) => this.#flow(most) });
    // Rounds sort by callers, so each call has to stand in the queue by itself: before all that its caller has sent since.
    const queued = dispatcher.queued().filter((delivery) => (delivery as Partial<Call>).provider === this) as unknown as Call[];
    this.#through = true;
    if (target !== undefined) { for (const call of [...this.#waiting, ...queued]) if (!call.settled) this.#redirect(call, target); }
    dispatcher.sendFirst(this.#waiting);
    this.#waiting = [];
  }

  #flow(most: number): boolean {
    for (const call of this.#waiting.splice(0, Math.min(most, this.#waiting.length))) {
      this.#hand(call);
      call.provider.arrived();
    }
    this.#through = this.#waiting.length === 0;
    return !this.#through;
  }

  /** A call has waited: it goes where the node is. */
  #hand(call: Call): void {
    const { target } = this;
    if (call.settled) return this.#leave(call, false);
    if (target === undefined) {
      this.#leave(call, false);
      const details = { node: this.owner, name: this.route.name };
      return call.refuse(new NodeLostError(`${this.owner} went while ${this.route.name} was called`, details));
    }
    this.#redirect(call, target);
    target.accept(call);
  }

  #pass(call: Call, target: Target): void {
    this.#redirect(call, target);
    target.admit(call);
  }

  /** The call is on its way to `target` from now on. Whoever delivers it tells that it has arrived. */
  #redirect(call: Call, target: Target): void {
    if (call.provider === target) return;
    this.#leave(call, false);
    if (call.provider !== this) call.provider.arrived();
    call.provider = target;
    target.onTheWay++;
  }

  /** A call is no longer on its way to here; or from now on, where it stays. */
  #leave(call: Call, stays: boolean): void {
    if (call.provider === this) {
      if (!stays) this.onTheWay--;
    } else if (stays) {
      call.provider.arrived();
      call.provider = this;
      this.onTheWay++;
    }
  }
}

/** Whether a call was made, over however many others, for one that the node has in hand. */
export function belongs(call: Call, owner: string): boolean {
  const held = call.parent?.holdings() ?? call.above;
  return held.some((holding) => holding.endsWith(` of ${owner}`));
}
