/** How the command line reaches a graph that runs: by a socket in a folder that only its user can open. */
import { randomBytes, randomUUID } from "node:crypto";
import { cbor } from "../codec/cbor.ts";
import { linkLimits } from "../engine/wire/link-limits.ts";
import type { Engine } from "../engine/engine.ts";
import type { Placement } from "../node/placement.ts";
import { StateError } from "../errors.ts";
import { type Announced, Announcement } from "../host/announcement.ts";
import { graphFolders, makeFolder } from "../host/folder.ts";
import { connectZmtp } from "../link/zmtp/connect.ts";
import { listenZmtp } from "../link/zmtp/listen.ts";
import { hello } from "../peer/hello.ts";
import { answerOver, askOver } from "../peer/ask-over.ts";
import type { Peer } from "../peer/peer.ts";

/** A graph that runs and can be reached. */
export interface RunningGraph {
  /** The file of its config. */
  readonly config: string;
  readonly pid: number;
  readonly graph: string;
  readonly secret: string;
}

/** A graph that runs, and its folder. */
export type Found = Announced<RunningGraph>;

const announcement = new Announcement<RunningGraph>("control.json");

/** Where a node was, and where it is. */
export interface Moved {
  readonly from: Placement;
  readonly to: Placement;
}

/** Lets the command line reach an engine. */
export class Control {
  readonly #close: () => Promise<void>;

  private constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  /**
   * Opens the way to it.
   *
   * @param config the file that the engine runs
   * @throws HostError or LinkError when there can be no folder or socket
   */
  static async open(engine: Engine, config: string): Promise<Control> {
    const folder = makeFolder();
    const peers = new Set<Peer>();
    const running: RunningGraph = { config, pid: process.pid, graph: randomUUID(), secret: randomBytes(32).toString("base64url") };
    try {
      const listener = await listenZmtp(address(folder.path), linkLimits, (connection) => {
        const own = hello(running.graph, 0, running.secret, cbor.name);
        // Who does not belong here is told so, and nobody else.
        answerOver(connection, own, cbor, (verb, args) => answer(engine, verb, args)).then((peer) => {
          for (const earlier of peers) if (earlier.down !== undefined) peers.delete(earlier);
          peers.add(peer);
        }, () => {});
      });
      announcement.publish(folder.path, running); // behind the socket: who finds it can connect
      return new Control(async () => {
        folder.remove();
        for (const peer of peers) peer.end(new StateError("the graph has ended"), false);
        await listener.close();
      });
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  /** Closes it. */
  close(): Promise<void> {
    return this.#close();
  }
}

async function answer(engine: Engine, verb: string, [name, placement]: readonly unknown[]): Promise<Moved> {
  if (verb !== "move") throw new StateError(`this graph's version of Pyros does not know how to ${verb}`);
  const from = engine.nodes.find((node) => node.name === name)?.placement;
  await engine.move(String(name), placement as Placement);
  return { from: from!, to: placement as Placement };
}

/** The graphs of this user that run and can be reached, and the folders of other users. */
export function runningGraphs(): { readonly mine: Found[]; readonly others: string[]; readonly base: string } {
  const { mine, others, base } = graphFolders();
  return { mine: announcement.findAll(mine), others, base };
}

/** Asks a graph to move a node. */
export async function askToMove({ folder, graph, secret, config }: Found, node: string, placement: Placement): Promise<Moved> {
  const connection = await connectZmtp(address(folder), linkLimits);
  return askOver<Moved>(connection, hello(graph, 0, secret, cbor.name), cbor, config, "move", [node, placement]);
}

function address(folder: string): string {
  return `ipc://${folder}/control.sock`;
}
