import { LinkError } from "../../errors.ts";

/** What the codes of the system mean for somebody who opens a link, and what to do next. */
const meanings: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken: another program listens there; end it, or take another address",
  EADDRNOTAVAIL: "is no address of this machine; take one that it has, or 127.0.0.1",
  EACCES: "is not allowed: the folder, the socket or the port belongs to somebody else; take one that this user may use",
  EPERM: "is not allowed: the folder, the socket or the port belongs to somebody else; take one that this user may use",
  EROFS: "cannot be made: the file system is read-only; take another folder",
  ENOENT: "is not there: no such folder or socket; make the folder, or start the program that listens",
  ENOTDIR: "cannot be: a part of the path is a file, not a folder",
  ENOTSOCK: "is a file, and not a socket; take another path",
  ECONNREFUSED: "is refused: nobody listens there; start the program that does",
  ENOTFOUND: "is not known: no machine of that name; check the name",
  EAI_AGAIN: "is not known now: the name could not be looked up; check the name and the network",
  ETIMEDOUT: "did not answer in time; check the address and the network",
  EHOSTUNREACH: "cannot be reached from this network",
  ENETUNREACH: "cannot be reached from this network",
  EMFILE: "cannot be opened: this process has no file descriptors left; close some, or raise its limit (ulimit -n)",
  ENFILE: "cannot be opened: the machine has no file descriptors left",
  ENOSPC: "cannot be made: the disk is full",
  ENAMETOOLONG: "has a path that is too long for a Unix socket; take a shorter folder",
  ECONNRESET: "went away: the peer ended without closing, or threw away what was sent",
  EPIPE: "went away: the peer closed while something was sent",
};

/** The code of an error of the system, such as `EADDRINUSE`; empty where there is none. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/**
 * Makes a reason of an error of the system.
 *
 * @param address the address concerned, as the user wrote it
 * @param error what the runtime gave
 */
export function explain(address: string, error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const meaning = meanings[code];
  return new LinkError(meaning === undefined ? `${address} failed: ${text}` : `${address} ${meaning} (${code})`, {
    name: address,
    cause: error,
  });
}
