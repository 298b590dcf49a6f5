/** The links between processes by name: what carries messages over Unix sockets, and over TCP. */
import { LinkError } from "../errors.ts";
import type { Connection, Listener } from "./connection.ts";

/** Limits of a link. */
export interface LinkLimits {
  /** Bytes of all parts of a message that arrives. */
  readonly maxMessage: number;
  readonly maxParts: number;
  /** How long connecting may take, in ms. */
  readonly handshakeTimeout: number;
  /** Bytes that the first message may have, which says who it is; as any other by default. */
  readonly firstMessage?: number;
}

/** How connections are made. */
export interface Link {
  /**
   * Connects to a peer.
   *
   * @throws {LinkError} if it cannot be
   */
  connect(address: string, limits: LinkLimits): Promise<Connection>;
  /**
   * Waits for peers.
   *
   * @param onConnection is given each, and sets its `on…` functions in that turn; it must not throw
   * @throws {LinkError} if it cannot be
   */
  listen(address: string, limits: LinkLimits, onConnection: (connection: Connection) => void): Promise<Listener>;
}

/** All speak ZMTP 3.1, and so with each other: `zmtp` is written here, `zeromq` is libzmq. */
export type LinkName = "zmtp" | "zeromq";

/** Their names. */
export const linkNames: readonly LinkName[] = ["zmtp", "zeromq"];

const links: Readonly<Record<LinkName, () => Promise<Link>>> = {
  async zmtp() {
    const [{ connectZmtp: connect }, { listenZmtp: listen }] = await Promise.all([import("./zmtp/connect.ts"), import("./zmtp/listen.ts")]);
    return { connect, listen };
  },
  async zeromq() {
    const { loadZeromq } = await import("./zeromq/load.ts");
    return await loadZeromq();
  },
};

/**
 * The link of that name; its package is loaded.
 *
 * @throws {LinkError} if there is none, or it cannot be had on this runtime or without its package
 */
export async function linkOf(name: LinkName): Promise<Link> {
  if (!Object.hasOwn(links, name)) {
    throw new LinkError(`no link is called ${JSON.stringify(name)}; there are ${linkNames.join(", ")}`, { name });
  }
  return await links[name]();
}
