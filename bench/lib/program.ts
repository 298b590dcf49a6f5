import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mark } from "./answer.ts";
import { keepTo } from "./bind.ts";
import { command, end, root, runtime } from "./runtime.ts";

const patience = 60_000; // ms that an answer may take

/** A program of `bench/child` that answers, see `answer.ts`: a floor or a peer, or its other half. */
export class Program {
  readonly #child: ChildProcess;
  readonly #answers: ((answer: { result?: never; error?: string }) => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (line.startsWith(mark)) {
        this.#answers.shift()?.(JSON.parse(line.slice(mark.length)));
      } else console.error(line);
    });
    const over = (why: string) => () => this.#answers.splice(0).forEach((settle) => settle({ error: why }));
    child.once("exit", over("it has ended"));
    child.once("error", (error) => over(String(error))());
  }

  /** Asks for something, and waits for the answer. */
  async ask<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify([name, ...args])}\n`);
    return await this.answered();
  }

  /** The next answer; the first is that it is ready. */
  async answered<T>(): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const { result, error } = await new Promise<{ result?: T; error?: string }>(
      (resolve) => {
        this.#answers.push(resolve);
        timer = setTimeout(
          () => resolve({ error: "it does not answer" }),
          patience,
        );
      },
    );
    clearTimeout(timer);
    if (error !== undefined) throw new Error(error);
    return result as T;
  }

  /**
   * Binds it to one processor, with the threads that it has and those that they start (Linux; elsewhere nothing happens).
   *
   * @param processor its number; one that is not there is taken round
   */
  bind(processor: number): void {
    keepTo(processor % cpus().length, this.#child.pid!, "--all-tasks");
  }

  /** Ends it. */
  close(): Promise<void> {
    return end(this.#child);
  }
}

/**
 * Starts a program, and waits until it is ready.
 *
 * @param file its path, see `script`
 * @param on what runs it; on Deno, what only Node can run is translated by tsx
 */
export async function startProgram(
  file: string,
  args: readonly string[] = [],
  on: "own" | "node" = "own",
  env: NodeJS.ProcessEnv = process.env,
): Promise<Program> {
  const foreign = on === "node" && runtime === "deno";
  return await startCommand(foreign ? ["node", ["--import", tsx(), file, ...args]] : command(file, args), env);
}

/** The same for a program of any language. */
export async function startCommand([name, args]: [string, readonly string[]], env: NodeJS.ProcessEnv = process.env): Promise<Program> {
  const child = spawn(name, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...env, NODE_ENV: "production" },
  });
  const program = new Program(child);
  await program.answered();
  return program;
}

function tsx(): string {
  const { resolve } = createRequire(join(root, "package.json"));
  return pathToFileURL(join(resolve("tsx/package.json"), "../dist/loader.mjs"))
    .href;
}
