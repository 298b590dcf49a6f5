import type { Schema } from "../service/schema.ts";
import type { ServiceOptions } from "../service/provider.ts";
import type { ItemInfo } from "../stream/run.ts";
import type { NodeContext, SetupContext } from "./context.ts";
import type { ClientDeclaration, InputDeclaration, StreamDeclaration } from "./declare.ts";

/** When a node that has ended is started again. */
export type RestartMode = "never" | "on-failure" | "always";

/** How a node is started again. */
export interface RestartPolicy {
  /** `on-failure` by default. */
  mode?: RestartMode;
  /** Ms before the first restart; doubles with each; 100 by default. */
  delay?: number;
  /** Ms before a restart at most; 10,000 by default. */
  maxDelay?: number;
  /** Restarts within `window` at most; then the node is given up; 5 by default. */
  limit?: number;
  /** Ms; 60,000 by default. */
  window?: number;
}

/** The parts of a node, as `defineNode` takes them. */
export interface NodeParts<Sv, P, St, In, Ne, S, L> {
  /** One sentence for the graph's readers. */
  readonly description?: string;
  /** Params by name: a plain default value, or `param(value, rule)`. A plain object is a subtree. */
  readonly params?: P;
  /** Streams that the node publishes. */
  readonly streams?: St;
  /** Streams that the node reads. */
  readonly inputs?: In;
  /** Nodes that the node calls. */
  readonly needs?: Ne;
  /** Makes the state of a new life: a plain serialisable object. */
  readonly state?: () => S;
  /** The shape of the state; raise it when the shape changes. 1 by default. */
  readonly version?: number;
  /** Makes a state of this version from one of an earlier version. */
  readonly migrate?: (state: any, version: number) => S;
  /** Makes what cannot be data; it becomes `local`. */
  readonly setup?: (context: SetupContext) => L;
  /** Services by name: `(input, context) => result`. */
  readonly services?: Sv;
  /** Limits of services, by name. */
  readonly serviceOptions?: { readonly [K in keyof Sv]?: Omit<ServiceOptions, "input" | "output"> };
  /** Schemas of results, by service. */
  readonly output?: { readonly [K in keyof Sv]?: Schema<any, any> };
  /** Handlers of items, by input; a handler that returns a promise gets the next item when it has settled. */
  readonly on?: {
    readonly [K in keyof In]?: (
      item: In[K] extends InputDeclaration<infer T> ? T : never,
      context: NodeContext<P, St, In, Ne, S, L>,
      info: ItemInfo,
    ) => void | Promise<void>;
  };
  /** Runs every frame, or at the node's own `rate`. `dt` is in seconds. */
  update?(context: NodeContext<P, St, In, Ne, S, L>, dt: number): void;
  /** Frees what `setup` made. */
  dispose?(context: NodeContext<P, St, In, Ne, S, L>): void | Promise<void>;
  /** Hz at which `update` runs; the engine's by default. */
  readonly rate?: number;
  /** When the node is started again. */
  readonly restart?: RestartMode | RestartPolicy;
  /**
   * Ms between two copies of the state while no service and no `on` handler is under way: a node that has failed is restarted with the
   * last one instead of a fresh state. None are made by default.
   */
  readonly checkpoint?: number;
}

const mark: unique symbol = Symbol.for("pyros.node") as never;

/** Any node's definition. A place that takes one says so by this type, which leaves the inference of the definition alone. */
export interface AnyNodeDefinition {
  /** @internal */
  readonly [mark]: true;
}

/** A node's definition: what `defineNode` returns, and what a module exports by default. */
export interface NodeDefinition<Sv = any, P = any, St = any, In = any, Ne = any, S = any, L = any, Sch = any>
  extends NodeParts<Sv, P, St, In, Ne, S, L> {
  /** @internal */
  readonly [mark]: true;
  /** Schemas of inputs, by service. */
  readonly input?: Sch;
}

/** The context of a node's handlers, for functions that stand outside its definition: `ContextOf<typeof guide>`. */
export type ContextOf<D> = D extends NodeDefinition<any, infer P, infer St, infer In, infer Ne, infer S, infer L>
  ? NodeContext<P, St, In, Ne, S, L>
  : never;

/** What a handler gets whose input has the schema `X`. */
export type InputOf<X> = X extends Schema<any, infer O> ? O : any;

/**
 * Defines a node: state, params, streams, inputs, needs, services and an optional `update`, whose types are inferred from one another.
 *
 * @param parts the parts of the node
 * @returns the definition
 * @example
 * ```ts
 * import { createEngine, defineNode } from "pyros";
 * const counter = defineNode({
 *   state: () => ({ n: 0 }),
 *   services: { add: (by: number, { state }) => (state.n += by) },
 * });
 * await using engine = await createEngine({ nodes: { "/counter": { use: counter } } });
 * console.log(await engine.client<typeof counter>("/counter").add(2)); // 2
 * ```
 */
export function defineNode<
  Sv extends
    & { [K in keyof Sch]?: (input: InputOf<Sch[K]>, context: NodeContext<P, St, In, Ne, S, L>) => unknown }
    & Record<
      string,
      (input: never, context: NodeContext<P, St, In, Ne, S, L>) => unknown
    >,
  Sch extends Record<string, Schema<any, any>> = {},
  P extends Record<string, unknown> = {},
  St extends Record<string, StreamDeclaration<any>> = {},
  In extends Record<string, InputDeclaration<any>> = {},
  Ne extends Record<string, ClientDeclaration<any>> = {},
  S extends object = {},
  L = unknown,
>(parts: NodeParts<Sv, P, St, In, Ne, S, L> & { readonly input?: Sch }): NodeDefinition<Sv, P, St, In, Ne, S, L, Sch> {
  return { ...parts, [mark]: true };
}

/** A plain function as a node: its `update`. */
export type NodeFunction = (context: NodeContext, dt: number) => void;

/** Whether something is what `defineNode` returns. */
export function isNodeDefinition(value: unknown): value is NodeDefinition {
  return typeof value === "object" && value !== null && (value as Partial<NodeDefinition>)[mark] === true;
}

/**
 * The definition behind what a config or a module gives as a node.
 *
 * @param value a definition, or a plain function
 * @returns the definition; undefined for anything else
 */
export function toNodeDefinition(value: unknown): NodeDefinition | undefined {
  if (isNodeDefinition(value)) return value;
  if (typeof value !== "function") return undefined;
  return { update: value as NodeFunction, [mark]: true };
}
