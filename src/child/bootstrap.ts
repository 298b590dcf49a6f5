import { readSync } from "node:fs";
import { Readable } from "node:stream";
import { isMainThread, workerData } from "node:worker_threads";
import { untune } from "../host/allocator.ts";
import { startWatchdog } from "./watchdog.ts";

/** What the host that started this thread or process has given it. */
export interface Bootstrap {
  /** What it is called. */
  readonly title: string;
  /** What `startThread` or `startProcess` were given; of a process, as it comes out of JSON. */
  readonly bootstrap: unknown;
}

/**
 * What this thread or process was started with; to be called once, at the beginning of an entry module.
 *
 * A process gets its title, and from now on never outlives its parent. It ends here, at once, if its parent has ended already.
 */
export function readBootstrap(): Bootstrap {
  if (!isMainThread) {
    const { title, bootstrap } = workerData as Bootstrap;
    return { title, bootstrap };
  }
  const { title, bootstrap, parent } = JSON.parse(readLine()) as Bootstrap & { readonly parent?: number };
  process.title = title;
  untune();
  // A terminal sends it to every process at once; what happens then is the parent's decision.
  process.on("SIGINT", () => {});
  // Standard input is the watchdog's, where there is one: whoever closed it here would end the process.
  Object.defineProperty(process, "stdin", { value: Readable.from([]), configurable: true });
  if (parent === undefined) startWatchdog();
  else if (process.ppid !== parent) process.exit(1); // it ended before the system was asked to watch it
  return { title, bootstrap };
}

/** The first line of standard input; nothing may follow it. */
function readLine(): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.allocUnsafe(64 * 1024);
    const length = readInput(piece);
    if (length === 0) process.exit(1);
    pieces.push(piece.subarray(0, length));
    if (piece[length - 1] === 10) return Buffer.concat(pieces).toString();
  }
}

function readInput(into: Buffer): number {
  for (;;) {
    try {
      return readSync(0, into);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // it does not block: look again in 1 ms
    }
  }
}
