/**
 * Fails a test file that leaves something behind: timers (also unreferenced ones), sockets, servers, watchers, open files,
 * child processes, worker threads, or listeners on the process.
 *
 * What is there when the file starts is the baseline. After the file's last test and hook, what is more than that has
 * a limited time to go away, because closing takes turns of the loop.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import timers from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterAll } from "vitest";

/** How long what a file used may take to go away, in ms. */
const limit = 3_000;

/** What keeps coming and going on its own account, and ends by itself. */
const transient = new Set(["CloseReq", "ConnectWrap", "ShutdownWrap", "WriteWrap", "FSReqCallback", "FSReqPromise", "Immediate"]);

type Timer = NodeJS.Timeout & { _destroyed?: boolean };

// Weakly and as text, so that noting a timer keeps nothing in memory that its caller would have let go of.
interface TrackedTimer {
  readonly handle: WeakRef<Timer>;
  readonly stack: string;
}
let tracked: TrackedTimer[] = [];
let sweepAt = 10_000;
const workers = new Set<Worker>();

// `getActiveResourcesInfo` counts only timers that keep the process alive, and says nothing about where they came from. So
// timers are noted where they are made; the real functions run. (Deno does not update named imports of `node:timers`:
// there, a timer made through such an import is seen only while it is referenced.)
function track(name: "setTimeout" | "setInterval"): void {
  const original = timers[name] as (...args: unknown[]) => Timer;
  const noted = (...args: unknown[]): Timer => {
    const handle = original(...args);
    if (tracked.length >= sweepAt) {
      tracked = tracked.filter(({ handle: noted }) => isOpen(noted.deref()));
      sweepAt = 2 * tracked.length + 10_000;
    }
    tracked.push({ handle: new WeakRef(handle), stack: new Error("made").stack ?? "" });
    return handle;
  };
  Object.defineProperties(noted, Object.getOwnPropertyDescriptors(original));
  (timers as Record<string, unknown>)[name] = noted;
  (globalThis as Record<string, unknown>)[name] = noted;
}

function isOpen(timer: Timer | undefined): boolean {
  return timer !== undefined && timer._destroyed !== true;
}

/** The first line of a stack that is the project's own. */
function origin(stack: string): string {
  const lines = stack.split("\n").slice(1).map((line) => line.trim());
  return lines.find((line) => !line.includes("node_modules") && !line.includes("node:") && !line.includes("test/setup/leaks")) ??
    "at an unknown place";
}

function openTimers(active: readonly string[]): string[] {
  const open = tracked.filter(({ handle }) => isOpen(handle.deref()));
  const unseen = active.filter((kind) => kind === "Timeout").length - open.filter(({ handle }) => handle.deref()?.hasRef()).length;
  return [...open.map(({ stack }) => `timer made ${origin(stack)}`), ...Array<string>(Math.max(0, unseen)).fill("timer")];
}

/** Packages, and what tsx has compiled: a thread that is ended while it loads them leaves them open. */
const loaded = ["/node_modules/", `${tmpdir()}/tsx-`];

/** Files that this process has open, by path; sockets, pipes and the like are told by the runtime. */
function openFiles(): string[] {
  const files: string[] = [];
  for (const fd of list("/proc/self/fd")) {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      const isForeign = ["/dev/", "/proc/"].some((start) => path.startsWith(start)) || loaded.some((part) => path.includes(part));
      if (path.startsWith("/") && !isForeign) files.push(`file ${path}`);
    } catch {
      // the descriptor that read the folder is gone by now
    }
  }
  return files;
}

function childProcesses(): string[] {
  return list("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    const [, state, parent] = /\) (\S) (\d+) /.exec(read(`/proc/${pid}/stat`)) ?? [];
    const mine = Number(parent) === process.pid && state !== "Z";
    return mine ? [`child process ${pid} (${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()})`] : [];
  });
}

function workerThreads(): string[] {
  // Deno tells of new workers too late to see them end, but names their threads.
  const named = list("/proc/self/task").map((id) => read(`/proc/self/task/${id}/comm`)).filter((name) => /^worker-\d+$/.test(name));
  return [...[...workers].map(({ threadId }) => `worker-${threadId}`), ...named].map((name) => `worker thread ${name}`);
}

/** The text of a file of the process file system; empty where it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** Names in a folder of the process file system; none where there is no such thing. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function listeners(): string[] {
  return process.eventNames().flatMap((event) => {
    const owned = process.listeners(event as "worker").filter((listener) => listener !== noteWorker);
    return owned.map(() => `process listener for ${String(event)}`);
  });
}

function snapshot(): string[] {
  const active = process.getActiveResourcesInfo();
  const handles = active.filter((kind) => !transient.has(kind) && kind !== "Timeout");
  return [...openTimers(active), ...handles, ...openFiles(), ...childProcesses(), ...workerThreads(), ...listeners()];
}

/** What `now` holds more than `before`, with counts. */
function surplus(now: readonly string[], before: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const kind of now) left.set(kind, (left.get(kind) ?? 0) + 1);
  for (const kind of before) left.set(kind, (left.get(kind) ?? 0) - 1);
  return [...left].filter(([, count]) => count > 0).map(([kind, count]) => (count === 1 ? kind : `${count} x ${kind}`));
}

function noteWorker(worker: Worker): void {
  if (worker.constructor.name === "InternalWorker") return; // Node's own, for the hooks of modules: one that stays
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
}

track("setTimeout");
track("setInterval");
syncBuiltinESMExports();
if (!("Deno" in globalThis)) process.on("worker", noteWorker);
// The first use of these opens a pipe or a terminal, which is nobody's leak.
void [process.stdout.writable, process.stderr.writable];

const baseline = snapshot();

// Hooks run in reverse order of registration, so this one, registered first, runs after all hooks of the file.
afterAll(async () => {
  const deadline = Date.now() + limit;
  let left = surplus(snapshot(), baseline);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(10, undefined, { ref: false });
    left = surplus(snapshot(), baseline);
  }
  if (left.length > 0) throw new Error(`left behind by this test file:\n  ${left.join("\n  ")}`);
}, limit + 5_000);
