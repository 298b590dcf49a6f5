/** Where the runtimes are: this program's own, and the other one. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HostError } from "../errors.ts";
import { ownRuntime, runsTypeScript, type Runtime } from "./entry.ts";

/** A runtime on this machine. */
export interface FoundRuntime {
  /** Its program. */
  readonly path: string;
  /** Whether it runs TypeScript by itself. */
  readonly typescript: boolean;
}

/** What each is asked: where its program really is, since npm may have laid a script before it, and which version it has. */
const questions: Readonly<Record<Runtime, readonly string[]>> = {
  node: ["-p", "JSON.stringify([process.execPath, process.versions.node, !!process.features.typescript])"],
  deno: ["eval", "--no-config", "console.log(JSON.stringify([Deno.execPath(), Deno.version.deno, true]))"],
};
const least: Readonly<Record<Runtime, readonly [number, number]>> = { node: [20, 19], deno: [2, 0] };
const howToGet: Readonly<Record<Runtime, string>> = {
  node: "install Node 20.19 or later, so that `node` is on the PATH",
  deno: "install Deno 2, so that `deno` is on the PATH, or: npm install deno",
};
const patience = 20_000; // ms that an answer may take

const found: Map<Runtime, Promise<FoundRuntime>> = new Map();

/**
 * Finds a runtime: this program's own, or what is on the PATH, or was installed by npm. It is looked for once.
 *
 * @param runtime which one
 * @throws {HostError} if there is none, or it is too old
 */
export function findRuntime(runtime: Runtime): Promise<FoundRuntime> {
  if (runtime === ownRuntime) return Promise.resolve({ path: process.execPath, typescript: runsTypeScript });
  let search = found.get(runtime);
  if (search === undefined) {
    search = look(runtime);
    found.set(runtime, search);
    search.catch(() => found.delete(runtime));
  }
  return search;
}

async function look(runtime: Runtime): Promise<FoundRuntime> {
  let cause: unknown;
  for (const program of [runtime, ...installed(runtime)]) {
    try {
      const [path, version, typescript] = JSON.parse(await ask(program, questions[runtime])) as [string, string, boolean];
      const [major, minor] = version.split(".").map(Number);
      const [leastMajor, leastMinor] = least[runtime];
      if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return { path, typescript };
      cause = new Error(`${path} is version ${version}`);
    } catch (error) {
      if (cause === undefined || (error as { code?: unknown }).code !== "ENOENT") cause = error;
    }
  }
  throw new HostError(`no ${runtime} was found that can run a process: ${howToGet[runtime]}`, { name: runtime, cause });
}

/** Where npm may have put it: beside the working folder and beside Pyros, upwards. */
function installed(runtime: Runtime): string[] {
  const starts = [process.cwd(), ...(import.meta.url.startsWith("file:") ? [dirname(fileURLToPath(import.meta.url))] : [])];
  const paths = starts.flatMap((start) => upwards(start).map((folder) => join(folder, "node_modules", ".bin", runtime)));
  return [...new Set(paths)].filter((path) => existsSync(path));
}

/** A folder and all above it. */
export function upwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}

function ask(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { timeout: patience, env: { ...process.env, NO_COLOR: "1" } }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}
