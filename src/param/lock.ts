import { readFile, rm, stat, writeFile } from "node:fs/promises";
import process from "node:process";
import { ParamFileError } from "./file-error.ts";

/** Which process holds a lock; a process id alone may be in use again after a crash. */
interface Holder {
  readonly pid: number;
  /** When the process started, in ticks since the machine did; empty where the system does not tell. */
  readonly started: string;
  /** Which start of the machine that was; empty where the system does not tell. */
  readonly boot: string;
}

/** Locks change hands under a claim, which is held for an instant; one of this age, in ms, was left by a crash. */
const abandoned = 3_000;
const pause = 10;

/** Keeps a second engine away from a file; the lock of a process that has ended is taken over. */
export class Lock {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /**
   * Takes the lock of a file.
   *
   * @param file the file that is locked, by a file beside it
   * @throws {ParamFileError} if a process that is alive holds it
   */
  static async take(file: string): Promise<Lock> {
    const path = `${file}.lock`;
    const claim = `${path}.claim`;
    await makeClaim(claim);
    try {
      const holder = parseHolder(await readFile(path, "utf8").catch(() => ""));
      if (holder !== undefined && (await isAlive(holder))) {
        throw new ParamFileError(
          `${file} is in use by an engine in process ${holder.pid} (it holds ${path}); close that one, or give this one another file`,
          { name: file },
        );
      }
      const text = JSON.stringify(await identify(process.pid));
      await writeFile(path, text);
      return new Lock(path, text);
    } finally {
      await rm(claim, { force: true });
    }
  }

  /** Gives the file free. */
  async release(): Promise<void> {
    const found = await readFile(this.#path, "utf8").catch(() => undefined);
    if (found === this.#text) await rm(this.#path, { force: true });
  }
}

async function makeClaim(path: string): Promise<void> {
  for (;;) {
    try {
      return await writeFile(path, "", { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandoned) await rm(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started, boot } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && pid > 0 ? { pid, started: String(started), boot: String(boot) } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  const now = await identify(holder.pid);
  if (now.boot !== "" && now.boot !== holder.boot) return false;
  if (now.started !== "") return now.started === holder.started;
  try {
    return process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function identify(pid: number): Promise<Holder> {
  const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  const [stat, boot] = await Promise.all([read(`/proc/${pid}/stat`), read("/proc/sys/kernel/random/boot_id")]);
  // The name of the program, in parentheses, may hold anything; the state is field 3 and the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, started: fields[0] === "Z" ? "ended" : (fields[19] ?? ""), boot: boot.trim() };
}
