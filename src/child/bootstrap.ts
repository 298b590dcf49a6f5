import { Buffer } from "node:buffer";
import { isMainThread, workerData } from "node:worker_threads";
import { untune } from "../host/allocator.ts";
import { own } from "./own-process.ts";
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
  own.setTitle(title);
  untune(own);
  // A terminal sends it to every process at once; what happens then is the parent's decision.
  own.ignoreInterrupts();
  if (parent === undefined) {
    // Standard input is the watchdog's: whoever closed it here would end the process.
    Object.defineProperty(process, "stdin", { value: process.getBuiltinModule("node:stream").Readable.from([]), configurable: true });
    startWatchdog();
  } else if (own.parent !== parent) {
    own.exit(1); // it ended before the system was asked to watch it
  }
  return { title, bootstrap };
}

/** The first line of standard input; nothing may follow it. */
function readLine(): string {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = new Uint8Array(64 * 1024);
    const length = own.read(piece);
    if (length === 0) own.exit(1);
    pieces.push(piece.subarray(0, length));
    if (piece[length - 1] === 10) return Buffer.concat(pieces).toString();
  }
}
