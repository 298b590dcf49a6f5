/** Starts programs of the tests in a process of their own, on this runtime or on the other. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Runtime = "node" | "deno";

const root = fileURLToPath(new URL("../../", import.meta.url));
const installedDeno = fileURLToPath(new URL("../../node_modules/.bin/deno", import.meta.url));

const installedTsx = fileURLToPath(new URL("../../node_modules/tsx", import.meta.url));
const answers = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** The runtime that runs the tests. */
export const own: Runtime = "Deno" in globalThis ? "deno" : "node";
/** The other one. */
export const other: Runtime = own === "deno" ? "node" : "deno";

/** The command that runs a runtime; undefined where it is missing. */
export function commandOf(runtime: Runtime): string | undefined {
  if (runtime === own) return process.execPath;
  if (runtime === "deno") {
    return [installedDeno, "deno"].find((command) => (command === "deno" || existsSync(command)) && answers(command, "--version"));
  }
  // Deno answers for a Node that is not there; and Node needs tsx for TypeScript.
  return existsSync(installedTsx) && answers("node", "-e", "process.exit('deno' in process.versions ? 1 : 0)") ? "node" : undefined;
}

/** How to get a runtime that is missing. */
export const howToGet: Readonly<Record<Runtime, string>> = {
  node: "install Node 20.19 or later (https://nodejs.org) and run npm ci",
  deno: "run npm ci, or install Deno (https://deno.com)",
};

/** Starts a TypeScript file of the tests. */
export function startProgram(command: string, runtime: Runtime, file: URL, ...args: string[]): ChildProcess {
  return startProgramWith({}, command, runtime, file, ...args);
}

/** As {@link startProgram}, with variables of the environment beside those of this process. */
export function startProgramWith(
  variables: Readonly<Record<string, string>>,
  command: string,
  runtime: Runtime,
  file: URL,
  ...args: string[]
): ChildProcess {
  const how = runtime === "deno" ? ["run", "-A"] : ["--import", "tsx"];
  const env = { ...process.env, ...variables };
  return spawn(command, [...how, fileURLToPath(file), ...args], { cwd: root, env, stdio: ["pipe", "pipe", "inherit"] });
}

/** All that a program writes, once it has ended. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout!.on("data", (data: Buffer) => (text += data.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${String(code)}: ${text}`);
  return text;
}
