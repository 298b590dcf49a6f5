/** Sockets of Node. */
import { setImmediate } from "node:timers";
import type * as Net from "node:net";
import type { Address } from "./address.ts";
import { codeOf } from "./explain.ts";
import { keepAlive } from "./keep-alive.ts";
import { ReadRoom } from "./read-room.ts";
import { checkFolder, closeToOthers, removeStale } from "./socket-file.ts";
import type { RawEvents, RawSocket } from "./stream.ts";

/** Loaded when it is used: on Deno by those only who ask for `keepAlive`. */
const net = (): typeof Net => process.getBuiltinModule("node:net");

/** What a runtime gives for listening: the port it got, and how to end it. */
export interface RawListener {
  readonly port: number;
  close(): Promise<void>;
}

/** What has come to a socket that reads into given memory; only one that was opened here can, not one that was accepted. */
class Reading {
  #events: RawEvents | undefined;
  readonly #room: ReadRoom = new ReadRoom(() => this.#events?.room());

  /** For `connect`. */
  readonly options: { buffer: () => Uint8Array; callback: (count: number, bytes: Uint8Array) => boolean } = {
    buffer: () => this.#room.next(),
    callback: (count, bytes) => {
      this.#events!.data(bytes.subarray(0, count));
      this.#room.took(count);
      return true;
    },
  };

  start(events: RawEvents): void {
    this.#events = events;
  }
}

class NodeSocket implements RawSocket {
  readonly #socket: Net.Socket;
  readonly #reading: Reading | undefined;

  constructor(socket: Net.Socket, reading?: Reading) {
    this.#socket = socket;
    this.#reading = reading;
    socket.setNoDelay(true);
    keepAlive(socket);
    socket.on("error", () => {}); // also before `start`: an error that nobody hears ends the process
  }

  get peer(): string {
    return this.#socket.remoteAddress ?? "";
  }

  start(events: RawEvents): void {
    const socket = this.#socket;
    let failure: unknown;
    socket.on("error", (error) => (failure = error));
    socket.on("close", () => events.ended(failure));
    socket.on("end", () => events.ended());
    if (this.#reading === undefined) socket.on("data", (chunk) => events.data(chunk as Buffer));
    else {
      this.#reading.start(events);
      socket.resume();
    }
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    const socket = this.#socket;
    const last = chunks.length - 1;
    let isDone = false;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i]!);
    socket.write(chunks[last]!, (error) => {
      if (!error && !isDone) done();
    });
    if (last > 0) socket.uncork();
    // The system has taken all: the stream calls back only after all else that this turn does.
    if (socket.writableLength === 0) {
      isDone = true;
      done();
    }
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Connects; rejects with an error of the system. */
export function connectNode(address: Address, signal: AbortSignal): Promise<RawSocket> {
  return new Promise((resolve, reject) => {
    // Half open, because it is us who decide when our side ends.
    const where = address.kind === "ipc" ? { path: address.path } : { host: address.host, port: address.port };
    const reading = new Reading();
    const socket = net().connect({ ...where, allowHalfOpen: true, onread: reading.options });
    socket.pause(); // until it is started
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const settle = (then: () => void) => (): void => {
      signal.removeEventListener("abort", abort);
      then();
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", settle(() => resolve(new NodeSocket(socket, reading))));
    socket.once("error", (error) => settle(() => reject(error))());
  });
}

/** Listens; rejects with an error of the system or a `LinkError`. */
export function listenNode(address: Address, accept: (socket: RawSocket) => void): Promise<RawListener> {
  return serveNode(address, (socket) => accept(new NodeSocket(socket)));
}

/** As {@link listenNode}, for who takes sockets as Node has them; they do not end by themselves when the peer does. */
export async function serveNode(address: Address, accept: (socket: Net.Socket) => void): Promise<RawListener> {
  const server = net().createServer({ allowHalfOpen: true }, accept);
  await listening(server, address).catch(async (error: unknown) => {
    if (address.kind !== "ipc") throw error;
    checkFolder(address.path); // where there is none, Node says EACCES
    if (codeOf(error) !== "EADDRINUSE") throw error;
    await removeStale(address.path, () => connectNode(address, new AbortController().signal));
    await listening(server, address);
  });
  server.on("error", () => {}); // a connection that could not be accepted is no reason to end
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    async close() {
      server.close(); // it would call back only when the connections have ended too
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function listening(server: Net.Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    if (address.kind === "tcp") server.listen({ host: address.host === "*" ? undefined : address.host, port: address.port });
    else {
      server.listen(address.path);
      if (server.listening) closeToOthers(address.path); // it was made inside the call
    }
  });
}
