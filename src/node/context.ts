/**
 * What a node gets: the types of its context.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import type { ParamChange, SetOptions } from "../param/params.ts";
import type { CallOptions } from "../service/call.ts";
import type { CallResult } from "../service/client.ts";
import type { ServiceOptions } from "../service/provider.ts";
import type { WaitOptions } from "../service/services.ts";
import type { ItemInfo } from "../stream/run.ts";
import type { Counts } from "../stream/counts.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { SubscribeOptions } from "../stream/options.ts";
import type { Given } from "../value/give.ts";
import type { ClientDeclaration, InputDeclaration, ParamDeclaration, StreamDeclaration, Widen } from "./declare.ts";

/** A stream that the node publishes. */
export interface Output<T> {
  /**
   * Sends a copy to all who subscribe. It never waits, and never throws because of a subscriber.
   *
   * @throws ValueError when the value cannot leave the loop
   */
  emit(value: T | Given<T>): void;
}

/** A stream that the node reads. */
export interface Input<T> extends AsyncIterable<T> {
  /** The newest item; undefined when none has come, or it is older than `maxAge`. */
  readonly latest: T | undefined;
  /** Ms since the newest item was emitted; `Infinity` when none has come. */
  readonly age: number;
  /** Stamp, number, publisher and losses of the item that was read last. */
  readonly info: ItemInfo | undefined;
  /** The account: sent, delivered, dropped, waiting. */
  readonly counts: Counts;
}

/** The type of a declared param's value. */
export type ParamValue<X> = X extends ParamDeclaration<infer T> ? T : Widen<X>;

/** A typed client of a node whose definition is `D`: one method a service. */
export type ClientOf<D> = D extends { readonly services?: infer Sv } ? {
    readonly [K in keyof Sv]: Sv[K] extends (...args: infer A) => infer R
      ? A extends [infer I, ...unknown[]] ? unknown extends I ? (input?: any, options?: CallOptions) => CallResult<R>
        : undefined extends I ? (input?: I | Given<I>, options?: CallOptions) => CallResult<R>
        : (input: I | Given<I>, options?: CallOptions) => CallResult<R>
      : (input?: undefined, options?: CallOptions) => CallResult<R>
      : never;
  }
  : never;

/** What every context of a node offers. */
export interface BaseContext {
  /** The node's absolute name. */
  readonly name: string;
  /** Fires when the node stops; in a service handler, until it has answered, also when the caller no longer wants the answer. */
  readonly signal: AbortSignal;
  /** The node's logger. */
  readonly log: Logger;
  /** Now, in ms: since the epoch in live time, since the start of the simulation in simulated time. */
  readonly time: number;
  /**
   * Waits in the engine's time.
   *
   * @param ms how long, from 0
   * @returns a promise that rejects with the signal's reason when `signal` fires first
   */
  readonly sleep: (ms: number) => Promise<void>;
  /** A number from 0 up to 1, of a sequence that the engine's seed and the node's name decide. */
  readonly random: () => number;
  /**
   * Lets the outside world in: in simulated time, time stands still until `fn` has settled.
   *
   * @param fn does what is outside: files, sockets, other processes
   */
  readonly external: <T>(fn: () => T | Promise<T>) => Promise<T>;
  /**
   * Reads any param; a read is local.
   *
   * @param name a param that the node declares, or a name in its namespace
   * @returns a copy of the value, an object for a subtree, undefined where there is none
   */
  readonly get: (name: string) => any;
  /**
   * Sets a param, or several at once by an object of names.
   *
   * @returns a promise of the revision, once the write is ordered; it rejects when the write was refused
   */
  readonly set: {
    (name: string, value: unknown, options?: SetOptions): Promise<number>;
    (values: Readonly<Record<string, unknown>>, options?: SetOptions): Promise<number>;
  };
  /**
   * Watches a param or a subtree; several changes of one turn come as one.
   *
   * @returns stops watching
   */
  readonly watch: (name: string, callback: (value: any, change: ParamChange) => unknown) => () => void;
  /** Calls a service by its name. */
  readonly call: <T = any>(name: string, input?: unknown, options?: CallOptions) => Promise<T> & AsyncIterable<any>;
  /** Subscribes to a stream by its name, until the node stops. */
  readonly stream: <T = any>(name: string, options?: SubscribeOptions) => Subscription<T>;
  /** Provides a service while the node runs. */
  readonly provide: (name: string, handler: (input: any, context: any) => unknown, options?: ServiceOptions) => void;
  /** Withdraws a service: later callers do not find it, calls that are out still settle. */
  readonly withdraw: (name: string) => void;
  /** Waits until a service is provided. */
  readonly waitForService: (name: string, options?: WaitOptions) => Promise<void>;
}

/** What `setup` gets. Annotate its parameter with this type: without it, TypeScript loses the types of the other handlers. */
export interface SetupContext extends BaseContext {
  /** The node's own params. */
  readonly params: Readonly<Record<string, any>>;
  /** The streams that the node publishes. */
  readonly streams: Readonly<Record<string, Output<any>>>;
  /** The nodes that the node calls. */
  readonly needs: Readonly<Record<string, any>>;
  /** The node's state. */
  readonly state: any;
}

/** `Then`, where the declarations `D` are known; anything where they are not. */
export type Known<D, Then> = 0 extends 1 & D ? any : Then;

/** What `update`, services, `on` and `dispose` get. */
export interface NodeContext<P = any, St = any, In = any, Ne = any, S = any, L = any> extends BaseContext {
  /** The node's state: data. */
  readonly state: S;
  /** What `setup` made: anything; it is never moved or recorded. */
  readonly local: Awaited<L>;
  /** The node's own params, always as they are now. */
  readonly params: Known<P, { readonly [K in keyof P]: ParamValue<P[K]> }>;
  /** The streams that the node publishes. */
  readonly streams: Known<St, { readonly [K in keyof St]: St[K] extends StreamDeclaration<infer T> ? Output<T> : never }>;
  /** The streams that the node reads. */
  readonly inputs: Known<In, { readonly [K in keyof In]: In[K] extends InputDeclaration<infer T> ? Input<T> : never }>;
  /** The nodes that the node calls. */
  readonly needs: Known<Ne, { readonly [K in keyof Ne]: Ne[K] extends ClientDeclaration<infer D> ? ClientOf<D> : never }>;
}
