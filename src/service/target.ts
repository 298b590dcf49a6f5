import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import type { Call } from "./call.ts";
import type { Route } from "./route.ts";

/** What a provider and its calls need of the engine they are in. */
export interface ProviderHost {
  readonly dispatcher: Dispatcher;
  /** Whether shared values are frozen. */
  readonly development: boolean;
  /** A call was delivered and is not answered yet. */
  linger(call: Call): void;
}

/** Where the calls of one service of one node go: its handler, or the way to it in another engine. */
export interface Target {
  readonly host: ProviderHost;
  readonly route: Route;
  /** The providing node, in whose name replies are sent. */
  readonly sender: Sender;
  /** Absolute name of the providing node. */
  readonly owner: string;
  /** What a call of it holds, once somebody has asked: see {@link holding}. */
  held?: string | undefined;
  /** Whether calls yield progress. */
  readonly generator: boolean;
  /** Whether it is in another engine, and whether in the main one. */
  readonly elsewhere?: boolean;
  readonly inMain?: boolean;
  /** Copies or checks an input, on the caller's side. */
  readonly takeInput: (value: unknown) => unknown;
  /** Calls sent and not yet delivered. */
  onTheWay: number;
  /** Where calls go instead while its node moves, and ever after when the node has gone from here. */
  holder?: Target | undefined;
  /** Whether it takes nothing any more, because its node moves. */
  shut?: boolean;
  /** Takes a call that has arrived. */
  accept(call: Call): void;
  /** Takes a call although its node moves. */
  admit(call: Call): void;
  /** Runs the handler of a call whose turn it is. */
  start(call: Call): void;
  /** A call that it has not begun, or that is elsewhere, was given up. */
  forget(call: Call, reason: unknown): void;
  /** A call that was sent has arrived, or will not arrive. */
  arrived(): void;
}

/** What a call holds, as other engines are told of it. */
export function holding(target: Target): string {
  return (target.held ??= `${target.route.name} of ${target.owner}`);
}
