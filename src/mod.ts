/**
 * Pyros: write a node once; config says where it runs.
 *
 * @module
 */
export { cbor } from "./codec/cbor.ts";
export type { Batch, Codec } from "./codec/codec.ts";
export { fromJson, toJson } from "./codec/json-text.ts";
export type { OwnCodec } from "./codec/user-codec.ts";
export { createEngine } from "./config/create-engine.ts";
export { defineConfig } from "./config/define.ts";
export type { ConfigFunction, EngineConfig, HostEntry, LogConfig, LogLevel, MarkedConfig, NodeEntry } from "./config/define.ts";
export type { Placement } from "./node/placement.ts";
export type { PlacementOverride } from "./config/placements.ts";
export type { CreateOptions } from "./config/plan.ts";
export { Engine } from "./engine/engine.ts";
export type { FrameStats } from "./engine/frame-stats.ts";
export type { AddOptions, NodeInfo } from "./engine/core/nodes.ts";
export type { EngineParams } from "./engine/engine-params.ts";
export type { GraphWatch } from "./engine/core/graph-watch.ts";
export type { RunOptions } from "./engine/sim/run-options.ts";
export {
  CallCycleError,
  CodecError,
  ConfigError,
  DeclarationError,
  HostError,
  LinkError,
  MoveError,
  NameError,
  NodeLostError,
  NodeStartError,
  OverloadedError,
  ProtocolError,
  PyrosError,
  RevisionError,
  RosError,
  ServiceError,
  ServiceTimeoutError,
  StateError,
  SystemError,
  UnknownNodeError,
  UnknownParamError,
  UnknownServiceError,
  ValidationError,
  ValueError,
} from "./errors.ts";
export type { ConfigProblem, ErrorDetails, RemoteErrorInfo } from "./errors.ts";
export { defineSystem } from "./frame/system.ts";
export type { AnySystemDefinition, SystemContext, SystemDefinition, SystemParts } from "./frame/system.ts";
export type { Ambiguity } from "./frame/order.ts";
export type { Stage } from "./frame/stages.ts";
export { entries, IsNode, IsParam, IsService, IsStream, IsSubscription, Running, Updating } from "./graph/world.ts";
export type { Component, Entry, GraphTables, GraphWorld, Kind } from "./graph/world.ts";
export type { BaseContext, ClientOf, Input, Known, NodeContext, Output, ParamValue, SetupContext } from "./node/context.ts";
export { client, from, param, stream } from "./node/declare.ts";
export type { ClientDeclaration, InputDeclaration, ParamDeclaration, StreamDeclaration, Widen } from "./node/declare.ts";
export { defineNode } from "./node/define.ts";
export type {
  AnyNodeDefinition,
  ContextOf,
  InputOf,
  NodeDefinition,
  NodeFunction,
  NodeParts,
  RestartMode,
  RestartPolicy,
} from "./node/define.ts";
export type { GraphEvent } from "./node/kernel.ts";
export type { LinkName } from "./link/links.ts";
export type { NodeStatus } from "./node/graph-node.ts";
export type { NodeSettings } from "./node/instance.ts";
export { ParamFileError } from "./param/file-error.ts";
export type { ParamChange, SetOptions } from "./param/params.ts";
export type { ParamRule } from "./param/rule.ts";
export type { ParamFormat } from "./param/text.ts";
export type { CallOptions } from "./service/call.ts";
export type { CallResult } from "./service/client.ts";
export type { ServiceOptions } from "./service/provider.ts";
export type { ServiceEntry, WaitOptions } from "./service/services.ts";
export type { Schema } from "./service/schema.ts";
export type { ItemInfo } from "./stream/run.ts";
export type { StreamOptions, SubscribeOptions } from "./stream/options.ts";
export type { Counts, Dropped } from "./stream/counts.ts";
export type { Subscription } from "./stream/subscription.ts";
export type { StreamEntry, SubscriptionEntry } from "./stream/streams.ts";
export { give } from "./value/give.ts";
export type { Given, Received } from "./value/give.ts";
export type { NodeUsage } from "../systems/update.ts";
