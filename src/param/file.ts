import { Buffer } from "node:buffer";
import { readFile, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PyrosError, StateError } from "../errors.ts";
import { draftOf, makeFolder, replaceFile, syncFolder } from "./durable.ts";
import { ParamFileError } from "./file-error.ts";
import { type CodedChange, encodeChange, Journal, journalLine, readJournal } from "./journal.ts";
import { Lock } from "./lock.ts";
import { printMain, readMain } from "./main-file.ts";
import type { ParamChange } from "./nodes.ts";
import { formatOf, type ParamFormat } from "./text.ts";
import { ParamTree } from "./tree.ts";

/** How a file of params is kept. */
export interface ParamFileOptions {
  /** Bytes that the journal may grow to before it is merged into the file, default 1 MiB or four times the file, whichever is more. */
  readonly journalLimit?: number;
}

interface Waiting {
  readonly coded: readonly CodedChange[];
  readonly revision: number;
  resolve(): void;
  reject(error: unknown): void;
}

const usualLimit = 2 ** 20;

/**
 * Params on disk, which outlive every process: a file in YAML or JSON that people can read, and a journal beside it.
 *
 * A write goes into the journal, and is acknowledged when the disk has it; all writes of one turn share one sync. Now and
 * then, and at `close`, the journal is merged into the file, which is replaced as a whole. So a crash at any moment
 * loses nothing that was acknowledged, and leaves no half file. The file holds what was set, not what was declared.
 */
export class ParamFile {
  /** The file, absolute, with links resolved. */
  readonly path: string;
  readonly #mode: number;
  readonly #lock: Lock;
  readonly #journal: Journal;
  readonly #limit: number | undefined;
  /** All that is in the file, or on its way. */
  readonly #tree: ParamTree;
  /** Up to this revision everything is on the disk. */
  #stored: number;
  #mainSize: number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Whether the journal failed: then the next write replaces the file. */
  #isBroken = false;

  private constructor(opened: Opened, options: ParamFileOptions) {
    this.path = opened.path;
    this.#mode = opened.mode;
    this.#lock = opened.lock;
    this.#journal = opened.journal;
    this.#limit = options.journalLimit;
    this.#tree = opened.tree;
    this.#stored = opened.tree.revision;
    this.#mainSize = opened.mainSize;
  }

  /**
   * Opens a file of params; one that is not there is made with the first write, its folder at once.
   *
   * @param path ends in `.yaml`, `.yml` or `.json`
   * @throws {ParamFileError} if it is in use, damaged (with file and line), or cannot be read or written
   */
  static async open(path: string, options: ParamFileOptions = {}): Promise<ParamFile> {
    const format = formatOf(path);
    try {
      const file = await locate(path);
      const lock = await Lock.take(file);
      try {
        return new ParamFile(await read(file, format, lock), options);
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      throw error instanceof PyrosError ? error : failure(`${path} cannot be opened`, path, error);
    }
  }

  /** Revision of the last write in it. */
  get revision(): number {
    return this.#tree.revision;
  }

  /** What is in it, to be replayed into a tree. */
  contents(): ParamChange[] {
    return this.#tree.contents();
  }

  /**
   * Adds what a write has changed.
   *
   * @param changes as `ParamTree.apply` returned them
   * @param revision of that write; it grows with every call
   * @returns a promise that settles when the disk has it
   * @throws {ParamFileError} (as a rejection) if it could not be written; the next write tries to write this one too
   */
  append(changes: readonly ParamChange[], revision: number): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(new StateError(`${this.path} is closed, so nothing can be written to it`, { name: this.path }));
    }
    return new Promise((resolve, reject) => {
      const coded = changes.map(encodeChange); // now, before anything can change
      this.#tree.replay(changes, revision);
      this.#waiting.push({ coded, revision, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Writes what is waiting, merges the journal into the file, and gives the file free. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // the rest of this turn's writes come along
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#isBroken = true;
        const told = failure(
          `${this.path} could not be written, so ${batch.length === 1 ? "a write is" : `${batch.length} writes are`} not in it`,
          this.path,
          error,
        );
        for (const { reject } of batch) reject(told);
      }
    }
    this.#running = undefined;
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    if (this.#isBroken) return this.#merge();
    const fresh = batch.filter((write) => write.revision > this.#stored); // the others came into the file with a merge
    if (fresh.length === 0) return;
    const to = fresh.at(-1)!.revision;
    await this.#journal.append(journalLine(this.#stored, to, fresh.flatMap((write) => write.coded)));
    this.#stored = to;
    if (this.#journal.size > (this.#limit ?? Math.max(usualLimit, 4 * this.#mainSize))) {
      await this.#merge().catch(() => {}); // the journal has it all; the next batch tries again
    }
  }

  /** Replaces the file by what is known now, and empties the journal. */
  async #merge(): Promise<void> {
    const { revision } = this.#tree;
    const text = printMain(this.#tree, formatOf(this.path));
    await replaceFile(this.path, text, this.#mode);
    this.#mainSize = text.length;
    this.#stored = revision;
    // If this fails, old lines stay, which the file's revision makes void; but nothing may be added to them.
    this.#isBroken = await this.#journal.clear().then(() => false, () => true);
  }

  async #finish(): Promise<void> {
    await this.#running;
    try {
      // What could not be merged stays in the journal.
      if (this.#isBroken || this.#journal.size > 0) await this.#merge().catch(() => {});
      await this.#journal.close();
      if (!this.#isBroken && this.#journal.size === 0) await rm(`${this.path}.journal`, { force: true });
    } finally {
      await this.#lock.release();
    }
  }
}

interface Opened {
  path: string;
  mode: number;
  lock: Lock;
  journal: Journal;
  tree: ParamTree;
  mainSize: number;
}

async function locate(path: string): Promise<string> {
  const wanted = resolve(path);
  await makeFolder(dirname(wanted));
  try {
    return await realpath(wanted);
  } catch {
    return join(await realpath(dirname(wanted)), basename(wanted));
  }
}

async function read(path: string, format: ParamFormat, lock: Lock): Promise<Opened> {
  const tree = new ParamTree();
  const main = await readFile(path, "utf8").catch(unlessMissing);
  if (main !== undefined) readMain(tree, main, format, path);
  const mode = main === undefined ? 0o666 : (await stat(path)).mode & 0o777;
  const journalPath = `${path}.journal`;
  const { entries, length } = readJournal((await readFile(journalPath).catch(unlessMissing)) ?? Buffer.alloc(0), journalPath);
  for (const [i, { from, to, changes }] of entries.entries()) {
    if (to <= tree.revision) continue; // it was merged before a crash
    if (from > tree.revision) {
      throw new ParamFileError(
        `${journalPath}:${
          i + 1
        }: this line continues revision ${from}, but ${path} is at revision ${tree.revision}; restore the file that belongs to this journal, or delete both`,
        { name: path },
      );
    }
    tree.replay(changes, to);
  }
  await rm(draftOf(path), { force: true }); // a crash may have left one
  const journal = await Journal.open(journalPath, length, mode);
  await syncFolder(dirname(path)); // the journal's name is safe before anything in it is acknowledged
  return { path, mode, lock, journal, tree, mainSize: main?.length ?? 0 };
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function failure(what: string, path: string, cause: unknown): ParamFileError {
  return new ParamFileError(`${what}: ${(cause as Error).message}`, { name: path, cause });
}
