import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { EngineConfig } from "pyros";

const program = fileURLToPath(new URL("./guest.ts", import.meta.url));
const pause = 300; // ms before one that has ended is started again

/** An engine that somebody else has started, and starts again whenever it has ended. */
export class Guest {
  /** How often it has joined. */
  joins = 0;
  readonly #config: EngineConfig;
  readonly #enter: readonly string[];
  #child: ChildProcess | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  /** @param enter what runs a command where it lives */
  constructor(config: EngineConfig, enter: readonly string[] = []) {
    this.#config = config;
    this.#enter = enter;
    this.#start();
  }

  /** Its process, while it has one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Lets it leave the graph. */
  leave(): void {
    this.#child?.stdin!.end();
  }

  /** Lets it leave for good; one that does not is killed. */
  async end(): Promise<boolean> {
    this.#ended = true;
    clearTimeout(this.#again);
    const child = this.#child;
    if (child === undefined) return true;
    const ended = new Promise<boolean>((resolve) => child.once("exit", () => resolve(child.signalCode !== "SIGKILL")));
    this.leave();
    const impatience = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const byItself = await ended;
    clearTimeout(impatience);
    return byItself;
  }

  #start(): void {
    const how = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
    const [command, ...args] = [...this.#enter, process.execPath, ...how, program, JSON.stringify(this.#config)];
    const child = (this.#child = spawn(command!, args, { stdio: ["pipe", "pipe", "inherit"] }));
    child.stdin.on("error", () => {}); // it has been killed
    child.stdout.on("data", () => void this.joins++);
    child.once("exit", () => {
      this.#child = undefined;
      if (!this.#ended) this.#again = setTimeout(() => this.#start(), pause);
    });
  }
}
