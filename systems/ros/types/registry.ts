import { from, type InputDeclaration, stream, type StreamDeclaration } from "../../../src/node/declare.ts";
import type { StreamOptions, SubscribeOptions } from "../../../src/stream/options.ts";
import type { RosTime } from "../message/unfit.ts";

/** The types of messages that TypeScript knows, by their ROS names: what `pyros ros types` writes adds to it. */
export interface RosTypes {}

/** The types of services that TypeScript knows, each with `request` and `response`: what `pyros ros types` writes adds to it. */
export interface RosServiceTypes {}

/** The types of actions that TypeScript knows, each with `goal`, `feedback` and `result`: what `pyros ros types` writes adds to it. */
export interface RosActionTypes {}

/** A ROS type: one that TypeScript knows, or any other. */
export type RosName<Known> = (keyof Known & string) | (string & {});

/** A message as it comes from ROS, such as `RosMessage<"geometry_msgs/Twist">`; `any` where TypeScript does not know the type. */
export type RosMessage<N extends string> = N extends keyof RosTypes ? RosTypes[N] : any;

/** What callers of a service ask, as it comes from ROS; `any` where TypeScript does not know the type. */
export type RosRequest<N extends string> = N extends keyof RosServiceTypes
  ? RosServiceTypes[N] extends { readonly request: infer T } ? T : any
  : any;
/** What a service answers, as it comes from ROS; `any` where TypeScript does not know the type. */
export type RosResponse<N extends string> = N extends keyof RosServiceTypes
  ? RosServiceTypes[N] extends { readonly response: infer T } ? T : any
  : any;
/** The goal of an action, as it comes from ROS; `any` where TypeScript does not know the type. */
export type RosGoal<N extends string> = N extends keyof RosActionTypes ? RosActionTypes[N] extends { readonly goal: infer T } ? T : any
  : any;
/** What an action yields, as it comes from ROS; `any` where TypeScript does not know the type. */
export type RosFeedback<N extends string> = N extends keyof RosActionTypes
  ? RosActionTypes[N] extends { readonly feedback: infer T } ? T : any
  : any;
/** What an action returns, as it comes from ROS; `any` where TypeScript does not know the type. */
export type RosResult<N extends string> = N extends keyof RosActionTypes ? RosActionTypes[N] extends { readonly result: infer T } ? T : any
  : any;

/**
 * What may go to ROS in the place of `T`: fields may be left out, which are zero, empty or false then; lists of numbers may be plain
 * arrays, times `Date`s, and long numbers plain ones.
 */
export type Sendable<T> = unknown extends T ? T
  : T extends RosTime ? RosTime | Date
  : T extends bigint ? bigint | number
  : T extends BigInt64Array | BigUint64Array ? T | readonly (bigint | number)[]
  : T extends ArrayBufferView ? T | readonly number[]
  : T extends readonly (infer U)[] ? readonly Sendable<U>[]
  : T extends object ? { readonly [K in keyof T]?: Sendable<T[K]> }
  : T;

/**
 * Declares a stream of ROS messages that a node publishes: `stream` with its `type`, and the item's type from that.
 *
 * @param type such as `geometry_msgs/Twist`
 * @param options depth, latched, maxRate
 *
 * @example
 * ```ts
 * import { defineNode } from "pyros";
 * import { rosStream } from "pyros/ros";
 *
 * export default defineNode({
 *   streams: { cmd_vel: rosStream("geometry_msgs/Twist") },
 *   update: ({ streams }) => streams.cmd_vel.emit({ linear: { x: 0.5 } }),
 * });
 * ```
 */
export function rosStream<N extends RosName<RosTypes>>(
  type: N,
  options: Omit<StreamOptions, "type"> = {},
): StreamDeclaration<Sendable<RosMessage<N>>> {
  return stream({ ...options, type });
}

/**
 * Declares a stream of ROS messages that a node reads: `from`, with the item's type from that of ROS.
 *
 * @param type such as `sensor_msgs/LaserScan`; only for TypeScript: what comes is what its publisher says
 * @param name the stream's name
 * @param options depth, maxAge in ms, maxRate in Hz
 */
export function rosInput<N extends RosName<RosTypes>>(
  _type: N,
  name: string,
  options: SubscribeOptions = {},
): InputDeclaration<RosMessage<N>> {
  return from(name, options);
}
