/**
 * What a process does to itself when it begins. On Deno in Deno's words: `node:process` takes it 7 ms to load, which is a tenth of what
 * it needs until it can be used.
 */
import { ownRuntime } from "../host/entry.ts";

/** This process. */
export interface OwnProcess {
  /** The number of the one that has started it. */
  readonly parent: number;
  /** Waits for standard input; 0 at its end. */
  read(into: Uint8Array): number;
  /** An environment variable. */
  variable(name: string): string | undefined;
  /** Takes an environment variable away. */
  unset(name: string): void;
  /** An interrupt does not end it any more. */
  ignoreInterrupts(): void;
  /** Lists of processes call it so from now on, or very soon. */
  setTitle(title: string): void;
  exit(code: number): never;
}

interface DenoProcess {
  readonly ppid: number;
  readonly stdin: { readSync(into: Uint8Array): number | null };
  readonly env: { get(name: string): string | undefined; delete(name: string): void };
  addSignalListener(signal: string, listener: () => void): void;
  unrefTimer(timer: unknown): void;
  exit(code: number): never;
}

const titleAfter = 100; // ms after which Deno may take the time

const onDeno = (deno: DenoProcess): OwnProcess => ({
  parent: deno.ppid,
  read: (into) => deno.stdin.readSync(into) ?? 0,
  variable: (name) => deno.env.get(name),
  unset: (name) => deno.env.delete(name),
  ignoreInterrupts: () => deno.addSignalListener("SIGINT", () => {}),
  setTitle: (title) => deno.unrefTimer(setTimeout(() => (process.title = title), titleAfter)),
  exit: (code) => deno.exit(code),
});

const onNode = (): OwnProcess => ({
  parent: process.ppid,
  read: readInput,
  variable: (name) => process.env[name],
  unset: (name) => delete process.env[name],
  ignoreInterrupts: () => process.on("SIGINT", () => {}),
  setTitle: (title) => (process.title = title),
  exit: (code) => process.exit(code),
});

function readInput(into: Uint8Array): number {
  const { readSync } = process.getBuiltinModule("node:fs");
  for (;;) {
    try {
      return readSync(0, into);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // it does not block: look again in 1 ms
    }
  }
}

/** This process. */
export const own: OwnProcess = ownRuntime === "deno" ? onDeno((globalThis as unknown as { Deno: DenoProcess }).Deno) : onNode();
