import type { GraphFolder } from "../host/folder.ts";
import type { GraphFile } from "../host/graph-file.ts";
import type { Connection, Listener } from "../link/connection.ts";
import { type LinkName, linkOf } from "../link/links.ts";
import { longestHello } from "../peer/hello.ts";
import { linkLimits } from "./bootstrap.ts";

/** Where the main engine listens for others, and how those find it that it has not started. */
export class Door {
  readonly #name: string | undefined;
  readonly #link: LinkName;
  readonly #onConnection: (connection: Connection) => void;
  #folder: GraphFolder | undefined;
  #listening: Promise<Listener> | undefined;

  /**
   * @param name the graph's, where it has one
   * @param link what carries messages
   * @param onConnection is given each connection
   */
  constructor(name: string | undefined, link: LinkName, onConnection: (connection: Connection) => void) {
    this.#name = name;
    this.#link = link;
    this.#onConnection = onConnection;
  }

  /** The folder of the sockets, once there is one. */
  get folder(): string | undefined {
    return this.#folder?.path;
  }

  /**
   * Opens the folder, and listens in it; once.
   *
   * @returns the address
   * @throws HostError when it cannot, or a graph of that name runs
   */
  async open(): Promise<string> {
    return (await (this.#listening ??= this.#open())).address;
  }

  /** Opens it, and lets the graph be found. */
  async publish(file: Omit<GraphFile, "address" | "pid" | "name">): Promise<void> {
    const address = await this.open();
    const { publishGraph } = await import("../host/graph-file.ts");
    publishGraph(this.#folder!.path, { ...file, ...(this.#name === undefined ? {} : { name: this.#name }), address, pid: process.pid });
  }

  /** The address of a socket in the folder. */
  address(socket: string): string {
    return `ipc://${this.#folder!.path}/${socket}.sock`;
  }

  /** Closes it, and leaves nothing behind. */
  async close(): Promise<void> {
    await (await this.#listening?.catch(() => undefined))?.close();
    this.#folder?.remove();
  }

  async #open(): Promise<Listener> {
    const { makeFolder, makeNamedFolder } = await import("../host/folder.ts");
    const { listen } = await linkOf(this.#link);
    this.#folder = this.#name === undefined ? makeFolder() : await makeNamedFolder(this.#name);
    return listen(this.address("main"), { ...linkLimits, firstMessage: longestHello }, this.#onConnection);
  }
}
