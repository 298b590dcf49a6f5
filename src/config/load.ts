/**
 * The one place that loads files of the user: modules, YAML and JSON.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { importModule, LoaderMissing } from "./import-module.ts";
import type { Place, Problems } from "./problems.ts";
import { closest, didYouMean } from "./shape.ts";
import { fileLabel, Source } from "./source.ts";

/** What a file holds. */
export interface Loaded {
  /** What a module exports by default, or what a text says. */
  readonly value: unknown;
  readonly source: Source;
  readonly file: URL;
}

/** What the package itself has for configs, by the names under which programs import it. */
const ours: Readonly<Record<string, string | undefined>> = { "pyros/ros": "../../systems/ros/mod" };

const texts = [".yaml", ".yml", ".json"];
const modules = [".ts", ".mts", ".js", ".mjs"];
/** The names under which a config is looked for in a folder, in this order. */
export const configNames: readonly string[] = [".ts", ".js", ".mjs", ".json", ".yaml", ".yml"].map((end) => `pyros.config${end}`);

/**
 * Loads a file that a config names.
 *
 * @param path relative to `place`'s file, absolute, or a `file:` URL; a folder stands for the config in it
 * @param place where it is named
 * @param problems takes what is wrong
 * @param example what a module could export
 * @returns undefined when it cannot be loaded; `problems` has the reason then
 */
export async function load(path: string, place: Place, problems: Problems, example = "defineNode({ … })"): Promise<Loaded | undefined> {
  const file = locate(path, place, problems);
  if (file === undefined) return undefined;
  const name = path.startsWith("file:") ? fileLabel(file) : path;
  const end = extname(file.pathname);
  if (texts.includes(end)) return loadText(file, problems);
  if (!modules.includes(end)) {
    problems.add(place, `${name} is no file that can be loaded; its name must end in ${[...modules, ...texts].join(", ")}`);
    return undefined;
  }
  return loadModule(file, name, place, problems, example);
}

async function loadText(file: URL, problems: Problems): Promise<Loaded | undefined> {
  const { parseText } = await import("./text-source.ts");
  const parsed = parseText(await readFile(file, "utf8"), file);
  problems.list.push(...parsed.problems);
  return parsed.value === undefined ? undefined : { value: parsed.value, source: parsed.source, file };
}

async function loadModule(file: URL, path: string, place: Place, problems: Problems, example: string): Promise<Loaded | undefined> {
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await importModule(file);
  } catch (error) {
    problems.add(place, error instanceof LoaderMissing ? `${path} ${error.message}` : `${path} does not load: ${reasonOf(error, file)}`);
    return undefined;
  }
  if (exports.default === undefined) {
    const others = Object.keys(exports);
    problems.add(
      place,
      `${path} exports nothing by default${others.length === 0 ? "" : ` (only ${others.join(", ")})`}; write: export default ${example}`,
    );
    return undefined;
  }
  return { value: exports.default, source: new Source(file, file), file };
}

function locate(path: string, place: Place, problems: Problems): URL | undefined {
  let file: URL;
  const own = Object.hasOwn(ours, path) ? ours[path] : undefined;
  if (own !== undefined) return new URL(`${own}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  try {
    file = path.startsWith("file:") ? new URL(path) : pathToFileURL(resolvePath(path, place.source.base));
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() === true) return file;
    if (found?.isDirectory() === true) {
      const inside = configIn(file);
      if (inside !== undefined) return inside;
      problems.add(place, `the folder ${path} holds no config; a config is called ${configNames.join(", ")}`);
      return undefined;
    }
  } catch (error) {
    problems.add(place, `${JSON.stringify(path)} is no path: ${(error as Error).message}`);
    return undefined;
  }
  problems.add(place, `there is no file ${path} (looked for ${fileLabel(file)})${didYouMean(neighbour(path, file))}`);
  return undefined;
}

/** The config in a folder. */
export function configIn(folder: URL): URL | undefined {
  const base = folder.href.endsWith("/") ? folder : new URL(`${folder.href}/`);
  return configNames.map((name) => new URL(name, base)).find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function resolvePath(path: string, base: URL): string {
  return fileURLToPath(path.startsWith("/") ? pathToFileURL(path) : new URL(encodeURI(path).replace(/[?#]/g, encodeURIComponent), base));
}

/** The file of the nearest name, as the path of one would be written. */
function neighbour(path: string, file: URL): string | undefined {
  const missing = fileURLToPath(file);
  try {
    const names = readdirSync(dirname(missing)).filter((name) => [...modules, ...texts].includes(extname(name)));
    const sameStem = names.find((name) => basename(name, extname(name)) === basename(missing, extname(missing)));
    const near = sameStem ?? closest(basename(missing), names);
    return near === undefined ? undefined : path.slice(0, path.length - basename(missing).length) + near;
  } catch {
    return undefined; // not even the folder is there
  }
}

// oxlint-disable-next-line no-control-regex
const colors = /\u001b\[[\d;]*m/g;

/** Why a module does not load, and where in it. */
export function reasonOf(error: unknown, file: URL): string {
  if (!(error instanceof Error)) return `it throws ${String(error)}`;
  const path = fileURLToPath(file);
  const line = error.stack?.split("\n").find((part) => part.trimStart().startsWith("at ") && part.includes(path));
  const at = line === undefined ? undefined : /:(\d+:\d+)\)?$/.exec(line)?.[1];
  const told = error.message.replace(colors, "").replace(/\s*\n\s*/g, " ");
  return `${error.name}: ${told}${at === undefined ? "" : ` (${fileLabel(file)}:${at})`}`;
}
