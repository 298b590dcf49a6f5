import type { GraphFolder } from "../../host/folder.ts";
import type { GraphFile } from "../../host/graph-file.ts";
import { LinkError } from "../../errors.ts";
import { parseAddress } from "../../link/bytes/address.ts";
import type { Connection, Listener } from "../../link/connection.ts";
import { type LinkName, linkOf } from "../../link/links.ts";
import { longestHello } from "../../peer/hello.ts";
import { farHeartbeat, linkLimits } from "../wire/link-limits.ts";
import type { EnginePlan, ListenPlan } from "../core/plan.ts";

/** Ms after which the folders of killed graphs are removed, so that a process that is to start need not wait for it. */
const sweepAfter = 10;
const mostGreetings = 256; // connections of which it is not known yet who they are

/** Hears who connects; resolves when that is known. `key` is the public key that it has proved to have. */
type Welcome = (connection: Connection, key?: Uint8Array) => Promise<void>;

/** Where the main engine listens for others, and how those find it that it has not started. */
export class MainListener {
  readonly #name: string | undefined;
  readonly #link: LinkName;
  readonly #listen: ListenPlan | undefined;
  readonly #welcome: Welcome;
  readonly #greetings: Set<Connection> = new Set();
  #folder: GraphFolder | undefined;
  /** Removes the folders of killed graphs, where that has not been done. */
  #sweep: () => void = () => {};
  #listening: Promise<Listener> | undefined;
  #tcp: Listener | undefined;

  constructor({ name, listen, wire }: Pick<EnginePlan, "name" | "listen" | "wire">, welcome: Welcome) {
    this.#name = name;
    this.#link = wire.link;
    this.#listen = listen;
    this.#welcome = welcome;
  }

  /** Whether engines may join that the main engine has not started. */
  get isPublic(): boolean {
    return this.#name !== undefined || this.#listen !== undefined;
  }

  /** The host at which engines listen for those on other machines. */
  get far(): string | undefined {
    if (this.#listen?.keys === undefined) return undefined;
    const address = parseAddress(this.#listen.address);
    return address.kind === "tcp" ? (address.host.includes(":") ? `[${address.host}]` : address.host) : undefined;
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

  /**
   * Opens all, and lets the graph be found.
   *
   * @returns the TCP address, where there is one
   * @throws HostError as {@link open}, or when the file of keys cannot be used; LinkError when the TCP port cannot
   */
  async publish(file: Pick<GraphFile, "pyros" | "graph" | "codec" | "secret">): Promise<string | undefined> {
    const address = await this.open();
    if (this.#listen !== undefined) this.#tcp = await this.#openTcp(this.#listen);
    const { publishGraph } = await import("../../host/graph-file.ts");
    publishGraph(this.#folder!.path, { ...file, name: this.#name, address, tcp: this.#tcp?.address, far: this.far, pid: process.pid });
    return this.#tcp?.address;
  }

  /** The address of a socket in the folder. */
  address(socket: string): string {
    return `ipc://${this.#folder!.path}/${socket}.sock`;
  }

  /** Closes it, and leaves nothing behind. */
  async close(): Promise<void> {
    await (await this.#listening?.catch(() => undefined))?.close();
    this.#sweep();
    await this.#tcp?.close();
    this.#folder?.remove();
  }

  async #open(): Promise<Listener> {
    const [{ makeNamedFolder, newFolder, sweep }, { listen }] = await Promise.all([import("../../host/folder.ts"), linkOf(this.#link)]);
    if (this.#name === undefined) {
      this.#folder = newFolder();
      const later = setTimeout(() => this.#sweep(), sweepAfter);
      this.#sweep = () => {
        this.#sweep = () => {};
        clearTimeout(later);
        sweep();
      };
    } else this.#folder = await makeNamedFolder(this.#name);
    return listen(this.address("main"), { ...linkLimits, firstMessage: longestHello }, (connection) => void this.#welcome(connection));
  }

  async #openTcp({ address, keys, allow = [] }: ListenPlan): Promise<Listener> {
    const { listenZmtp } = await import("../../link/zmtp/listen.ts");
    const options = { ...linkLimits, firstMessage: longestHello, heartbeat: farHeartbeat };
    if (keys === undefined) return listenZmtp(address, options, (connection) => this.#take(connection));
    const { allowedKeys, readKeyFile } = await import("../../host/keys.ts");
    const curve = { ...(await readKeyFile(keys)), allow: allowedKeys(allow) };
    return listenZmtp(address, { ...options, curve }, (connection) => this.#take(connection, connection.peer.key));
  }

  /** Anybody may connect to a TCP port: there are never many of whom nothing is known. */
  #take(connection: Connection, key?: Uint8Array): void {
    const greetings = this.#greetings;
    greetings.add(connection);
    if (greetings.size > mostGreetings) {
      greetings.values().next().value!.destroy(new LinkError(`more than ${mostGreetings} wait for a hello`));
    }
    void this.#welcome(connection, key).finally(() => greetings.delete(connection));
  }
}
