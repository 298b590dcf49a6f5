/**
 * The bridge to ROS, as a node: topics are streams, services are services, params are params and actions are generator services, and the other way round.
 *
 * @module
 */
import type { NodeContext, SetupContext } from "../../src/node/context.ts";
import { param } from "../../src/node/declare.ts";
import { defineNode, type NodeDefinition } from "../../src/node/define.ts";
import { Bridge, type BridgeHealth, type CheckInput, type ExposeInput } from "./bridge/bridge.ts";

export type { BridgeHealth, CheckInput, ExposeInput, ExposeLists, Unmatched } from "./bridge/bridge.ts";
export type { ServiceHealth } from "./bridge/imported-service.ts";
export type { ClockHealth } from "./bridge/graph-clock.ts";
export type { ActionHealth } from "./bridge/goal.ts";
export type { ParamHealth } from "./bridge/params.ts";
export type { MirrorHealth } from "./bridge/imported-topic.ts";
export type { RefusalInfo } from "./client/client.ts";
export { rosSync } from "./sync/ros-sync.ts";
export type { RosSyncOptions } from "./sync/ros-sync.ts";
export { rosInput, rosStream } from "./types/registry.ts";
export type {
  RosActionTypes,
  RosFeedback,
  RosGoal,
  RosMessage,
  RosName,
  RosRequest,
  RosResponse,
  RosResult,
  RosServiceTypes,
  RosTypes,
  Sendable,
} from "./types/registry.ts";
export type { RosTime } from "./message/unfit.ts";

/** What callers of the bridge may ask. */
export interface RosServices {
  /** The state of the bridge: the master, every mirrored topic with its connections and losses, and every mirrored service, param and action. */
  readonly health: (input: undefined, context: NodeContext) => BridgeHealth;
  /** Exposes more, until it is withheld again. */
  readonly expose: (input: ExposeInput, context: NodeContext) => Promise<void>;
  /** Exposes less: entries of the same text are taken from the lists. */
  readonly withhold: (input: ExposeInput, context: NodeContext) => Promise<void>;
  /** Refuses a value that does not fit a type of messages, and names the field; `emit` tells nothing of it. */
  readonly check: (input: CheckInput, context: NodeContext) => void;
}

/**
 * The bridge between a graph and one of ROS.
 *
 * @example
 * ```ts no-run
 * import { createEngine } from "pyros";
 * await using engine = await createEngine({
 *   nodes: { "/ros": { use: "pyros/ros", params: { import: { streams: ["/scan"] }, export: { streams: ["/guide/**"] } } } },
 * });
 * for await (const scan of engine.stream("/scan")) console.log(scan);
 * ```
 */
const ros: NodeDefinition<RosServices> = defineNode({
  description: "bridge to ROS",
  params: {
    master: param("", {
      description:
        "address of the master, or ws:// or wss:// of a rosbridge server; ROS_MASTER_URI, or http://localhost:11311, where it is empty",
    }),
    name: param("/pyros", { description: "name of this node in the ROS graph" }),
    host: param("", {
      description:
        "name or address under which others reach this machine; ROS_HOSTNAME, ROS_IP, or what fits the master, where it is empty",
    }),
    interval: param(1000, { min: 50, max: 60_000, description: "ms between two looks at what the master knows" }),
    types: param([] as string[], { description: "folders of packages with definitions, which count before all others" }),
    clock: param("none", {
      oneOf: ["none", "publish", "follow"],
      description: "whether nodes of ROS follow this graph's simulated time (publish), or it follows that of the ROS graph (follow)",
    }),
    clockRate: param(100, { min: 1, max: 1000, description: "Hz in simulated time at which it is published" }),
    import: { streams: [] as unknown[], services: [] as unknown[], params: [] as unknown[], actions: [] as unknown[] },
    export: { streams: [] as unknown[], services: [] as unknown[], params: [] as unknown[], actions: [] as unknown[] },
    status: { graph: "starting", since: 0, reason: "", origin: "", offset: 0 },
  },
  setup: async (context: SetupContext): Promise<Bridge> => {
    const bridge = new Bridge(context);
    await context.external(() => bridge.open());
    return bridge;
  },
  services: {
    health: (_input: undefined, { local }) => local.health,
    expose: (input: ExposeInput, { local }) => local.expose(input),
    withhold: (input: ExposeInput, { local }) => local.withhold(input),
    check: (input: CheckInput, { local }) => local.check(input),
  },
  dispose: ({ local, external }) => external(() => local.close()),
});

export { ros as default };
