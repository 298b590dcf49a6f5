import { LinkError } from "../../errors.ts";
import { atHost } from "../../link/bytes/address.ts";
import type { Connection, Listener } from "../../link/connection.ts";
import { type LinkName, linkOf } from "../../link/links.ts";
import type { CurveKeys } from "../../link/zmtp/curve/keys.ts";
import { longestHello } from "../../peer/hello.ts";
import { farHeartbeat, linkLimits } from "../wire/link-limits.ts";

/** Where an engine listens for others of its graph, and how it connects to them. */
export class MemberLinks {
  /** Is given each connection; the addresses are told to nobody before it is set. */
  onConnection: (connection: Connection) => void = (connection) => connection.destroy();
  /** Where it listens; with the public key, where engines on other machines are let in. */
  readonly addresses: (readonly [address: string, key?: string])[] = [];
  readonly #listeners: Listener[] = [];
  /** Public keys of the engines that may connect from other machines. */
  readonly #admitted: Set<string> = new Set();
  readonly #link: LinkName;
  #keys: CurveKeys | undefined;
  #home: string | undefined;

  /** @param link what carries messages on this machine */
  constructor(link: LinkName) {
    this.#link = link;
  }

  /** Listens at a socket in the graph's folder. */
  async near(address: string): Promise<void> {
    const { listen } = await linkOf(this.#link);
    const options = { ...linkLimits, firstMessage: longestHello };
    this.#listeners.push(await listen(address, options, (connection) => this.onConnection(connection)));
    this.addresses.push([address]);
  }

  /**
   * Links to engines on other machines, too.
   *
   * @param address where to listen for them; nowhere by default
   * @param keys of this engine; new ones by default
   * @param home the host at which the main engine is reached from here, where that is another machine
   */
  async far(address: string | undefined, keys?: CurveKeys, home?: string): Promise<void> {
    this.#keys = keys ?? (await (await import("../../link/zmtp/curve/keys.ts")).makeCurveKeys());
    this.#home = home;
    if (address === undefined) return;
    const { listenZmtp } = await import("../../link/zmtp/listen.ts");
    const { encodeZ85 } = await import("../../link/zmtp/curve/z85.ts");
    const curve = { ...this.#keys, allow: (key: Uint8Array) => this.#admitted.has(encodeZ85(key)) };
    const options = { ...linkLimits, firstMessage: longestHello, heartbeat: farHeartbeat, curve };
    const listener = await listenZmtp(address, options, (connection) => this.onConnection(connection));
    this.#listeners.push(listener);
    this.addresses.push([listener.address, encodeZ85(this.#keys.publicKey)]);
  }

  /** Lets the holder of a public key in, from another machine. */
  admit(key: string): void {
    this.#admitted.add(key);
  }

  /**
   * Connects to another engine.
   *
   * @param serverKey its public key, where it may be on another machine
   */
  async connect(address: string, serverKey: string | undefined): Promise<Connection> {
    if (serverKey === undefined) return (await linkOf(this.#link)).connect(address, linkLimits);
    const { connectZmtp } = await import("../../link/zmtp/connect.ts");
    const { decodeZ85 } = await import("../../link/zmtp/curve/z85.ts");
    if (this.#keys === undefined) throw new LinkError("this engine has no keys for links to other machines", { name: address });
    const curve = { ...this.#keys, serverKey: decodeZ85(serverKey) };
    const reachable = this.#home === undefined ? address : atHost(address, this.#home);
    return connectZmtp(reachable, { ...linkLimits, heartbeat: farHeartbeat, curve });
  }

  /** Listens no more. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}
