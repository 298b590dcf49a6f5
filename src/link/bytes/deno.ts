/**
 * Sockets of Deno. Its own ones are faster than what it has for node:net, for small data and for large (two processes, Unix socket:
 * 64 bytes there and back 16 us against 19, 1 MB one way 3.8 GB/s against 2.0).
 */
import type { Address } from "./address.ts";
import { codeOf } from "./explain.ts";
import type { RawListener } from "./node.ts";
import { ReadRoom } from "./read-room.ts";
import { closeToOthers, removeStale } from "./socket-file.ts";
import type { RawEvents, RawSocket } from "./stream.ts";

/** What is used of Deno. */
interface DenoConn {
  readonly remoteAddr: { readonly hostname?: string };
  read(into: Uint8Array): Promise<number | null>;
  write(from: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
  setNoDelay?(on: boolean): void;
  setKeepAlive?(on: boolean): void;
}
interface DenoListener {
  readonly addr: { readonly port?: number };
  accept(): Promise<DenoConn>;
  close(): void;
}
interface DenoNet {
  connect(options: object): Promise<DenoConn>;
  listen(options: object): DenoListener;
  chmodSync(path: string, mode: number): void;
}

/** Deno, where it is what runs this. */
export const deno: DenoNet | undefined = (globalThis as { Deno?: DenoNet }).Deno;

class DenoSocket implements RawSocket {
  readonly #conn: DenoConn;
  #closed = false;

  constructor(conn: DenoConn) {
    this.#conn = conn;
    conn.setNoDelay?.(true);
    conn.setKeepAlive?.(true);
  }

  get peer(): string {
    return this.#conn.remoteAddr.hostname ?? "";
  }

  start(events: RawEvents): void {
    void this.#read(events);
  }

  write(chunks: readonly Uint8Array[], done: () => void): void {
    void this.#writeAll(chunks, done);
  }

  end(): void {
    this.#conn.closeWrite().catch(() => {});
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  async #read(events: RawEvents): Promise<void> {
    const room = new ReadRoom(() => events.room());
    try {
      while (!this.#closed) {
        const into = room.next();
        const count = await this.#conn.read(into);
        if (count === null) return events.ended();
        events.data(into.subarray(0, count));
        room.took(count);
      }
    } catch (error) {
      if (!this.#closed) events.ended(error);
    }
  }

  async #writeAll(chunks: readonly Uint8Array[], done: () => void): Promise<void> {
    try {
      for (const chunk of chunks) {
        let at = await this.#conn.write(chunk);
        while (at < chunk.length) at += await this.#conn.write(chunk.subarray(at));
      }
    } catch {
      return; // the read ends too, and tells why
    }
    done();
  }
}

/** Connects; rejects with an error of the system, or with the reason of the signal. */
export async function connectDeno(net: DenoNet, address: Address, signal: AbortSignal): Promise<RawSocket> {
  const connecting = net.connect(
    address.kind === "ipc" ? { transport: "unix", path: address.path } : { transport: "tcp", hostname: address.host, port: address.port },
  );
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return new DenoSocket(await Promise.race([connecting, aborted]));
  } catch (error) {
    if (signal.aborted) connecting.then((conn) => conn.close(), () => {}); // it cannot be called off
    throw error;
  } finally {
    signal.removeEventListener("abort", abort!);
  }
}

/** Listens; rejects with an error of the system or a `LinkError`. */
export async function listenDeno(net: DenoNet, address: Address, accept: (socket: RawSocket) => void): Promise<RawListener> {
  let listener: DenoListener;
  try {
    listener = listen(net, address);
  } catch (error) {
    if (address.kind !== "ipc" || codeOf(error) !== "EADDRINUSE") throw error;
    await removeStale(address.path, () => connectDeno(net, address, new AbortController().signal));
    listener = listen(net, address);
  }
  let open = true;
  const accepting = acceptAll(listener, (conn) => accept(new DenoSocket(conn)), () => open);
  return {
    port: listener.addr.port ?? 0,
    async close() {
      if (!open) return accepting;
      open = false;
      listener.close(); // it removes the socket file too
      await accepting;
    },
  };
}

function listen(net: DenoNet, address: Address): DenoListener {
  if (address.kind === "tcp") return net.listen({ hostname: address.host === "*" ? "::" : address.host, port: address.port });
  const listener = net.listen({ transport: "unix", path: address.path });
  closeToOthers(address.path, net.chmodSync);
  return listener;
}

async function acceptAll(listener: DenoListener, accept: (conn: DenoConn) => void, open: () => boolean): Promise<void> {
  while (open()) {
    try {
      accept(await listener.accept());
    } catch {
      // No descriptors left, or the peer went before it was accepted: a later one may get through.
      if (open()) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
