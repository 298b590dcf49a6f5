import { isMainThread } from "node:worker_threads";
import { LinkError } from "../../errors.ts";
import type { Link } from "../connection.ts";
import { connectZeromq } from "./connect.ts";
import type { Libzmq } from "./libzmq.ts";
import { listenZeromq } from "./listen.ts";

const name = "zeromq";

/**
 * The link `zeromq`: libzmq, by its addon for Node.
 *
 * @throws {LinkError} on Deno, in a worker thread, and where the package is missing
 */
export async function loadZeromq(): Promise<Link> {
  if ("Deno" in globalThis) {
    throw new LinkError(
      "the link zeromq does not work on Deno: what libzmq has received is not seen there sooner or later (denoland/deno issue 36317); " +
        "take zmtp, which speaks with zeromq",
      { name },
    );
  }
  if (!isMainThread) {
    throw new LinkError(
      "the link zeromq cannot be had in a worker thread, whose end could end the process; take zmtp, which speaks with it",
      {
        name,
      },
    );
  }
  let libzmq: Libzmq;
  try {
    libzmq = (await import(/* @vite-ignore */ name)) as Libzmq; // not by a literal: who checks the types need not have it
  } catch (cause) {
    throw new LinkError("the link zeromq needs a package that cannot be loaded: npm install zeromq", { name, cause });
  }
  return {
    connect: (address, limits) => connectZeromq(libzmq, address, limits),
    listen: (address, limits, onConnection) => listenZeromq(libzmq, address, limits, onConnection),
  };
}
