/** Large items on a link: they travel in chunks beside all else, so that nothing waits behind them. */
import { Buffer } from "node:buffer";
import { ProtocolError } from "../errors.ts";
import { type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** Bytes from which on an item travels in chunks. */
export const bulkBytes: number = 64 * 1024;

/** Bytes of a chunk while calls go the same way, which wait behind it. */
const smallChunk = 128 * 1024;
/** Bytes of a chunk while none do. The other side keeps a piece that is a whole part, and copies others together. */
const largeChunk = 1024 * 1024;
/** Bytes that have to go without a call before chunks are large. */
const calm = 1024 * 1024;
/** Bytes given to the link before it has to say that they have gone: enough that it does not run dry. */
const ahead = 256 * 1024;
/** The same while calls go the same way. A link with fewer would not say anything. */
const aheadOfCalls = 64 * 1024;
const mostBytes = 256 * 1024 * 1024; // of an item: what a message on a link may have
const mostParts = 1024; // of an item
const mostAtOnce = 4; // items under way; others wait

/** An item on its way out. */
export interface Transfer {
  readonly id: number;
  readonly parts: readonly Uint8Array[];
  /** Part of the next chunk, and where in it. */
  part: number;
  offset: number;
  /** Called once: with `true` when all of it was given to the link, with `false` when the link broke before. */
  readonly done: (sent: boolean) => void;
}

/** The items that go out over one link. Chunks of several take turns; the next one goes when the link has sent the one before. */
export class BulkOut {
  readonly #peer: Peer;
  readonly #calls: () => number;
  #transfers: Transfer[] = [];
  #ids = 0;
  #turn = 0;
  #stalled = false;
  #pumping = false;
  /** How many calls there were when a chunk went last, and the bytes that have gone since another one came. */
  #lastCalls = 0;
  #calmBytes = 0;

  /**
   * @param peer the other engine
   * @param calls how many calls there have been, either way
   */
  constructor(peer: Peer, calls: () => number) {
    this.#peer = peer;
    this.#calls = calls;
  }

  /**
   * Sends an encoded envelope in chunks.
   *
   * @param parts must not change until it is done
   * @returns undefined when it is more than the other side would take
   */
  send(parts: readonly Uint8Array[], done: (sent: boolean) => void): Transfer | undefined {
    if (parts.length > mostParts || parts.reduce((sum, part) => sum + part.length, 0) > mostBytes) return undefined;
    const transfer: Transfer = { id: ++this.#ids, parts, part: 0, offset: 0, done };
    this.#transfers.push(transfer);
    queueMicrotask(this.#pump); // when its owner has the transfer
    return transfer;
  }

  /** Gives all that is left of a transfer to the link at once. */
  finish(transfer: Transfer): void {
    while (this.#transfers.includes(transfer)) this.#step(transfer);
  }

  /** Nobody wants it any more. */
  cancel(transfer: Transfer): void {
    if (!this.#transfers.includes(transfer)) return;
    this.#forget(transfer);
    this.#peer.post([kinds.bulk, transfer.id, 0]);
  }

  /** The link has sent what it was behind with. */
  drained(): void {
    this.#stalled = false;
    this.#pump();
  }

  /** The link is down: what had not gone out is lost. */
  linkLost(): void {
    const lost = this.#transfers;
    this.#transfers = [];
    this.#stalled = false;
    for (const { done } of lost) done(false);
  }

  readonly #pump = (): void => {
    if (this.#pumping) return;
    this.#pumping = true;
    let bytes = 0;
    while (!this.#stalled && this.#transfers.length > 0) {
      const transfer = this.#transfers[this.#turn++ % Math.min(this.#transfers.length, mostAtOnce)]!;
      bytes += this.#step(transfer);
      this.#stalled = bytes > (this.#calmBytes < calm ? aheadOfCalls : ahead);
    }
    this.#pumping = false;
  };

  /** Posts the next chunk; returns its bytes. */
  #step(transfer: Transfer): number {
    const { id, parts, part, offset, done } = transfer;
    const chunk = parts[part]!.subarray(offset, offset + this.#size());
    const isFirst = part === 0 && offset === 0;
    transfer.offset += chunk.length;
    if (transfer.offset === parts[part]!.length) {
      transfer.part++;
      transfer.offset = 0;
    }
    this.#peer.post(isFirst ? [kinds.bulk, id, chunk, parts.map(({ length }) => length)] : [kinds.bulk, id, chunk]);
    if (transfer.part === parts.length) {
      this.#forget(transfer);
      done(true);
    }
    this.#calmBytes += chunk.length;
    return chunk.length;
  }

  /** Bytes that the next chunk may have. */
  #size(): number {
    const calls = this.#calls();
    if (calls !== this.#lastCalls) this.#calmBytes = 0;
    this.#lastCalls = calls;
    return this.#calmBytes < calm ? smallChunk : largeChunk;
  }

  #forget(transfer: Transfer): void {
    this.#transfers = this.#transfers.filter((one) => one !== transfer);
  }
}

interface Arriving {
  readonly sizes: readonly number[];
  readonly parts: Uint8Array[];
  part: number;
  offset: number;
}

/** The items that come in over one link. */
export class BulkIn {
  readonly #arriving: Map<number, Arriving> = new Map();

  /**
   * Takes a chunk.
   *
   * @returns the parts of what was sent, once it is complete
   * @throws ProtocolError when it is not what {@link BulkOut} sends
   */
  take([, id, chunk, sizes]: Envelope): readonly Uint8Array[] | undefined {
    if (sizes !== undefined) this.#begin(id as number, sizes);
    const arriving = this.#arriving.get(id as number);
    if (arriving === undefined) return undefined; // the end of what began before the link broke
    if (chunk === 0) {
      this.#arriving.delete(id as number);
      return undefined;
    }
    const { part, offset } = arriving;
    const size = arriving.sizes[part]!;
    if (!(chunk instanceof Uint8Array) || chunk.length > size - offset) throw new ProtocolError("a chunk does not fit");
    if (chunk.length === size) arriving.parts[part] = chunk;
    else (arriving.parts[part] ??= room(size)).set(chunk, offset);
    arriving.offset += chunk.length;
    if (arriving.offset < size) return undefined;
    arriving.offset = 0;
    if (++arriving.part < arriving.sizes.length) return undefined;
    this.#arriving.delete(id as number);
    return arriving.parts;
  }

  /** The link is down: what has not come will not. */
  clear(): void {
    this.#arriving.clear();
  }

  #begin(id: number, sizes: unknown): void {
    if (!Array.isArray(sizes) || sizes.length === 0 || sizes.length > mostParts) throw new ProtocolError("an item in chunks has no sizes");
    let bytes = 0;
    for (const size of sizes) {
      if (!Number.isSafeInteger(size) || size <= 0) throw new ProtocolError("a part of an item in chunks has no size");
      bytes += size;
    }
    if (bytes > mostBytes) throw new ProtocolError(`an item in chunks has ${bytes} bytes, and ${mostBytes} are allowed`);
    // Never more than that: the oldest belongs to what was broken off.
    if (this.#arriving.size >= mostAtOnce) this.#arriving.delete(this.#arriving.keys().next().value!);
    this.#arriving.set(id, { sizes: sizes as number[], parts: [], part: 0, offset: 0 });
  }
}

/** Not zeroed, and not touched before its bytes come: a promise alone takes no memory. */
function room(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
