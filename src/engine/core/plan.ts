import type { Codec } from "../../codec/codec.ts";
import type { Scope } from "../../graph/scope.ts";
import type { LinkName } from "../../link/links.ts";
import type { NodeDefinition } from "../../node/define.ts";
import type { NodeSettings } from "../../node/instance.ts";
import type { SystemDefinition } from "../../frame/system.ts";

/** A thread or process that is to run an engine for some nodes. */
export interface HostSettings {
  /** As people know it; a host of one node has the node's name. */
  readonly name: string;
  readonly placement: "thread" | "process";
  /** Which runtime a process runs; that of this process by default. */
  readonly runtime?: "node" | "deno";
  /** What a Deno process may do, as Deno's options. */
  readonly permissions?: readonly string[];
  /** Ms between two looks whether it still runs; false for none. */
  readonly heartbeat?: number | false;
}

/** A node that an engine is to run: what remains of a config's entry when it is checked and loaded. */
export interface PlannedNode extends NodeSettings {
  /** Absolute name inside its graph. */
  readonly name: string;
  /** The graph or mounted graph that it belongs to. */
  readonly scope: Scope;
  readonly definition: NodeDefinition;
  /** The node's words to other names. */
  readonly remap?: Readonly<Record<string, string>>;
  /** Address of the module that defines it; only what is defined by a module can run elsewhere. */
  readonly module?: string;
  /** The thread or process that it runs in; the loop of this engine by default. */
  readonly host?: HostSettings;
}

/** A system that an engine is to run. */
export interface PlannedSystem {
  readonly definition: SystemDefinition;
  /** The graph or mounted graph that it belongs to. */
  readonly scope: Scope;
}

/** How the engines of a graph talk to each other. */
export interface WirePlan {
  readonly codec: Codec;
  /** Where other engines find it: the name of one of Pyros, or the address of a module. */
  readonly codecSource: string;
  /** What carries messages between processes. */
  readonly link: LinkName;
}

/** The graph that an engine joins, which another one leads. */
export interface JoinPlan {
  /** Its name, or the address at which its main engine listens: `tcp://host:port`. */
  readonly graph: string;
  /** The file of this engine's keys, with which it joins over TCP. */
  readonly keys?: string;
  /** The public key of the main engine, as text. */
  readonly serverKey?: string;
  /** Where it listens for engines on other machines. */
  readonly listen?: string;
  /** What people know this engine by. */
  readonly as: string;
  /** Frames a second here, in Hz; as in the graph by default. */
  readonly rate?: number;
}

/** Where the main engine listens for engines that others start, beside its folder. */
export interface ListenPlan {
  /** `tcp://host:port`. */
  readonly address: string;
  /** The file of its keys: without one, only engines of this user on this machine can join. */
  readonly keys?: string;
  /** Public keys of the engines that may join, or a folder with files of them. */
  readonly allow?: readonly string[] | string;
}

/** Finds the definition of a node in its module, anew where asked. */
export type LoadNode = (module: string, fresh?: boolean) => Promise<NodeDefinition>;

/** What an engine runs: a config, checked and loaded. */
export interface EnginePlan {
  /** The graph's name: engines that others start find it by that. */
  readonly name?: string;
  readonly listen?: ListenPlan;
  /** The graph that it joins; it leads one of its own by default. */
  readonly join?: JoinPlan;
  /** Frames a second, in Hz. */
  readonly rate: number;
  readonly clock: "live" | "sim";
  /** Whether another engine, the main one, moves simulated time. */
  readonly follows?: boolean;
  /** Ms between two looks whether a host still runs, where it does not say; false for none. */
  readonly heartbeat?: number | false;
  /** Which graph it belongs to; a new one by default. */
  readonly graph?: string;
  /** Decides all randomness. */
  readonly seed: string;
  /** In simulated time: how many times real time, `Infinity` for as fast as possible. */
  readonly speed: number;
  readonly wire: WirePlan;
  readonly load: LoadNode;
  /** Whether checks run that cost time. */
  readonly development: boolean;
  /** Whether what the engine can do is offered as services of the graph. */
  readonly control?: boolean;
  /** Initial params of the graph, as a tree. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Params that replace even what the file holds, as a tree. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** The file that keeps the params. */
  readonly paramsFile: string | undefined;
  readonly systems: readonly PlannedSystem[];
  readonly nodes: readonly PlannedNode[];
}
