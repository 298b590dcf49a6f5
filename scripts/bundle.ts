/**
 * Puts what `tsc` has just compiled into a few files: `tsx scripts/bundle.ts FOLDER [--only]`. A child process would need longer to
 * load 180 modules than for all else until it can be used. With `--only`, no other code stays in the folder.
 *
 * What several entries need is there once, in `src/chunks`: a node that imports "pyros" has to get the very classes that the engine
 * around it knows. What a process needs that runs a node is in one file, and nothing else is: each file takes it a millisecond more.
 * Modules that find files beside themselves (`import.meta.url`) count on lying one folder below `src`.
 *
 * What a process of Deno waits for before its first line is left out: source maps, which it reads at once, and Node's modules that
 * nothing needs. It also reads all files that may be asked for later; names that it could not see would be hidden from bundlers too.
 */
import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Plugin, rolldown } from "rolldown";

const [folder = "dist", only] = process.argv.slice(2);
const entries = ["src/mod", "src/testing/mod", "src/cli/main", "src/child/thread", "src/child/process", "systems/ros/mod"];
/** Of a process that runs a node: its program, and what the node's module imports. */
const inProcess = ["src/child/process", "src/mod"];

const pathOf = (entry: string): string => resolve(folder, `${entry}.js`);

/** The modules that are loaded as soon as these are. */
const together = new Set<string>();
const findTogether: Plugin = {
  name: "find what is loaded together",
  buildEnd() {
    const open = inProcess.map(pathOf);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (together.has(id)) continue;
      together.add(id);
      open.push(...(this.getModuleInfo(id)?.importedIds ?? []));
    }
    for (const entry of entries) together.delete(pathOf(entry));
  },
};

rmSync(`${folder}/src/chunks`, { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [entry, pathOf(entry)])),
  platform: "neutral", // for "node", each chunk would import `createRequire`, which nothing here calls
  checks: { ineffectiveDynamicImport: false }, // what a process loads anyway, a thread may not
  external: /^[^./]/,
  plugins: [findTogether],
});
const { output } = await bundle.write({
  dir: folder,
  format: "esm",
  comments: false,
  chunkFileNames: "src/chunks/[name]-[hash].js",
  codeSplitting: { groups: [{ name: "engine", test: (id) => together.has(id) }] },
});

const made = new Set(output.map(({ fileName }) => join(folder, fileName)));
for (const file of only === undefined ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  const path = join(folder, file);
  if (file.endsWith(".js") && !made.has(path)) rmSync(path);
}
