import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The runtime this process runs on. */
export const runtime: "node" | "deno" = "Deno" in globalThis ? "deno" : "node";

/** Its version, as a reader would write it. */
export const runtimeVersion: string = runtime === "deno" ? `Deno ${process.versions.deno}` : `Node ${process.versions.node}`;

/** `.ts` where sources run as they are, `.js` where they were compiled. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** Folder of the project; compiled benches lie deeper than their sources. */
export const root: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  return existsSync(join(folder, "deno.json")) ? folder : findRoot(dirname(folder));
}

/** Path of a script in `bench/`, such as `child/idle`. */
export function script(name: string): string {
  return fileURLToPath(new URL(`../${name}${extension}`, import.meta.url));
}

/** The command that runs `file` on this runtime, without flags of V8 unless some are given: with one, a program that loads twenty of Node's modules started 12 ms later. */
export function command(file: string, args: readonly string[] = [], flags: readonly string[] = []): [string, string[]] {
  return [process.execPath, [...(runtime === "deno" ? ["run", "-A"] : process.execArgv), ...flags, file, ...args]];
}

/**
 * With them, a process that measures can collect garbage on Deno: the way that does without costs all that runs there half as much again,
 * us and the peers alike. On Node it costs nothing, and a flag would.
 */
export const measuring: readonly string[] = runtime === "deno" ? ["--v8-flags=--expose-gc"] : [];

/** Starts `file` on this runtime as users would run it in production; its errors go to our stderr. */
export function start(file: string, args: readonly string[] = [], flags: readonly string[] = []): ChildProcess {
  const [program, all] = command(file, args, flags);
  return spawn(program, all, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** Ends a child that was started here, and waits until it has gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  // Not `child.kill`: on Deno it reports the wrong exit.
  process.kill(child.pid, "SIGKILL");
  await gone;
}

/** Runs `file` to its end and returns what it printed; throws when it fails or takes longer than `timeoutMs`. */
export async function output(
  file: string,
  args: readonly string[] = [],
  timeoutMs = 60_000,
  flags: readonly string[] = [],
): Promise<string> {
  const child = start(file, args, flags);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
  const timer = setTimeout(() => void end(child), timeoutMs);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  }).finally(() => clearTimeout(timer));
  if (code !== 0) {
    throw new Error(`${[file, ...args].join(" ")} ended with ${code}`);
  }
  return text;
}

type Collect = (options?: { type: "minor" | "major" }) => void;
let found = (globalThis as { gc?: Collect }).gc;

function collect(options?: { type: "minor" | "major" }): void {
  if (found === undefined) {
    setFlagsFromString("--expose-gc");
    found = runInNewContext("gc") as Collect;
  }
  found(options);
}

/** Collects young garbage, so that nobody pays for what the one before left. */
export function collectYoung(): void {
  collect({ type: "minor" });
}

/** Collects all garbage. */
export async function collectAll(): Promise<void> {
  for (let pass = 0; pass < 4; pass++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
