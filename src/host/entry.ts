/** How modules of Pyros, which are TypeScript in a checkout and JavaScript in the package, become threads and processes. */
import { HostError } from "../errors.ts";

/** A runtime that can run an engine. */
export type Runtime = "node" | "deno";

/** The runtime of this program. */
export const ownRuntime: Runtime = "Deno" in globalThis ? "deno" : "node";

/** Whether this runtime runs TypeScript by itself: Deno, and Node from 22.18 on. */
export const runsTypeScript: boolean = ownRuntime === "deno" || Boolean((process.features as { typescript?: unknown }).typescript);

/**
 * The program of a thread or process that runs an engine for some nodes.
 *
 * @throws {HostError} if it does not lie where it belongs, since this module was put into a bundle
 */
export function childProgram(placement: "thread" | "process"): URL {
  const program = new URL(`../child/${placement}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  if (program.protocol === "file:" && !process.getBuiltinModule("node:fs").existsSync(program)) {
    throw new HostError(
      `threads and processes need Pyros as it was installed, and ${program.pathname} is not there: tell the bundler to leave "pyros" out`,
      { name: program.href },
    );
  }
  return program;
}

/** Whether a file has to be translated before a runtime without TypeScript can run it. */
export function isTypeScript(file: URL): boolean {
  return /\.m?ts$/.test(file.pathname);
}

/** What `new Worker` needs to run a module. */
export interface ThreadEntry {
  /** A module, or the text of a script. */
  readonly script: URL | string;
  /** Whether it is a text. */
  readonly eval: boolean;
}

/**
 * How a thread runs a module. On Node without TypeScript, tsx has to be registered in the thread itself: threads do not get it
 * from the main one.
 *
 * @param entry a module
 * @throws {HostError} if it is TypeScript, and nothing here can load that
 */
export function threadEntry(entry: URL): ThreadEntry {
  if (!isTypeScript(entry) || runsTypeScript) return { script: entry, eval: false };
  // A checkout maps "pyros" to its sources, so that nodes and the engine that runs them are made of one copy.
  const tsconfig = JSON.stringify(process.getBuiltinModule("node:url").fileURLToPath(new URL("../../tsconfig.json", import.meta.url)));
  const api = JSON.stringify(resolveTsx("./esm/api", entry));
  const script = `import(${api}).then(({ register }) => { register({ tsconfig: ${tsconfig} }); return import(${
    JSON.stringify(entry.href)
  }); });`;
  return { script, eval: true };
}

/**
 * The flags with which Node runs a module in a process of its own.
 *
 * @param entry a module
 * @param typescript whether that Node runs TypeScript by itself
 * @throws {HostError} if it is TypeScript, and nothing here can load that
 */
export function nodeFlags(entry: URL, typescript: boolean): string[] {
  if (!isTypeScript(entry) || typescript) return [];
  return ["--import", resolveTsx(".", entry)];
}

interface TsxPackage {
  readonly exports: Readonly<Record<string, string | { readonly import: { readonly default: string } }>>;
}

/** The address of a module of tsx. Its package is read, since `require.resolve` would find the CommonJS one. */
function resolveTsx(module: string, entry: URL): string {
  try {
    const require = process.getBuiltinModule("node:module").createRequire(entry);
    const path = require.resolve("tsx/package.json");
    const found = (require(path) as TsxPackage).exports[module];
    return new URL(typeof found === "string" ? found : found.import.default, process.getBuiltinModule("node:url").pathToFileURL(path)).href;
  } catch (cause) {
    throw new HostError(
      `${entry.href} is TypeScript, which Node does not run by itself before 22.18: npm install tsx, or update Node, or use Deno`,
      { name: entry.href, cause },
    );
  }
}
