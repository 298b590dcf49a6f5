import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const main = path("src/cli/main.ts");
// The real command line, on the runtime that runs this test.
const before = "Deno" in globalThis
  ? ["run", "-A", "--config", path("deno.json"), main]
  : ["--import", new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href, main];

/** The address of Pyros, for modules that tests write. */
export const pyros: string = JSON.stringify(new URL("../../src/mod.ts", import.meta.url).href);

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** A run of the command line. */
export class Cli {
  out = "";
  err = "";
  readonly #child: ChildProcess;
  /** The exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  readonly #heard: Set<() => void> = new Set();

  constructor(cwd: string, ...args: string[]) {
    const child = (this.#child = spawn(process.execPath, [...before, ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", VITEST: undefined, NODE_OPTIONS: undefined },
    }));
    running.add(child);
    child.stdout!.on("data", (data: Buffer) => this.#hear("out", data));
    child.stderr!.on("data", (data: Buffer) => this.#hear("err", data));
    this.exit = new Promise((resolve) => {
      child.on("close", (code, signal) => {
        running.delete(child);
        resolve(code ?? signal ?? "");
        for (const look of this.#heard) look();
      });
    });
  }

  /** Sends a signal. (On Deno, a child's own `kill` closes its pipes.) */
  signal(signal: "SIGINT" | "SIGTERM"): void {
    process.kill(this.#child.pid!, signal);
  }

  /** Waits for some output, on stdout or stderr. */
  says(what: string | RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const all = this.out + this.err;
        const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
        if (typeof what === "string" ? all.includes(what) : what.test(all)) resolve();
        else if (ended && !running.has(this.#child)) reject(new Error(`it never says ${String(what)}, but:\n${all}`));
        else return;
        this.#heard.delete(look);
      };
      this.#heard.add(look);
      look();
    });
  }

  #hear(stream: "out" | "err", data: Buffer): void {
    this[stream] += data.toString();
    for (const look of [...this.#heard]) look();
  }
}

/** Runs the command line to its end. */
export async function cli(cwd: string, ...args: string[]): Promise<{ code: number | string; out: string; err: string }> {
  const run = new Cli(cwd, ...args);
  return { code: await run.exit, out: run.out, err: run.err };
}
