import { type Address, formatAddress, parseAddress } from "./address.ts";
import { connectDeno, deno, listenDeno } from "./deno.ts";
import { explain } from "./explain.ts";
import { connectNode, listenNode } from "./node.ts";
import { SocketStream } from "./socket-stream.ts";
import type { ByteListener, ByteStream, RawSocket } from "./stream.ts";

/** Gives a new stream to its owner, who sets what it wants to hear before anything is read. */
export type Adopt = (stream: ByteStream) => void;

/** What a socket needs besides its address. */
export interface SocketOptions {
  /**
   * Whether a peer whose machine has gone without a word must be noticed though nothing is sent to it: for protocols in which nobody can
   * ask. The system does, after 10 s. On Deno it takes sockets of Node: its own cannot set that time.
   */
  readonly keepAlive?: boolean;
}

/**
 * Connects to an address.
 *
 * @param address `ipc:///path` or `tcp://host:port`
 * @param adopt is given the stream when it is connected
 * @param signal ends the attempt
 * @throws {LinkError} if the address cannot be reached; or the reason of the signal
 */
export async function connectBytes(
  address: string,
  adopt: Adopt,
  signal: AbortSignal,
  { keepAlive = false }: SocketOptions = {},
): Promise<void> {
  const parsed = parseAddress(address);
  let socket: RawSocket;
  try {
    signal.throwIfAborted();
    socket = await (deno === undefined || keepAlive ? connectNode(parsed, signal) : connectDeno(deno, parsed, signal));
  } catch (error) {
    throw signal.aborted ? signal.reason : explain(address, error);
  }
  open(socket, address, adopt);
}

/**
 * Listens at an address. The socket file of a listener that is gone is replaced; a Unix socket is for this user only.
 *
 * @param address `ipc:///path` or `tcp://host:port`; with port 0 or `*` any free one
 * @param adopt is given each stream that connects
 * @throws {LinkError} if it cannot be: taken, not allowed, no such folder
 */
export async function listenBytes(address: string, adopt: Adopt, { keepAlive = false }: SocketOptions = {}): Promise<ByteListener> {
  const parsed = parseAddress(address);
  const accept = (socket: RawSocket): void => open(socket, address, adopt);
  try {
    const listener = await (deno === undefined || keepAlive ? listenNode(parsed, accept) : listenDeno(deno, parsed, accept));
    return { address: formatAddress(withPort(parsed, listener.port)), close: () => listener.close() };
  } catch (error) {
    throw explain(address, error);
  }
}

function open(socket: RawSocket, address: string, adopt: Adopt): void {
  const stream = new SocketStream(socket, (error) => explain(address, error));
  adopt(stream);
  stream.open();
}

function withPort(address: Address, port: number): Address {
  return address.kind === "tcp" ? { ...address, port } : address;
}
