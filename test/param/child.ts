/** Starts a TypeScript file of this folder in a process of its own, on the runtime that runs the tests. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A process that speaks in lines. */
export interface Child {
  readonly pid: number;
  /** The lines that it has written. */
  readonly lines: AsyncIterableIterator<string>;
  /** Sends it a line. */
  say(line: string): void;
  /** Ends it as a crash would, and returns when it is gone. */
  kill(): Promise<void>;
  /** Its exit code and what it has written to stderr, once it has ended by itself. */
  readonly ended: Promise<{ code: number | null; errors: string }>;
}

/** Starts `file`, a sibling of this one. */
export function startChild(file: string, ...args: string[]): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const own = "Deno" in globalThis ? ["run", "-A", path] : ["--import", "tsx", path];
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [...own, ...args]);
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  child.stdin.on("error", () => {}); // it may be gone
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => child.on("close", (code) => resolve({ code, errors })));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]() as AsyncIterableIterator<string>;
  return {
    pid: child.pid!,
    lines,
    ended,
    say: (line) => void child.stdin.write(`${line}\n`),
    async kill() {
      process.kill(child.pid!, "SIGKILL"); // not `child.kill`, which Deno reports wrongly
      await ended;
    },
  };
}
