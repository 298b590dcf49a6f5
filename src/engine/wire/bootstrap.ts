import type { ScopeData } from "../../graph/scope.ts";
import type { LinkName } from "../../link/links.ts";
import type { RestartMode, RestartPolicy } from "../../node/define.ts";

/** A node that an engine in a thread or process is to run, as data. */
export interface HostedNode {
  readonly name: string;
  readonly scope: ScopeData;
  /** Address of the module that defines it. */
  readonly module: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly remap?: Readonly<Record<string, string>>;
  readonly rate?: number;
  readonly restart?: RestartMode | RestartPolicy;
  readonly checkpoint?: number;
}

/** What an engine in a thread or process is started with. */
export interface Bootstrap {
  /** Which graph it belongs to. */
  readonly graph: string;
  /** Its number in the graph. */
  readonly engine: number;
  readonly secret: string;
  /** Name of a codec of Pyros, or the address of a module that exports one. */
  readonly codec: string;
  /** What carries messages between processes. */
  readonly link: LinkName;
  /** Where the main engine listens; a thread gets a port instead. */
  readonly main?: string;
  /** Where this engine is to listen for others; a thread does so only for engines that join from outside. */
  readonly listen?: string;
  /** The host at which it is to listen for engines on other machines. */
  readonly far?: string;
  readonly rate: number;
  readonly clock: "live" | "sim";
  readonly seed: string;
  readonly development: boolean;
  /** Addresses of the modules that its nodes come from, so that it can load them before it is told of those. */
  readonly modules: readonly string[];
}
