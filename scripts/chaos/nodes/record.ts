/** What must be known after a process was killed: lines in files of its own, written before anything else happens. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

const folder = process.env.PYROS_CHAOS!;
const own = `${process.pid}-${threadId}`;

/** Appends a line to a file of this thread. */
export function record(kind: "executed" | "acknowledged", line: string): void {
  appendFileSync(join(folder, `${kind}-${own}`), `${line}\n`);
}
