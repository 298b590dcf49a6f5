import type { Placement } from "../node/placement.ts";
import type { AnySystemDefinition } from "../frame/system.ts";
import type { LinkName } from "../link/links.ts";
import type { AnyNodeDefinition, NodeFunction, RestartMode, RestartPolicy } from "../node/define.ts";

/** How much is logged: a message of this level or a more severe one. */
export type LogLevel = "trace" | "debug" | "info" | "warning" | "error" | "fatal";

/** What `pyros run` logs, and how. An embedded engine logs what the program around it asks of LogTape. */
export interface LogConfig {
  /** The least severe level that is shown; `info` by default. */
  level?: LogLevel;
  /** Other levels of single nodes, by absolute name: `{ "/guide": "debug" }`. */
  nodes?: Record<string, LogLevel>;
  /** `text` for people (default), `json` for one JSON object a line. */
  format?: "text" | "json";
}

/** A thread or process that several nodes share. */
export interface HostEntry {
  /** What it is. */
  placement: "thread" | "process";
  /** Absolute names of the nodes in it. */
  nodes: readonly string[];
  /** Which runtime a process runs; that of the program by default. */
  runtime?: "node" | "deno";
  /** What a process that runs Deno may do beyond what the engine needs, as options of Deno: `["--allow-net=example.org"]`. */
  permissions?: readonly string[];
  /** Ms between two looks whether it still runs; false for none; as the config says by default. */
  heartbeat?: number | false;
}

/** One node of a config, or a config that is mounted under a name. */
export interface NodeEntry {
  /** A definition, a plain function (its `update`), a config to be mounted, or the path of a module or config file that holds one of these, relative to this config's file. */
  use: AnyNodeDefinition | NodeFunction | EngineConfig | MarkedConfig | string;
  /** Values of declared params; of a mounted config, a tree of its params. They beat the declared defaults, not a value that exists already. */
  params?: Record<string, unknown>;
  /** The node's words to other names: `{ pose: "/world/pose" }`. Of a mounted config: names inside it to names outside. */
  remap?: Record<string, string>;
  /** Hz at which `update` runs; the definition's by default, or else every frame. Of a mounted config: of its nodes that have none. */
  rate?: number;
  /** When the node is started again. Of a mounted config: of its nodes that do not say. */
  restart?: RestartMode | RestartPolicy;
  /** Ms between two copies of the node's state: after a failure it goes on with the last one. The definition's by default; or else none. */
  checkpoint?: number;
  /** Where the node runs; as the config says by default. A node given as a value can run in the loop only. Of a mounted config: where its nodes run that do not say. */
  placement?: Placement;
}

/**
 * A config: what an engine runs. All of it is optional.
 *
 * Mounted in another config, its `nodes`, `params`, `systems`, `rate`, `restart` and `placement` count; the rest is the outermost config's to say.
 */
export interface EngineConfig {
  /** The address of the JSON schema, for editors. */
  $schema?: string;
  /**
   * The graph's name, of 1 to 32 letters, digits, `_` and `-`: engines of this user that others start join it by that. No two graphs of a
   * user on a machine have the same. Of an engine that joins: what people know it by.
   */
  name?: string;
  /** The graph that this engine joins, which another one leads: its name, or its address, `tcp://host:port`. It leads its own by default. */
  join?: string;
  /**
   * Where others may join, beside the graph's folder: `tcp://127.0.0.1:7000`. An address that other machines can reach needs `keys` and
   * `allow`. Of an engine that joins with keys: where engines on other machines link to it.
   */
  listen?: string;
  /** The file of this engine's keys, relative to this config's file; `pyros keys` makes one. */
  keys?: string;
  /** Who may join with a key: public keys, or the path of a folder in which each file holds one. */
  allow?: readonly string[] | string;
  /** Of an engine that joins with a key: the public key of the graph's main engine. */
  serverKey?: string;
  /** Frames a second, in Hz; 60 by default. Mounted: the rate of its nodes that have none. */
  rate?: number;
  /** `live` (default): real time. `sim`: virtual time that `run` or `step` let pass. */
  clock?: "live" | "sim";
  /** Decides all randomness: random by default in live time, `"0"` in simulated time. */
  seed?: string | number;
  /** In simulated time: how many times real time; as fast as possible by default. */
  speed?: number;
  /** Whether checks run that cost time; by default, unless `NODE_ENV` is `production`. */
  development?: boolean;
  /** Where nodes run that do not say; `loop` by default. */
  placement?: Placement;
  /** Threads and processes that several nodes share, by name. */
  hosts?: Record<string, HostEntry>;
  /**
   * Ms between two looks whether a thread or process still runs: 1,000 by default, 12,000 in simulated time. One that has said nothing
   * at five looks in a row is ended, and its nodes are restarted. False for none; there is none under a debugger either.
   */
  heartbeat?: number | false;
  /** Whether nodes may move others, and ask where they run, by the services `/engine/move` and `/engine/nodes`; not by default. */
  control?: boolean;
  /**
   * What the bytes between engines are: `cbor` (default), `json`, `msgpack`, or the path of a module that exports a codec by default,
   * relative to this config's file: `./codecs/mine.ts`.
   */
  codec?: string;
  /** What carries them between processes: `zmtp` (default), or `zeromq`, libzmq, which needs `npm install zeromq` and Node. */
  link?: LinkName;
  /** Initial params of the graph: a tree. */
  params?: Record<string, unknown>;
  /** The file that keeps the params beyond the end of the program, relative to this config's file: `.yaml`, `.yml` or `.json`. */
  paramsFile?: string;
  /** Systems: definitions, or paths of modules that export one or a list by default. */
  systems?: readonly (AnySystemDefinition | string)[];
  /** Nodes, by absolute name. A bare definition, function or path is short for `{ use }`. */
  nodes?: Record<string, NodeEntry | AnyNodeDefinition | NodeFunction | string>;
  /** When nodes are started again that do not say; `on-failure` by default. */
  restart?: RestartMode | RestartPolicy;
  /** What `pyros run` logs. */
  log?: LogConfig;
}

/** A config that depends on arguments: what follows `--` on the command line, or `args` of `createEngine`. */
export type ConfigFunction = (args: readonly string[]) => EngineConfig | Promise<EngineConfig>;

const mark: unique symbol = Symbol.for("pyros.config") as never;

/** Marks a function as one that makes a config, so that it can be mounted: what `defineConfig` returns for one. */
export interface MarkedConfig {
  /** @internal */
  readonly [mark]: true;
}

/**
 * Types a config; it is returned as it is.
 *
 * @param config the config, or a function of the arguments that makes it
 * @returns the same
 * @example
 * ```ts
 * import { createEngine, defineConfig } from "pyros";
 * const config = defineConfig({ rate: 20, params: { speed: 2 }, nodes: { "/tick": ({ log }) => log.debug("tick") } });
 * await using engine = await createEngine(config);
 * console.log(engine.params.get("/speed")); // 2
 * ```
 */
export function defineConfig(config: EngineConfig): EngineConfig;
/** Types a config that is a function of the arguments, and marks it as one: a plain function in the place of a node is a node. */
export function defineConfig(config: ConfigFunction): ConfigFunction & MarkedConfig;
export function defineConfig(config: EngineConfig | ConfigFunction): EngineConfig | ConfigFunction {
  // A function in the place of a node is a node; the mark tells that this one makes a config.
  if (typeof config === "function") Object.defineProperty(config, mark, { value: true });
  return config;
}

/** Whether something is a function that was given to `defineConfig`. */
export function isConfigFunction(value: unknown): value is ConfigFunction {
  return typeof value === "function" && (value as { [mark]?: boolean })[mark] === true;
}
