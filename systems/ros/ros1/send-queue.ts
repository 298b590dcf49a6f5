import type { ByteStream } from "../../../src/link/bytes/stream.ts";
import { lengthOf, type Written } from "../message/output.ts";

/** Bytes that may wait in a socket: enough to keep it busy. */
const inSocket = 1024 * 1024;
const mostBytes = 64 * 2 ** 20;

/** Messages on their way to one subscriber: what a slow one does not take in time is dropped, the oldest first, and counted. */
export class SendQueue {
  /** Messages that were dropped. */
  dropped = 0;
  /** Messages that were given to the socket. */
  sent = 0;
  readonly #stream: ByteStream;
  readonly #depth: number;
  #waiting: Written[] = [];
  #bytes = 0;

  /**
   * @param stream to the subscriber
   * @param depth messages that may wait beside what the socket has
   */
  constructor(stream: ByteStream, depth: number) {
    this.#stream = stream;
    this.#depth = depth;
    stream.onDrain = () => this.#drain();
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Sends a message; it never waits. */
  send(message: Written): void {
    if (this.#waiting.length === 0 && this.#stream.buffered < inSocket) {
      this.#write(message);
      return;
    }
    this.#waiting.push(message);
    this.#bytes += lengthOf(message);
    while (this.#waiting.length > this.#depth || (this.#bytes > mostBytes && this.#waiting.length > 1)) {
      this.#bytes -= lengthOf(this.#waiting.shift()!);
      this.dropped++;
    }
  }

  #drain(): void {
    while (this.#waiting.length > 0 && this.#stream.buffered < inSocket) {
      const message = this.#waiting.shift()!;
      this.#bytes -= lengthOf(message);
      this.#write(message);
    }
  }

  #write(message: Written): void {
    this.sent++;
    if (message instanceof Uint8Array) this.#stream.write(message);
    else for (const piece of message) this.#stream.write(piece);
  }
}
