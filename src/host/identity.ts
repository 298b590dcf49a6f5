/** Which process is meant by a number that was written down: numbers are used again. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process of any time and machine. Members are missing where the system does not tell. */
export interface Identity {
  readonly pid: number;
  readonly host: string;
  /** The start of the machine. */
  readonly boot?: string;
  /** The container, as far as numbers of processes go. */
  readonly space?: string;
  /** The start of the process, in ticks since that of the machine. */
  readonly start?: string;
}

/** What this process is. */
export function ownIdentity(): Identity {
  return { pid: process.pid, host: hostname(), ...surroundings(), start: startOf(process.pid) };
}

/** Whether a process has certainly ended; `false` where that cannot be told from here. */
export function hasEnded(owner: Identity): boolean {
  if (owner.host !== hostname()) return false;
  const { boot, space } = surroundings();
  if (owner.boot !== undefined && boot !== undefined && owner.boot !== boot) return true;
  if (owner.space !== space) return false;
  if (!isRunning(owner.pid) || stateOf(owner.pid) === "Z") return true; // one that nobody has asked for its end is still listed
  const start = startOf(owner.pid);
  return owner.start !== undefined && start !== undefined && owner.start !== start;
}

function surroundings(): Pick<Identity, "boot" | "space"> {
  return {
    boot: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    space: attempt(() => readlinkSync("/proc/self/ns/pid")),
  };
}

function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

function statOf(pid: number): string[] | undefined {
  // The name of the program stands in brackets, and may have any character.
  return attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" "));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH"; // it is there, but somebody else's
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
