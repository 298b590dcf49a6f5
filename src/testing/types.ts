/**
 * What `testNode` infers from the definition of the node under test.
 *
 * @module
 */
import type { NodeContext, ParamValue } from "../node/context.ts";
import type { ClientDeclaration, InputDeclaration, StreamDeclaration } from "../node/declare.ts";
import type { NodeSettings } from "../node/instance.ts";
import type { Received } from "../value/give.ts";

/** The values of the params that a definition declares. */
export type ParamsOf<D> = D extends { readonly params?: infer P } ? { -readonly [K in keyof P]: ParamValue<P[K]> } : {};

/** The state of a definition. */
export type StateOf<D> = D extends { readonly state?: () => infer S } ? S : {};

/** A stream that the node under test reads: the test publishes it. */
export interface FakeInput<T> {
  /**
   * Sends an item to the node, as another node would. It arrives before any more time passes.
   *
   * @throws ValueError when the value cannot leave the loop
   */
  emit(value: T): void;
}

/** The inputs of a definition. */
export type InputsOf<D> = D extends { readonly inputs?: infer In }
  ? { readonly [K in keyof In]: In[K] extends InputDeclaration<infer T> ? FakeInput<T> : never }
  : {};

/** What the node under test has emitted, by stream: the values. */
export type EmittedOf<D> = D extends { readonly streams?: infer St }
  ? { readonly [K in keyof St]: St[K] extends StreamDeclaration<infer T> ? T[] : never }
  : {};

/** An item that the node under test has emitted. */
export interface EmittedItem<T = unknown> {
  /** What was emitted. */
  readonly value: T;
  /** When it was emitted, in ms since the start of the test. */
  readonly stamp: number;
  /** Its number among the items of its stream, from 1. */
  readonly seq: number;
}

/** What the node under test has emitted, by stream: values with their stamps and numbers. */
export type ItemsOf<D> = D extends { readonly streams?: infer St }
  ? { readonly [K in keyof St]: St[K] extends StreamDeclaration<infer T> ? EmittedItem<T>[] : never }
  : {};

/** A handler in the place of a service. Its context has `sleep`, `signal`, `time` and all else that a node's has. */
export type FakeHandler = (input: any, context: NodeContext) => unknown;

/** What a handler in the place of one that returns `R` may return. */
export type FakeResult<R> = R extends AsyncGenerator | Generator ? R
  : Awaited<R> | Received<Awaited<R>> | Promise<Awaited<R> | Received<Awaited<R>>>;
/** A handler in the place of the service `F`. */
export type FakeService<F> = F extends (input: infer I, ...rest: any[]) => infer R ? (input: I, context: NodeContext) => FakeResult<R>
  : never;
/** Handlers in the place of the services of one node. */
export type FakeServices<D> = D extends { readonly services?: infer Sv } ? { readonly [K in keyof Sv]?: FakeService<Sv[K]> } : never;

/** Handlers in the place of the nodes that a definition `needs`. */
export type NeedsOf<D> = D extends { readonly needs?: infer Ne }
  ? { readonly [K in keyof Ne]?: Ne[K] extends ClientDeclaration<infer N> ? FakeServices<N> : never }
  : {};

/** What is around the node under test. */
export interface TestOptions<D> {
  /** Its absolute name; `/node` by default. */
  readonly name?: string;
  /** Values of its params, and, by absolute names, of other params of the graph: `{ gain: 2, "/world/size": 100 }`. */
  readonly params?: Partial<ParamsOf<D>> & { readonly [name: `/${string}`]: unknown };
  /** Stand in for the nodes that it `needs`, by its own words: `{ planner: { plan: (goal) => [goal] } }`. */
  readonly needs?: NeedsOf<D>;
  /** Stand in for any services that it calls, by absolute names or names in its namespace: `{ "/planner/plan": (goal) => [goal] }`. */
  readonly services?: Readonly<Record<string, FakeHandler>>;
  /** Parts of the state that it begins with, in place of what its `state` makes. */
  readonly state?: Partial<StateOf<D>>;
  /** Its words to other names, as in a config. */
  readonly remap?: Readonly<Record<string, string>>;
  /** Decides its `random`; 0 by default. */
  readonly seed?: string | number;
  /** Frames a second, in Hz; its own rate, or else 60, by default: one frame is one `update`. */
  readonly rate?: number;
  /** When it is started again after a failure; `never` by default, so that a failure ends the test. */
  readonly restart?: NodeSettings["restart"];
}

/** How far time runs: exactly one of these. */
export type RunFor = { readonly seconds: number } | { readonly until: number } | { readonly frames: number };
