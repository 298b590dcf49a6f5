/**
 * The journal beside a file of params: one line a batch of writes, added and synced before they are acknowledged.
 *
 * A line is eight hex digits of CRC-32, a space, and `[from, to, [[name, value] or [name], …]]` in JSON: it leads from
 * revision `from` to revision `to`, and a name alone was deleted. Only the last line can be torn, since a batch is
 * written when the one before is on the disk.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { ParamFileError } from "./file-error.ts";
import type { ParamChange } from "./nodes.ts";

/** A batch that was read. */
export interface JournalEntry {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly ParamChange[];
}

/** A change as a line holds it. */
export type CodedChange = readonly [name: string] | readonly [name: string, value: unknown];

/** A change as a line holds it. */
export function encodeChange(change: ParamChange): CodedChange {
  return change.exists ? [change.name, encode(change.value)] : [change.name];
}

/** A line of the journal. */
export function journalLine(from: number, to: number, changes: readonly CodedChange[]): Buffer {
  const text = Buffer.from(JSON.stringify([from, to, changes]));
  return Buffer.concat([Buffer.from(`${checksum(text)} `), text, Buffer.from("\n")]);
}

/**
 * Reads a journal.
 *
 * @param bytes what is in the file
 * @param path its name, for messages
 * @returns its batches, and how many bytes they take; what stands behind was never acknowledged
 * @throws {ParamFileError} if a line is damaged that others follow
 */
export function readJournal(bytes: Buffer, path: string): { entries: JournalEntry[]; length: number } {
  const entries: JournalEntry[] = [];
  let length = 0;
  for (;;) {
    const end = bytes.indexOf(10, length);
    if (end < 0) return { entries, length };
    const entry = readLine(bytes.subarray(length, end));
    if (entry === undefined) {
      if (bytes.indexOf(10, end + 1) < 0) return { entries, length };
      throw new ParamFileError(
        `${path}:${
          entries.length + 1
        }: this line is damaged, and what follows it cannot be trusted; restore the file from a backup, or cut it off here`,
        { name: path },
      );
    }
    entries.push(entry);
    length = end + 1;
  }
}

function readLine(line: Buffer): JournalEntry | undefined {
  const text = line.subarray(9);
  if (line.toString("latin1", 0, 9) !== `${checksum(text)} `) return undefined;
  const [from, to, coded] = JSON.parse(text.toString()) as [number, number, CodedChange[]];
  const changes = coded.map((change) => ({
    name: change[0],
    value: decode(change[1], change[0]),
    revision: to,
    exists: change.length === 2,
  }));
  return { from, to, changes };
}

function checksum(text: Buffer): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** An open journal. */
export class Journal {
  readonly #handle: FileHandle;
  #size: number;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  /** Opens a journal for adding, and cuts off what stands behind `size` bytes. */
  static async open(path: string, size: number, mode: number): Promise<Journal> {
    const handle = await open(path, "a", mode);
    try {
      if ((await handle.stat()).size > size) await handle.truncate(size);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new Journal(handle, size);
  }

  /** Bytes of the lines in it. */
  get size(): number {
    return this.#size;
  }

  /** Adds a line, and returns when it is on the disk. What a failure leaves is cut off again, if that works. */
  async append(line: Buffer): Promise<void> {
    try {
      for (let at = 0; at < line.length;) at += (await this.#handle.write(line, at)).bytesWritten;
      await this.#handle.datasync();
    } catch (error) {
      await this.#handle.truncate(this.#size).catch(() => {});
      throw error;
    }
    this.#size += line.length;
  }

  /** Empties it. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
