/** Large items on a link: they travel in chunks beside all else, so that nothing waits behind them. */
import { ProtocolError } from "../errors.ts";
import { rawMemory } from "../value/memory.ts";
import { type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { FileIn, FileOut, isGraphFolder, slotBytes } from "./shared-file.ts";

/** Bytes from which on an item travels in chunks. */
export const bulkBytes: number = 64 * 1024;

/** Bytes of a chunk while calls go the same way, which wait behind it. */
const smallChunk = 128 * 1024;
/** The same where it goes over a file, which takes a fraction of the time. */
const smallPiece = 256 * 1024;
/** Bytes of a chunk while none do. The other side keeps a piece that is a whole part, and copies others together. */
const largeChunk = slotBytes;
/** Bytes that have to go without a call before chunks are large. */
const calm = 1024 * 1024;
/** Bytes given to the link before it has to say that they have gone: enough that it does not run dry. */
const ahead = 256 * 1024;
/** The same while calls go the same way. A link with fewer would not say anything. */
const aheadOfCalls = 64 * 1024;
const mostBytes = 256 * 1024 * 1024; // of an item: what a message on a link may have
const mostParts = 1024; // of an item
const uncopied = 16 * 1024; // bytes from which on a chunk goes to the socket from where it is
const worthAFile = 256 * 1024; // bytes of the first item for which a file is made
const mostAtOnce = 4; // items under way; others wait

/** An item on its way out. */
export interface Transfer {
  readonly id: number;
  readonly parts: readonly Uint8Array[];
  /** Part of the next chunk, and where in it. */
  part: number;
  offset: number;
  /** Whether no part is in use any more: what is written to a socket is until the system has taken it. */
  copied: boolean;
  /** Called once: with `true` when all of it was given to the link, with `false` when the link broke before. */
  readonly done: (sent: boolean, parts: readonly Uint8Array[] | undefined) => void;
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
  /** Where both sides can reach it: pieces go over it once the other side has opened it, and never again once that has failed. */
  #file: FileOut | undefined;
  #opened = false;
  #fileless = false;
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
   * @param done also gets the parts, once their memory is in nobody's use
   * @returns undefined when it is more than the other side would take
   */
  send(parts: readonly Uint8Array[], done: Transfer["done"]): Transfer | undefined {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (parts.length > mostParts || bytes > mostBytes) return undefined;
    if (bytes >= worthAFile && this.#file === undefined && !this.#fileless) this.#offerFile();
    const transfer: Transfer = { id: ++this.#ids, parts, part: 0, offset: 0, copied: true, done };
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

  /** The other side has read so many pieces of the file; 0 says that it has opened it, below 0 that it cannot. */
  read(pieces: number): void {
    if (this.#file === undefined) return;
    if (pieces < 0) this.#dropFile();
    else {
      this.#opened = true;
      this.#file.read(pieces);
    }
    this.#pump();
  }

  /** The link is down: what had not gone out is lost. */
  linkLost(): void {
    const lost = this.#transfers;
    this.end();
    this.#stalled = false;
    for (const { done } of lost) done(false, undefined);
  }

  /** Forgets what waits. */
  end(): void {
    this.#transfers = [];
    this.#dropFile();
    this.#fileless = false;
  }

  readonly #pump = (): void => {
    if (this.#pumping) return;
    this.#pumping = true;
    let bytes = 0;
    while (!this.#stalled && this.#transfers.length > 0) {
      const transfer = this.#transfers[this.#turn++ % Math.min(this.#transfers.length, mostAtOnce)]!;
      const file = this.#fileFor(transfer);
      if (file?.free === false) break; // until the other side has read
      bytes += this.#step(transfer, file);
      if (file !== undefined) {
        process.nextTick(this.#pump); // when what was posted has left, so that the other side reads while the next piece is written
        break;
      }
      this.#stalled = bytes > (this.#calmBytes < calm ? aheadOfCalls : ahead);
    }
    this.#pumping = false;
  };

  /** The file, where the next chunk is worth one. */
  #fileFor({ parts, part, offset }: Transfer): FileOut | undefined {
    return this.#opened && parts[part]!.length - offset >= bulkBytes ? this.#file : undefined;
  }

  /** Posts the next chunk, or where it lies in the file; returns its bytes. */
  #step(transfer: Transfer, file?: FileOut): number {
    const { id, parts, part, offset, done } = transfer;
    const chunk = parts[part]!.subarray(offset, offset + this.#size(file === undefined ? smallChunk : smallPiece));
    const said = file !== undefined && this.#write(file, chunk) ? chunk.length : chunk;
    if (said === chunk && chunk.length >= uncopied) transfer.copied = false;
    const isFirst = part === 0 && offset === 0;
    transfer.offset += chunk.length;
    if (transfer.offset === parts[part]!.length) {
      transfer.part++;
      transfer.offset = 0;
    }
    this.#peer.post(isFirst ? [kinds.bulk, id, said, parts.map(({ length }) => length)] : [kinds.bulk, id, said]);
    if (transfer.part === parts.length) {
      this.#forget(transfer);
      done(true, transfer.copied ? parts : undefined);
    }
    this.#calmBytes += chunk.length;
    return chunk.length;
  }

  #offerFile(): void {
    const { folder } = this.#peer;
    if (folder === undefined || !isGraphFolder(folder)) return;
    try {
      this.#file = new FileOut(folder);
      this.#peer.post([kinds.file, ...this.#file.offer]);
    } catch {
      this.#dropFile(); // no room, no descriptor, no permission: the link can do it too
    }
  }

  #write(file: FileOut, chunk: Uint8Array): boolean {
    try {
      file.write(chunk);
      return true;
    } catch {
      this.#dropFile();
      return false;
    }
  }

  #dropFile(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#opened = false;
    this.#fileless = true;
  }

  /** Bytes that the next chunk may have; so few while calls go the same way. */
  #size(small: number): number {
    const calls = this.#calls();
    if (calls !== this.#lastCalls) this.#calmBytes = 0;
    this.#lastCalls = calls;
    return this.#calmBytes < calm ? small : largeChunk;
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
  readonly #peer: Peer;
  readonly #arriving: Map<number, Arriving> = new Map();
  #file: FileIn | undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /**
   * Takes a chunk.
   *
   * @returns the parts of what was sent, once it is complete
   * @throws ProtocolError when it is not what {@link BulkOut} sends
   */
  take([, id, chunk, sizes]: Envelope): readonly Uint8Array[] | undefined {
    if (sizes !== undefined) this.#begin(id as number, sizes);
    const arriving = this.#arriving.get(id as number);
    if (arriving === undefined) return void this.#skip(chunk); // the end of what began before the link broke
    if (chunk === 0) {
      this.#arriving.delete(id as number);
      return undefined;
    }
    const { part, offset } = arriving;
    const size = arriving.sizes[part]!;
    const length = chunk instanceof Uint8Array ? chunk.length : chunk;
    if (!Number.isSafeInteger(length) || !((length as number) > 0 && (length as number) <= size - offset)) {
      throw new ProtocolError("a chunk does not fit");
    }
    if (!(chunk instanceof Uint8Array)) this.#read(arriving.parts[part] ??= rawMemory(size), offset, length as number);
    else if (chunk.length === size) arriving.parts[part] = chunk;
    else {
      (arriving.parts[part] ??= rawMemory(size)).set(chunk, offset);
      if (chunk.length === chunk.buffer.byteLength) this.#peer.reuse(chunk.buffer as ArrayBuffer);
    }
    arriving.offset += length as number;
    if (arriving.offset < size) return undefined;
    arriving.offset = 0;
    if (++arriving.part < arriving.sizes.length) return undefined;
    this.#arriving.delete(id as number);
    return arriving.parts;
  }

  /**
   * The other side offers a file for pieces to come.
   *
   * @throws ProtocolError when what it offers is none
   */
  open(offer: readonly unknown[]): void {
    this.#close();
    const { folder } = this.#peer;
    if (folder === undefined) throw new ProtocolError("a file for large items was offered where there is no folder for it");
    try {
      this.#file = new FileIn(folder, offer);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
    }
    this.#peer.post([kinds.read, this.#file === undefined ? -1 : 0]);
  }

  /** The link is down: what has not come will not. */
  clear(): void {
    this.#arriving.clear();
    this.#close();
  }

  #read(into: Uint8Array, offset: number, length: number): void {
    if (this.#file === undefined) throw new ProtocolError("a chunk is said to lie in a file, and there is none");
    this.#file.read(into, offset, length);
    this.#peer.post([kinds.read, 1]);
  }

  #skip(chunk: unknown): void {
    if (typeof chunk !== "number" || chunk === 0 || this.#file === undefined) return;
    this.#file.skip();
    this.#peer.post([kinds.read, 1]);
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
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
