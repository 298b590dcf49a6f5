import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { LinkError } from "../../errors.ts";
import { parseAddress } from "../bytes/address.ts";
import { explain } from "../bytes/explain.ts";
import { serveNode } from "../bytes/node.ts";
import type { Connection, LinkLimits, Listener } from "../connection.ts";
import { ZeromqConnection } from "./connection.ts";
import type { Libzmq } from "./libzmq.ts";
import { PeerSocket } from "./peer-socket.ts";

/** Handshakes that may be under way at once; for one more, the oldest is ended. */
const maxHalfOpen = 256;
/** How long a guest and its socket of libzmq have to end after one another, in ms. */
const patience = 2_000;

/**
 * Waits for peers that speak ZMTP 3.
 *
 * A socket of libzmq that is bound is one for all its peers: it cannot close a single one, does not tell which has gone, and a full one
 * holds up the others. So each guest is accepted here, and what it says is passed on to a socket of its own, in the same folder.
 *
 * @param address `ipc:///path`
 * @throws {LinkError} if it cannot listen there
 */
export async function listenZeromq(
  libzmq: Libzmq,
  address: string,
  limits: LinkLimits,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const parsed = parseAddress(address);
  if (parsed.kind !== "ipc") {
    throw new LinkError(`${address}: the link zeromq listens at ipc:// addresses only; take zmtp`, { name: address });
  }
  let guests = 0;
  const halfOpen = new Set<PeerSocket>(); // in the order in which they came

  const adopt = async (guest: Socket): Promise<void> => {
    guest.on("error", () => {}); // it ends, and that is told
    const path = `${parsed.path}.${++guests}`;
    const socket = new PeerSocket(libzmq, limits);
    const late = setTimeout(() => socket.fail(new LinkError(`no handshake within ${limits.handshakeTimeout} ms`)), limits.handshakeTimeout);
    halfOpen.add(socket);
    if (halfOpen.size > maxHalfOpen) halfOpen.values().next().value!.fail(new LinkError(`more than ${maxHalfOpen} handshakes at once`));
    try {
      await socket.dealer.bind(`ipc://${path}`);
      passOn(guest, path);
      await socket.ready;
      onConnection(new ZeromqConnection(socket, address, limits));
    } catch {
      guest.destroy();
      socket.close(0);
    }
    clearTimeout(late);
    halfOpen.delete(socket);
  };

  try {
    const listener = await serveNode(parsed, (guest) => void adopt(guest));
    return {
      address,
      async close() {
        for (const socket of halfOpen) socket.fail(new LinkError("the listener was closed"));
        await listener.close();
      },
    };
  } catch (error) {
    throw explain(address, error);
  }
}

/** Has a guest talk with the socket of libzmq that is bound at a path, where nobody else is to come in. */
function passOn(guest: Socket, path: string): void {
  const inner = connect({ path, allowHalfOpen: true });
  inner.on("error", () => {});
  inner.once("connect", () => rmSync(path, { force: true }));
  guest.pipe(inner);
  inner.pipe(guest);
  // A pipe tells of an end in order only.
  guest.on("close", () => follow(inner));
  inner.on("close", () => follow(guest));
}

/** Ends a socket whose other side has gone: what still comes there is read, since behind it comes the end. */
function follow(socket: Socket): void {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  const late = setTimeout(() => socket.destroy(), patience);
  socket.once("close", () => clearTimeout(late));
}
