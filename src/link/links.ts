/** The links between processes by name: what carries messages over Unix sockets, and over TCP. */
import { LinkError } from "../errors.ts";
import type { Link } from "./connection.ts";

/** All speak ZMTP 3.1, and so with each other: `zmtp` is written here, `zeromq` is libzmq. */
export type LinkName = "zmtp" | "zeromq";

/** Their names. */
export const linkNames: readonly LinkName[] = ["zmtp", "zeromq"];

const links: Readonly<Record<LinkName, () => Promise<Link>>> = {
  async zmtp() {
    return (await import("./zmtp/link.ts")).zmtp;
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
