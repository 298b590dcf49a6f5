import { Outbox } from "./outbox.ts";
import type { ByteStream, RawEvents, RawSocket } from "./stream.ts";

/** Bytes that are handed to the system at once; `buffered` is exact to this. */
const batch = 1024 * 1024;
/** `buffered` up to which the owner may be told to go on, in bytes. */
const lowWater = 64 * 1024;
/** How long a closing stream waits for the peer to take what is left, or to end too, in ms. */
const farewell = 2_000;

const settled = Promise.resolve();
const ignore = (): void => {};

/** A {@link ByteStream} over a socket of the runtime: what both runtimes have in common. */
export class SocketStream implements ByteStream, RawEvents {
  onData: (chunk: Uint8Array) => void = ignore;
  onRoom: () => Uint8Array | undefined = () => undefined;
  onDrain: () => void = ignore;
  onClose: (reason: Error | undefined) => void = ignore;
  readonly #socket: RawSocket;
  readonly #explain: (error: unknown) => Error;
  readonly #outbox: Outbox = new Outbox();
  #inFlight = 0;
  #scheduled = false;
  #high = false;
  #closing = false;
  #closed = false;
  #farewell: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param socket is read from the moment on at which {@link open} is called
   * @param explain makes a reason of an error of the system
   */
  constructor(socket: RawSocket, explain: (error: unknown) => Error) {
    this.#socket = socket;
    this.#explain = explain;
  }

  /** Begins to read; the owner has set what it wants to hear. */
  open(): void {
    this.#socket.start(this);
  }

  get peer(): string {
    return this.#socket.peer;
  }

  get buffered(): number {
    return this.#outbox.bytes + this.#inFlight;
  }

  write(chunk: Uint8Array): void {
    if (this.#closing) return;
    this.#outbox.add(chunk);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void settled.then(this.#flush);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#flush();
    this.#endWhenEmpty();
  }

  destroy(reason?: Error): void {
    if (this.#closed) return;
    this.#closed = this.#closing = true;
    clearTimeout(this.#farewell);
    this.#outbox.clear();
    this.#socket.destroy();
    this.onClose(reason);
  }

  data(chunk: Uint8Array): void {
    if (!this.#closing) this.onData(chunk);
  }

  room(): Uint8Array | undefined {
    return this.#closing ? undefined : this.onRoom();
  }

  ended(error?: unknown): void {
    this.destroy(error === undefined || this.#closing ? undefined : this.#explain(error));
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const { bytes } = this.#outbox;
    if (this.#closed || bytes === 0) return;
    if (bytes + this.#inFlight > lowWater) this.#high = true;
    if (this.#inFlight > 0) return;
    const chunks = this.#outbox.take(batch);
    this.#inFlight = bytes - this.#outbox.bytes;
    this.#socket.write(chunks, this.#written);
  };

  readonly #written = (): void => {
    this.#inFlight = 0;
    if (this.#closed) return;
    this.#outbox.reuse();
    this.#flush();
    this.#endWhenEmpty();
    if (this.#high && this.buffered <= lowWater) {
      this.#high = false;
      this.onDrain();
    }
  };

  #endWhenEmpty(): void {
    if (this.#closed || !this.#closing) return;
    clearTimeout(this.#farewell);
    this.#farewell = setTimeout(() => this.destroy(), farewell);
    if (this.#inFlight === 0) this.#socket.end();
  }
}
