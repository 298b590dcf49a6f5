/** How engines that the main engine has not started find it: by a file in the graph's folder, which only its user can read. */
import { HostError } from "../errors.ts";
import { nearest } from "../graph/names.ts";
import { parseAddress } from "../link/bytes/address.ts";
import { type Announced, Announcement } from "./announcement.ts";
import { allFolders, foldersOf } from "./folder.ts";

/** What the file of a graph says. */
export interface GraphFile {
  /** Version of the protocol. */
  readonly pyros: number;
  /** The graph's name, where it has one. */
  readonly name?: string | undefined;
  readonly graph: string;
  readonly codec: string;
  readonly secret: string;
  /** Where the main engine listens: `ipc:///…/main.sock`. */
  readonly address: string;
  /** Where it listens too: `tcp://127.0.0.1:7000`. */
  readonly tcp?: string | undefined;
  /** The host at which the engines of this machine listen for those on others; missing where none can join from there. */
  readonly far?: string | undefined;
  /** The process of the main engine. */
  readonly pid: number;
}

/** A graph that runs, and its folder. */
export type FoundGraph = Announced<GraphFile>;

const announcement = new Announcement<GraphFile>("graph");

/** Lets a graph be found. */
export function publishGraph(folder: string, file: GraphFile): void {
  announcement.publish(folder, file);
}

/**
 * Finds the graph of that name on this machine.
 *
 * @throws {HostError} if there is none, or its folder is not safe
 */
export function findGraph(name: string): FoundGraph {
  for (const folder of foldersOf(name)) {
    const found = announcement.find(folder);
    if (found !== undefined) return found;
  }
  const names = runningGraphs().flatMap((graph) => graph.name ?? []);
  const near = nearest(name, names);
  const others = near === undefined ? (names.length === 0 ? "" : `; there are ${names.join(", ")}`) : `; did you mean ${near}?`;
  throw new HostError(`no graph of this user on this machine has the name ${name}${others}`, { name });
}

/**
 * Finds the graph whose main engine listens at an address of this machine.
 *
 * @throws {HostError} if there is none
 */
export function findGraphAt(address: string): FoundGraph {
  const port = portOf(address);
  const found = runningGraphs().find(({ tcp, far }) => tcp !== undefined && far === undefined && portOf(tcp) === port);
  if (found !== undefined) return found;
  throw new HostError(`no graph of this user on this machine listens at ${address} without keys`, { name: address });
}

function portOf(address: string): number {
  const parsed = parseAddress(address);
  return parsed.kind === "tcp" ? parsed.port : 0;
}

/** The graphs of this user that run on this machine, and let others join. */
function runningGraphs(): FoundGraph[] {
  return announcement.findAll(allFolders());
}
