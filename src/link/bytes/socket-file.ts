import type * as Files from "node:fs";
import { LinkError } from "../../errors.ts";
import type { RawSocket } from "./stream.ts";
import { codeOf } from "./explain.ts";

/** Loaded when it is used: a process of Deno starts 8 ms sooner without it. */
const files = (): typeof Files => process.getBuiltinModule("node:fs");

/**
 * Checks that the folder of a socket is there.
 *
 * @throws an error of the system if it is not
 */
export function checkFolder(path: string): void {
  files().statSync(path.slice(0, path.lastIndexOf("/")) || "/");
}

/**
 * Lets only this user connect.
 *
 * Called in the same turn as the socket was made. Where it must be tight from its first instant on, whatever the umask, it has
 * to lie in a folder that only the user can open. (No runtime tells who is at the other end of a Unix socket: neither offers
 * SO_PEERCRED. So the file system is what decides.)
 */
export function closeToOthers(path: string, chmodSync: (path: string, mode: number) => void = files().chmodSync): void {
  chmodSync(path, 0o600);
}

/**
 * Makes room for a new socket at a path: a socket that nobody listens to any more is removed.
 *
 * @param connect tries to connect to it
 * @throws {LinkError} if somebody listens there, or if it is no socket
 */
export async function removeStale(path: string, connect: () => Promise<RawSocket>): Promise<void> {
  const address = `ipc://${path}`;
  const found = files().lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new LinkError(`${address} is a file, and not a socket; it was left alone: take another path`, { name: address });
  }
  try {
    (await connect()).destroy();
  } catch (error) {
    if (codeOf(error) === "ECONNREFUSED") files().rmSync(path, { force: true });
    else if (codeOf(error) !== "ENOENT") throw error;
    return;
  }
  throw new LinkError(`${address} is taken: another program listens there; end it, or take another address (EADDRINUSE)`, {
    name: address,
  });
}
