/**
 * The words with which a node declares what it has and what it uses.
 *
 * @module
 */
import type { ParamRule } from "../param/rule.ts";
import type { StreamOptions, SubscribeOptions } from "../stream/options.ts";

/** A declared param: its default value, and data that constrain what it may be set to. Made by {@link param}. */
export class ParamDeclaration<T> {
  /** Tells it from a plain value, also where a node's module was loaded with another copy of this file. */
  readonly kind = "pyros.param";
  /** The default. */
  readonly value: T;
  /** What it may be set to. */
  readonly rule: ParamRule;
  constructor(value: T, rule: ParamRule) {
    this.value = value;
    this.rule = rule;
  }
}

/** Whether something was made by {@link param}; a plain default value was not. */
export function isParamDeclaration(value: unknown): value is ParamDeclaration<unknown> {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "pyros.param";
}

/** A declared stream that the node publishes. Made by {@link stream}. */
export class StreamDeclaration<T> {
  /** Depth, latched and so on. */
  readonly options: StreamOptions;
  /** Only for the type checker: the type of an item. */
  declare readonly item: T;
  constructor(options: StreamOptions) {
    this.options = options;
  }
}

/** A declared stream that the node reads. Made by {@link from}. */
export class InputDeclaration<T> {
  /** The stream's name, as the node writes it. */
  readonly name: string;
  /** Depth, maxAge and so on. */
  readonly options: SubscribeOptions;
  /** Only for the type checker: the type of an item. */
  declare readonly item: T;
  constructor(name: string, options: SubscribeOptions) {
    this.name = name;
    this.options = options;
  }
}

/** A declared node whose services the node calls. Made by {@link client}. */
export class ClientDeclaration<D> {
  /** The other node's name, as this node writes it. */
  readonly name: string;
  /** Only for the type checker: the node's definition. */
  declare readonly definition: D;
  constructor(name: string) {
    this.name = name;
  }
}

/** A literal's own type: `number` for `1`. */
export type Widen<T> = T extends number ? number : T extends string ? string : T extends boolean ? boolean : T extends bigint ? bigint : T;

/**
 * Declares a param that has one of a few values, which are its type.
 *
 * @param value the default
 * @param rule what it may be set to, and a description
 */
export function param<const T extends string | number | boolean>(
  value: NoInfer<T>,
  rule: ParamRule & { readonly oneOf: readonly T[] },
): ParamDeclaration<T>;
/**
 * Declares a param with a rule. A param without one is declared by its plain default value.
 *
 * @param value the default
 * @param rule what it may be set to, and a description
 */
export function param<T>(value: T, rule?: ParamRule): ParamDeclaration<Widen<T>>;
export function param<T>(value: T, rule: ParamRule = {}): ParamDeclaration<T> {
  return new ParamDeclaration(value, rule);
}

/**
 * Declares a stream that the node publishes.
 *
 * @typeParam T the type of an item
 * @param options depth, latched, maxRate, share
 */
export function stream<T>(options: StreamOptions = {}): StreamDeclaration<T> {
  return new StreamDeclaration(options);
}

/**
 * Declares a stream that the node reads.
 *
 * @typeParam T the type of an item
 * @param name the stream's name, resolved in the node's namespace: `pose`, `/world/pose`, `~own`
 * @param options depth, maxAge in ms, maxRate in Hz
 */
export function from<T>(name: string, options: SubscribeOptions = {}): InputDeclaration<T> {
  return new InputDeclaration(name, options);
}

/**
 * Declares a node whose services this node calls.
 *
 * @typeParam D the type of the other node's definition, such as `typeof planner`
 * @param name the other node's name, resolved in this node's namespace
 */
export function client<D>(name: string): ClientDeclaration<D> {
  return new ClientDeclaration(name);
}
