/** With which program and flags a process runs a module. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HostError } from "../errors.ts";
import { nodeFlags, ownRuntime, type Runtime } from "./entry.ts";
import { findRuntime, upwards } from "./runtime.ts";

/** What a process is started with. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The flags of Deno without which an engine cannot work in a process of its own: it loads modules, reads its environment, and
 * listens at Unix sockets, for which Deno wants the whole net unless each path is named.
 *
 * @param folder the folder of the graph's sockets
 */
export function leastPermissions(folder?: string): string[] {
  return ["--allow-read", "--allow-env", "--allow-net", ...(folder === undefined ? [] : [`--allow-write=${folder}`])];
}

/**
 * Finds what runs a module in a process of its own.
 *
 * @param entry the module
 * @param runtime what runs it
 * @param permissions for Deno
 * @param flags more flags of the runtime
 * @throws {HostError} if the module, the runtime, or what that needs to load it, is missing
 */
export async function commandFor(
  entry: URL,
  runtime: Runtime,
  permissions: readonly string[],
  flags: readonly string[],
): Promise<Command> {
  if (entry.protocol === "file:" && !existsSync(entry)) throw new HostError(`there is no ${fileURLToPath(entry)}`, { name: entry.href });
  if (entry.protocol !== "file:" && runtime === "node") {
    throw new HostError(`Node cannot run ${entry.href}, which is no file: run it on Deno, or install Pyros with npm`, { name: entry.href });
  }
  const { path, typescript } = await findRuntime(runtime);
  const module = entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
  if (runtime === "deno") return { program: path, args: ["run", "--quiet", ...permissions, ...configFlags(flags), ...flags, module] };
  const own = ownRuntime === "node" ? inheritedFlags(process.execArgv) : [];
  const loader = [...own, ...flags].join(" ").includes("tsx") ? [] : nodeFlags(entry, typescript);
  return { program: path, args: [...own, ...loader, ...flags, module] };
}

/** The config of this program is that of its processes: on Deno its import map says what the modules of a user mean. */
function configFlags(flags: readonly string[]): string[] {
  if (ownRuntime !== "deno" || flags.some((flag) => /^(-c$|--config|--no-config)/.test(flag))) return [];
  const { mainModule } = (globalThis as unknown as { Deno: { mainModule: string } }).Deno;
  const start = mainModule.startsWith("file:") ? dirname(fileURLToPath(mainModule)) : process.cwd();
  const config = upwards(start).flatMap((folder) => ["deno.json", "deno.jsonc"].map((name) => join(folder, name))).find(existsSync);
  return config === undefined ? [] : ["--config", config];
}

/** Flags of Node that are about one process: a script on the command line, its debugger, watching, testing. */
const personal = /^(-e|-p|-pe|--eval|--print|-c|--check|-i|--interactive|--input-type|--inspect|--watch|--test)/;
const takesValue = /^(-e|-p|-pe|--eval|--print|--inspect-port|--watch-path)$/;

/** The flags of this process that its children get, as `fork` would hand them on. */
export function inheritedFlags(flags: readonly string[]): string[] {
  return flags.filter((flag, i) => !personal.test(flag) && !(i > 0 && takesValue.test(flags[i - 1]) && !flag.startsWith("-")));
}
