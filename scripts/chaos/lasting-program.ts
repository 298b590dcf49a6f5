import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const pause = 300; // ms before one that has ended is started again

/** The command that runs a program of these scripts on this runtime. */
export function commandOf(program: URL, args: readonly string[] = [], flags: readonly string[] = []): string[] {
  const how = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
  return [process.execPath, ...how, ...flags, fileURLToPath(program), ...args];
}

/** A program that is started again whenever it has ended; it ends with its standard input. */
export class Lasting {
  /** How often it was started. */
  starts = 0;
  /** Takes each line that it writes. */
  onLine: (line: string) => void = () => {};
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#command = command;
    this.#env = env;
    this.#start();
  }

  /** Its process, while it has one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child?.stdin!.write(`${line}\n`);
  }

  /** Lets it end, and come again. */
  leave(): void {
    this.#child?.stdin!.end();
  }

  /** Lets it end for good; one that does not is killed. Says whether it ended by itself. */
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
    this.starts++;
    const [command, ...args] = this.#command;
    const child = (this.#child = spawn(command!, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...this.#env } }));
    child.stdin.on("error", () => {}); // it has been killed
    let rest = "";
    child.stdout.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.onLine(line);
    });
    child.once("exit", () => {
      this.#child = undefined;
      if (!this.#ended) this.#again = setTimeout(() => this.#start(), pause);
    });
  }
}
