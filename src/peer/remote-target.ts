import type { Sender } from "../dispatch/delivery.ts";
import { NodeLostError } from "../errors.ts";
import type { Call } from "../service/call.ts";
import { taker } from "../service/provider.ts";
import type { Route } from "../service/route.ts";
import type { ProviderHost, Target } from "../service/target.ts";
import type { Peer } from "./peer.ts";

/** The way to the engine to which calls go. */
interface WayThere {
  readonly peer: Peer;
  /** A call goes out to the service of that number. */
  send(call: Call, service: number): void;
  /** A call that is out is given up. */
  abandon(call: Call, reason: unknown): void;
}

/** A service of a node in another engine: calls go there over the link. */
export class RemoteTarget implements Target {
  readonly host: ProviderHost;
  readonly route: Route;
  readonly sender: Sender;
  readonly owner: string;
  readonly generator: boolean;
  readonly takeInput: (value: unknown) => unknown;
  readonly elsewhere = true;
  onTheWay = 0;
  holder: Target | undefined = undefined;
  shut = false;
  held: string | undefined = undefined;
  /** Its number in its engine. */
  readonly ref: number;
  readonly #calls: WayThere;

  /**
   * @param calls the calls to that engine
   * @param ref the service's number there
   * @param owner absolute name of the providing node
   * @param options whether it is a generator, and whether values are shared: their rules hold here too
   */
  constructor(
    host: ProviderHost,
    calls: WayThere,
    route: Route,
    ref: number,
    owner: string,
    options: { readonly generator: boolean; readonly share: boolean },
  ) {
    this.host = host;
    this.#calls = calls;
    this.route = route;
    this.ref = ref;
    this.owner = owner;
    this.sender = { name: owner };
    this.generator = options.generator;
    this.takeInput = taker(options.share, host.development, `input of ${route.name}`);
  }

  get inMain(): boolean {
    return this.#calls.peer.id === 0;
  }

  accept(call: Call): void {
    if (this.holder !== undefined) this.holder.accept(call);
    else this.admit(call);
  }

  admit(call: Call): void {
    if (!call.settled) this.#calls.send(call, this.ref);
  }

  start(call: Call): void {
    this.accept(call);
  }

  forget(call: Call, reason: unknown): void {
    this.#calls.abandon(call, reason);
  }

  arrived(): void {
    this.onTheWay--;
  }

  /** The error for a call that is out when the way there ends. */
  lost(why: string): NodeLostError {
    return new NodeLostError(`${this.owner} was lost while ${this.route.name} was called: ${why}`, {
      node: this.owner,
      name: this.route.name,
    });
  }
}
