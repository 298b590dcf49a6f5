import { randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { HostError } from "../errors.ts";
import { hasEnded, type Identity, ownIdentity } from "./identity.ts";

/** The names of the folders: of graphs without a name, and of those with one. Nothing else is ever swept. */
const namePattern = /^pyros-([0-9a-f]{12}|\d+\.[A-Za-z0-9_-]{1,32})$/;
/** In a folder that is being swept: made by who sweeps it, so that nobody else does. */
const claimFile = "swept";
/** How long a sweep takes at most, in ms; a claim that is older was left by a crash. */
const sweepTime = 3000;
const pause = 20; // ms before a folder that is in the way is tried again
const mostTries = 250;
/** In each folder: who has made it. */
const ownerFile = "owner";
/** Bytes that the path of a Unix socket may have: 107 on Linux, 103 on macOS. */
const longestPath = process.platform === "linux" ? 107 : 103;
/** Bytes that the names of sockets in the folder need, with the slash. */
const nameRoom = 24;
/** How long a folder without an owner stays, in ms: whoever makes one writes who it is at once. */
const ownerless = 60_000;

/** The folder in which the engines of a graph meet: their Unix sockets lie there, and nobody else can open it. */
export interface GraphFolder {
  /** Its absolute path, with no more than 107 bytes together with a name of 23. */
  readonly path: string;
  /** Removes it with all that it holds. Removing twice is removing once. */
  remove(): void;
}

/**
 * Makes a folder for a graph, after sweeping away what earlier graphs have left that were killed.
 *
 * @param base where to make it: by default `XDG_RUNTIME_DIR`, else the system's folder for temporary files
 * @throws {HostError} if it cannot be made or is not safe, or its path is too long
 */
export function makeFolder(base: string = defaultBase()): GraphFolder {
  sweep(base);
  return newFolder(base);
}

/** As {@link makeFolder}, for who sweeps later: where many files lie it takes some ms. */
export function newFolder(base: string = defaultBase()): GraphFolder {
  const path = join(base, randomName());
  checkLength(path);
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  checkBase(base);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw notMade(path, cause);
  }
  try {
    writeFileSync(join(path, ownerFile), JSON.stringify(ownIdentity()), { flag: "wx", mode: 0o600 });
  } catch (cause) {
    try {
      rmSync(join(path, ownerFile), { force: true });
      rmdirSync(path); // unlike `remove`, this needs no file descriptor
    } catch {
      // the next graph sweeps it
    }
    throw notMade(path, cause);
  }
  checkFolder(path);
  return { path, remove };
}

/**
 * Makes the folder of a graph that has a name: there is one at a time of each user.
 *
 * @param name 1 to 32 letters, digits, `_` and `-`
 * @param base as of {@link makeFolder}
 * @throws {HostError} if a graph of that name runs, or as {@link makeFolder}
 */
export async function makeNamedFolder(name: string, base: string = defaultBase()): Promise<GraphFolder> {
  const path = folderOf(name, base);
  checkLength(path);
  const made = makeFolder(base);
  try {
    for (let tries = 0;; tries++) {
      for (const found of foldersOf(name, base)) refuseTaken(name, found);
      try {
        // As a whole, with its owner in it: it takes the place of nothing, or of an empty folder, which is being removed.
        renameSync(made.path, path);
        return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
      } catch (cause) {
        if (tries > mostTries || !["ENOTEMPTY", "EEXIST"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw notMade(path, cause);
      }
      await new Promise((resolve) => setTimeout(resolve, pause)); // what a graph has left that was killed is being removed
      sweep(base);
    }
  } catch (error) {
    made.remove();
    throw error;
  }
}

/** Where the folder of a graph with a name may be, beside this one: programs may be told of different places. */
export function foldersOf(name: string, base: string = defaultBase()): string[] {
  return [...new Set([base, tmpdir()])].map((place) => folderOf(name, place)).filter((path) => existsSync(path));
}

/** The folders of all graphs of this user that are there, whether they run or not. */
export function allFolders(): string[] {
  return [...new Set([defaultBase(), tmpdir()])].flatMap(foldersIn).filter((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.uid === (process.getuid?.() ?? 0)
  );
}

function folderOf(name: string, base: string): string {
  return join(base, `pyros-${process.getuid?.() ?? 0}.${name}`);
}

function refuseTaken(name: string, path: string): void {
  checkFolder(path);
  const owner = ownerOf(path);
  if (owner === undefined || hasEnded(owner)) return;
  throw new HostError(
    `a graph with the name ${name} runs already, in process ${owner.pid} (its folder is ${path}): close it, or give this one another name`,
    { name },
  );
}

/**
 * Who has made a folder; undefined where that cannot be read.
 *
 * @throws {HostError} if there are no file descriptors
 */
export function ownerOf(path: string): Identity | undefined {
  return readJson<Identity>(join(path, ownerFile));
}

/**
 * What a file in a folder says; undefined where it is not there, or not written yet.
 *
 * @throws {HostError} if there are no file descriptors: what cannot be read may be there all the same
 */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EMFILE" || code === "ENFILE") throw failure(path, "read", cause);
    return undefined;
  }
}

function checkLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= longestPath - nameRoom) return;
  const most = longestPath - nameRoom - Buffer.byteLength(basename(path)) - 1;
  throw new HostError(`the folder ${path} has too long a path (${length} bytes) for Unix sockets: set TMPDIR to one of at most ${most}`, {
    name: path,
  });
}

/**
 * Checks that only this user can enter a folder, before anything in it is trusted.
 *
 * @throws {HostError} if it is no folder, or belongs to somebody else, or others may enter it
 */
export function checkFolder(path: string): void {
  let found;
  try {
    found = lstatSync(path);
  } catch (cause) {
    throw failure(`the folder ${path}`, "used", cause, path);
  }
  if (!found.isDirectory()) throw new HostError(`${path} is no folder`, { name: path });
  const user = process.getuid?.();
  if (user === undefined) return; // a system without users and modes of this kind
  if (found.uid !== user) throw new HostError(`the folder ${path} belongs to user ${found.uid}, not to ${user}: remove it`, { name: path });
  if ((found.mode & 0o077) !== 0) {
    throw new HostError(`the folder ${path} can be entered by others (mode ${(found.mode & 0o777).toString(8)}): remove it`, {
      name: path,
    });
  }
}

/**
 * Removes the folders of graphs whose main process is certainly dead: no process has its number, or one that started later.
 *
 * @param base where to look
 * @returns the paths that were removed
 */
export function sweep(base: string = defaultBase()): string[] {
  return foldersIn(base).filter((path) => {
    try {
      checkFolder(path);
      return isAbandoned(path) && clear(path);
    } catch {
      return false; // somebody else's, or being swept by another graph in this moment
    }
  });
}

/**
 * Removes the folder of a graph that has ended. The folder of a name may come again at any moment: only one may remove it, and nothing
 * of what another graph has made in its place since it was looked at.
 */
function clear(path: string): boolean {
  const claim = join(path, claimFile);
  const wasOwned = ownerOf(path) !== undefined;
  try {
    writeFileSync(claim, "", { flag: "wx", mode: 0o600 });
  } catch {
    if (Date.now() - statSync(claim).mtimeMs > sweepTime) rmSync(claim, { force: true });
    return false;
  }
  if (wasOwned ? !isAbandoned(path) : ownerOf(path) !== undefined) {
    rmSync(claim, { force: true });
    return false;
  }
  const aside = join(dirname(path), randomName());
  renameSync(path, aside);
  rmSync(aside, { recursive: true, force: true });
  return true;
}

function randomName(): string {
  return `pyros-${randomBytes(6).toString("hex")}`;
}

/**
 * Finds the folders of graphs that run, after sweeping away those that do not.
 *
 * @param base where to look
 * @returns those of this user, and those of others, which this user may not enter
 */
export function graphFolders(base: string = defaultBase()): { readonly mine: string[]; readonly others: string[]; readonly base: string } {
  sweep(base);
  const mine: string[] = [];
  const others: string[] = [];
  for (const path of foldersIn(base)) {
    try {
      checkFolder(path);
      mine.push(path);
    } catch {
      others.push(path);
    }
  }
  return { mine, others, base };
}

function foldersIn(base: string): string[] {
  try {
    return readdirSync(base).filter((name) => namePattern.test(name)).map((name) => join(base, name));
  } catch {
    return []; // making a folder there says why
  }
}

function isAbandoned(path: string): boolean {
  const owner = ownerOf(path);
  if (owner === undefined) {
    const isEmpty = readdirSync(path).every((name) => name === ownerFile || name === claimFile);
    return isEmpty && Date.now() - statSync(path).mtimeMs > ownerless;
  }
  return hasEnded(owner);
}

/** The user's own folder for such things, where there is one: it may be named in the environment of another user's program. */
function defaultBase(): string {
  const own = process.env.XDG_RUNTIME_DIR;
  if (own !== undefined && own !== "") {
    try {
      accessSync(own, constants.W_OK | constants.X_OK);
      checkBase(own);
      return own;
    } catch {
      // it is not ours
    }
  }
  return tmpdir();
}

/** Whoever may rename what is in a folder could lay another folder in the place of ours. */
function checkBase(path: string): void {
  const user = process.getuid?.();
  if (user === undefined || !existsSync(path)) return;
  const { mode, uid } = statSync(path);
  if (uid !== user && uid !== 0) throw new HostError(`${path} belongs to user ${uid}: set TMPDIR to a folder of your own`, { name: path });
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    throw new HostError(`others may change what is in ${path}: chmod +t ${path}, or set TMPDIR to a folder of your own`, { name: path });
  }
}

function notMade(path: string, cause: unknown): HostError {
  return failure(`the folder ${path}`, "made", cause, path);
}

/** What a folder's file could not be, and why. */
export function failure(what: string, done: string, cause: unknown, name: string = what): HostError {
  return new HostError(`${what} cannot be ${done}: ${problem(cause as NodeJS.ErrnoException)}`, { name, cause });
}

function problem({ code, message }: NodeJS.ErrnoException): string {
  const problems: Record<string, string> = {
    EACCES: "this user may not write there; set TMPDIR to a folder where it may",
    EROFS: "nothing can be written there; set TMPDIR to another folder",
    ENOTDIR: "that is no folder; set TMPDIR to one",
    ENOENT: "there is no such folder; make it, or set TMPDIR to another one",
    ENOSPC: "the disk is full",
    EDQUOT: "this user may not take more of the disk",
    EMFILE: "this process has no file descriptors left; close some, or raise its limit (ulimit -n)",
    ENFILE: "the system has too many files open",
  };
  return problems[code ?? ""] ?? message;
}
