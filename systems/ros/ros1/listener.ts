import { RosError } from "../../../src/errors.ts";
import { parseAddress } from "../../../src/link/bytes/address.ts";
import { listenBytes } from "../../../src/link/bytes/open.ts";
import type { ByteListener, ByteStream } from "../../../src/link/bytes/stream.ts";
import { type Connection, greet } from "./handshake.ts";
import { writeHeader } from "./header.ts";

const mostGreeting = 128; // connections that have not said yet who they are

/** Where other nodes connect to this one, for topics and for services. */
export class Listener {
  port = 0;
  readonly #accept: (connection: Connection) => void;
  readonly #greeting: Set<ByteStream> = new Set();
  #listener: ByteListener | undefined;

  /** @param accept takes a connection by its header; what it throws is the reason why it is refused */
  constructor(accept: (connection: Connection) => void) {
    this.#accept = accept;
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
    if (this.#greeting.size >= mostGreeting) return stream.destroy(new RosError("too many connections have not said who they are"));
    this.#greeting.add(stream);
    greet(stream, (greeted) => {
      this.#greeting.delete(stream);
      if (greeted instanceof Error) return;
      try {
        this.#accept(greeted);
      } catch (error) {
        greeted.frames.stop();
        stream.write(writeHeader({ error: (error as Error).message }));
        stream.close();
      }
    });
  }
}
