import type { MessagePort } from "node:worker_threads";
import { pack, type Packable, sizeOf, unpack } from "./batch.ts";
import type { Connection } from "./connection.ts";

/** Bytes above which the receiver tells what it has taken, and to which `buffered` has to sink for `onDrain`. */
const window = 64 * 1024;
/** Bytes that wait for the end of the turn; what is more leaves at once. */
const batchLimit = 16 * 1024 * 1024;
/** Bytes from which a batch's first buffer is handed over instead of copied by the runtime. */
const handOver = 16 * 1024;

const ignore = (): void => {};

/**
 * A connection over a `MessagePort`, to another thread or within one.
 *
 * A turn's messages are posted as one, in bare `ArrayBuffer`s, since Deno walks through each element of a typed array.
 *
 * `buffered` counts what the other side has not said to have taken, and some bytes for each message and part. It says so
 * along with what it sends, or when it has taken 64 KiB; so up to that much may stay counted.
 */
export class PortConnection implements Connection {
  readonly kind = "port";
  onMessage: (parts: Uint8Array[]) => void = ignore;
  onDrain: () => void = ignore;
  onClose: (reason: Error | undefined) => void = ignore;
  readonly #port: MessagePort;
  /** What waits for the end of this turn. */
  #queue: Packable[][] = [];
  #queued = 0;
  #scheduled = false;
  #buffered = 0;
  #full = false;
  /** Bytes that came and were not acknowledged. */
  #taken = 0;
  #closed = false;

  /** @param port one end of a channel whose other end gets a `PortConnection` too; it belongs to the connection from now on */
  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (packed: ArrayBuffer | ArrayBuffer[]) => this.#receive(packed));
    port.on("messageerror", (error) => this.#end(error));
    port.on("close", () => this.#end(new Error("the other side ended without closing the connection")));
  }

  get buffered(): number {
    return this.#buffered;
  }

  send(parts: readonly Uint8Array[], transfer: boolean = false): void {
    const message = transfer ? parts.map(takeMemory) : parts.slice();
    if (this.#closed) return;
    this.#queue.push(message);
    const size = sizeOf(message);
    this.#queued += size;
    this.#buffered += size;
    if (this.#buffered > window) this.#full = true;
    if (this.#queued > batchLimit) this.#flush();
    else this.#schedule();
  }

  close(): void {
    if (this.#closed) return;
    this.#flush(true);
    this.#end(undefined);
  }

  destroy(reason?: Error): void {
    this.#end(reason);
  }

  #end(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#port.close();
    queueMicrotask(() => this.onClose(reason));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed && (this.#queue.length > 0 || this.#taken > window)) this.#flush();
    });
  }

  #flush(last = false): void {
    const taken = Math.min(this.#taken, 0xffff_ffff);
    const queue = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    this.#taken -= taken;
    try {
      const packed = pack(queue, taken, last);
      const [first, ...large] = packed;
      if (large.length > 0) this.#port.postMessage(packed, first.byteLength < handOver ? large : packed);
      else this.#port.postMessage(first, first.byteLength < handOver ? undefined : packed);
    } catch (error) {
      this.#end(error as Error); // no memory for it
    }
  }

  #receive(packed: ArrayBuffer | ArrayBuffer[]): void {
    if (this.#closed) return;
    let batch;
    try {
      batch = unpack(packed instanceof ArrayBuffer ? [packed] : packed);
    } catch (cause) {
      this.#end(new Error("the other side sent something else than a batch of messages", { cause }));
      return;
    }
    this.#release(batch.taken);
    for (const message of batch.messages) {
      if (this.#closed) return;
      this.#taken += sizeOf(message);
      this.onMessage(message);
    }
    if (batch.last) this.#end(undefined);
    else if (this.#taken > window) this.#schedule();
  }

  /** The other side has taken some bytes. */
  #release(bytes: number): void {
    this.#buffered -= bytes;
    if (!this.#full || this.#buffered > window) return;
    this.#full = false;
    this.onDrain();
  }
}

/** `ArrayBuffer.prototype.transfer`; Node 20 does not have it. */
const transferBuffer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }).transfer;

/** The memory of a part, which is detached in this turn already; a part whose memory cannot be had stays to be copied. */
function takeMemory(part: Uint8Array): Packable {
  const { buffer, byteLength } = part;
  if (!(buffer instanceof ArrayBuffer) || byteLength !== buffer.byteLength) return part;
  try {
    return transferBuffer === undefined ? structuredClone(buffer, { transfer: [buffer] }) : transferBuffer.call(buffer);
  } catch {
    return part;
  }
}
