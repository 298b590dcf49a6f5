import { LinkError } from "../../errors.ts";
import { parseAddress } from "../bytes/address.ts";
import type { Connection, LinkLimits } from "../connection.ts";
import { ZeromqConnection } from "./connection.ts";
import type { Libzmq } from "./libzmq.ts";
import { PeerSocket } from "./peer-socket.ts";

/**
 * Connects to a peer that speaks ZMTP 3, and shakes hands.
 *
 * @throws {LinkError} if nobody listens there, if the peer refuses, or if it takes too long
 */
export async function connectZeromq(libzmq: Libzmq, address: string, limits: LinkLimits): Promise<Connection> {
  parseAddress(address);
  const socket = new PeerSocket(libzmq, limits);
  const late = setTimeout(() => socket.fail(new LinkError(`no handshake within ${limits.handshakeTimeout} ms`)), limits.handshakeTimeout);
  try {
    socket.dealer.connect(address);
    await socket.ready;
    return new ZeromqConnection(socket, address, limits);
  } catch (cause) {
    socket.close(0);
    throw new LinkError(`${address}: ${(cause as Error).message}`, { name: address, cause });
  } finally {
    clearTimeout(late);
  }
}
