/**
 * Memory that two engines of one machine share, as a file in the folder of their sockets: a large item goes over it at the speed of a
 * copy, while a socket of the system has room for 200 kB, so that both sides wake each other for every fifth of a MB.
 */
import type * as Files from "node:fs";
import { ProtocolError } from "../errors.ts";

const slots = 4; // pieces that may be out
/** Bytes that a piece may have. */
export const slotBytes: number = 1024 * 1024;
const mostSlots = 1024; // of a file that another engine has made
const mostBytes = 64 * 1024 * 1024;
const namePattern = /^bulk-[0-9a-f]{16}$/;

/** What the other engine is told of a file: its name in the folder, its slots, and the bytes of each. */
export type FileOffer = readonly [name: string, slots: number, slotBytes: number];

/** Most engines never have a large item, and a process of Deno starts 8 ms sooner without it. */
const files = (): typeof Files => process.getBuiltinModule("node:fs");

/** Whether this engine may put files there: into folders of graphs, which are swept when their graph was killed. */
export function isGraphFolder(folder: string): boolean {
  return folder.slice(folder.lastIndexOf("/") + 1).startsWith("pyros-");
}

/** The side that writes: pieces go into the slots in turn, and a slot is free again when the other side has read it. */
export class FileOut {
  readonly offer: FileOffer;
  readonly #fs: typeof Files = files();
  readonly #path: string;
  readonly #fd: number;
  #written = 0;
  #read = 0;
  #named = true;
  #closed = false;

  /**
   * @param folder the folder of the sockets
   * @throws an error of the system when there can be no file
   */
  constructor(folder: string) {
    const name = `bulk-${process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex")}`;
    this.offer = [name, slots, slotBytes];
    this.#path = `${folder}/${name}`;
    this.#fd = this.#fs.openSync(this.#path, "wx", 0o600);
    this.#fs.ftruncateSync(this.#fd, slots * slotBytes);
  }

  /** Whether a slot is free. */
  get free(): boolean {
    return this.#written - this.#read < slots;
  }

  /** Writes a piece into the next slot; throws an error of the system when there is no room for it. */
  write(piece: Uint8Array): void {
    const start = (this.#written % slots) * slotBytes;
    for (let at = 0; at < piece.length;) at += this.#fs.writeSync(this.#fd, piece, at, piece.length - at, start + at);
    this.#written++;
  }

  /** The other side has read so many pieces, or for the first time has opened the file, which needs no name any more. */
  read(pieces: number): void {
    this.#unname();
    this.#read = Math.min(this.#read + pieces, this.#written);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unname();
    this.#fs.closeSync(this.#fd);
  }

  #unname(): void {
    if (!this.#named) return;
    this.#named = false;
    try {
      this.#fs.unlinkSync(this.#path);
    } catch {
      // its folder has gone already
    }
  }
}

/** The side that reads. */
export class FileIn {
  readonly #fs: typeof Files = files();
  readonly #fd: number;
  readonly #slots: number;
  readonly #slotBytes: number;
  #read = 0;
  #closed = false;

  /**
   * Opens a file that the other engine has offered.
   *
   * @param folder the folder of the sockets
   * @throws ProtocolError when the offer is none, any other error when there is no such file of this user that can be opened
   */
  constructor(folder: string, [name, slots, slotBytes]: readonly unknown[]) {
    if (typeof name !== "string" || !namePattern.test(name) || !isCount(slots, mostSlots) || !isCount(slotBytes, mostBytes / slots)) {
      throw new ProtocolError("an offer of a file for large items is none");
    }
    const path = `${folder}/${name}`;
    if (!this.#fs.lstatSync(path).isFile()) throw new Error(`${path} is no file`);
    this.#fd = this.#fs.openSync(path, "r");
    this.#slots = slots;
    this.#slotBytes = slotBytes;
    if (this.#fs.fstatSync(this.#fd).uid !== this.#fs.statSync(folder).uid) { // asking for the own number needs a permission on Deno
      this.close();
      throw new Error(`${path} is somebody else's`);
    }
  }

  /**
   * Reads the next piece.
   *
   * @throws ProtocolError when it is not all there
   */
  read(into: Uint8Array, offset: number, bytes: number): void {
    if (bytes > this.#slotBytes) throw new ProtocolError("a piece of an item is larger than its slot");
    const start = (this.#read++ % this.#slots) * this.#slotBytes;
    for (let at = 0; at < bytes;) {
      const count = this.#fs.readSync(this.#fd, into, offset + at, bytes - at, start + at);
      if (count === 0) throw new ProtocolError("a file for large items is shorter than was said");
      at += count;
    }
  }

  /** Passes over the next piece, which nobody wants any more. */
  skip(): void {
    this.#read++;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fs.closeSync(this.#fd);
  }
}

function isCount(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most;
}
