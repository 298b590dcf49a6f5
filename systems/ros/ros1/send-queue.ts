import type { ByteStream } from "../../../src/link/bytes/stream.ts";
import type { Written } from "../message/output.ts";
import type { Pieces } from "../message/pieces.ts";

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
  /** Bytes that were ever given to the socket. */
  #written = 0;
  /** Messages whose memory the socket may still need, with what `#written` was behind them. */
  #lent: { message: Pieces; end: number }[] = [];

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
    if (this.#lent.length > 0) this.#giveBack();
    if (this.#waiting.length === 0 && this.#stream.buffered < inSocket) {
      this.#write(message);
      return;
    }
    this.#waiting.push(message);
    this.#bytes += message.length;
    while (this.#waiting.length > this.#depth || (this.#bytes > mostBytes && this.#waiting.length > 1)) {
      const oldest = this.#waiting.shift()!;
      this.#bytes -= oldest.length;
      if (!(oldest instanceof Uint8Array)) oldest.returned();
      this.dropped++;
    }
  }

  #drain(): void {
    this.#giveBack();
    while (this.#waiting.length > 0 && this.#stream.buffered < inSocket) {
      const message = this.#waiting.shift()!;
      this.#bytes -= message.length;
      this.#write(message);
    }
  }

  #write(message: Written): void {
    this.sent++;
    this.#written += message.length;
    if (message instanceof Uint8Array) this.#stream.write(message);
    else {
      for (const part of message.parts) this.#stream.write(part);
      this.#lent.push({ message, end: this.#written });
    }
  }

  /** The system has taken all but what is buffered. */
  #giveBack(): void {
    const taken = this.#written - this.#stream.buffered;
    while (this.#lent.length > 0 && this.#lent[0]!.end <= taken) this.#lent.shift()!.message.returned();
  }
}
