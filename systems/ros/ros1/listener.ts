import { RosError } from "../../../src/errors.ts";
import { parseAddress } from "../../../src/link/bytes/address.ts";
import { listenBytes } from "../../../src/link/bytes/open.ts";
import type { ByteListener, ByteStream } from "../../../src/link/bytes/stream.ts";
import { type Connection, greet } from "./handshake.ts";
import { type Header, writeHeader } from "./header.ts";

const mostGreeting = 128; // connections that have not said yet who they are

/** What becomes of connections. */
export interface ListenerEvents {
  /**
   * Takes a connection, by its header.
   *
   * @throws why it is refused
   */
  readonly accept: (connection: Connection) => void;
  /**
   * One was refused, or broke the protocol.
   *
   * @param peer its address, with the node's name where it has told it
   * @param header where it has told it
   */
  readonly onRefused: (peer: string, reason: string, header: Header | undefined) => void;
}

/** Where other nodes connect to this one, for topics and for services. */
export class Listener {
  port = 0;
  readonly #events: ListenerEvents;
  readonly #greeting: Set<ByteStream> = new Set();
  #listener: ByteListener | undefined;

  constructor(events: ListenerEvents) {
    this.#events = events;
  }

  /**
   * Listens at a free port.
   *
   * @param host an interface, or `*` for all
   */
  async open(host: string): Promise<void> {
    const address = `tcp://${host.includes(":") ? `[${host}]` : host}:*`;
    this.#listener = await listenBytes(address, (stream) => this.#greet(stream), { keepAlive: true });
    const bound = parseAddress(this.#listener.address);
    this.port = bound.kind === "tcp" ? bound.port : 0;
  }

  async close(): Promise<void> {
    for (const stream of this.#greeting) stream.destroy();
    await this.#listener?.close();
  }

  #greet(stream: ByteStream): void {
    const { accept, onRefused } = this.#events;
    const { peer } = stream;
    if (this.#greeting.size >= mostGreeting) {
      const [oldest] = this.#greeting;
      oldest!.destroy(new RosError("it has not said who it is, and too many others want to"));
    }
    this.#greeting.add(stream);
    greet(stream, (greeted) => {
      this.#greeting.delete(stream);
      if (greeted instanceof RosError) return onRefused(peer, greeted.message, undefined);
      if (greeted instanceof Error) return;
      const { header, frames } = greeted;
      const who = `${header.get("callerid")?.slice(0, 200) ?? "a node"} at ${peer}`;
      try {
        accept(greeted);
      } catch (error) {
        const { message } = error as Error;
        onRefused(who, message, header);
        frames.stop();
        stream.write(writeHeader({ error: message }));
        return stream.close();
      }
      const { onClose } = stream;
      stream.onClose = (reason) => {
        if (reason instanceof RosError) onRefused(who, reason.message, header);
        onClose(reason);
      };
    });
  }
}
