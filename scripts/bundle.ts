/**
 * Puts what `tsc` has just compiled into a few files: `tsx scripts/bundle.ts FOLDER [--only]`. A child process would need longer to
 * load 180 modules than for all else until it can be used. With `--only`, no other code stays in the folder.
 *
 * What several entries need is there once, in `src/chunks`: a node that imports "pyros" has to get the very classes that the engine
 * around it knows. So modules that find files beside themselves (`import.meta.url`) count on lying one folder below `src`.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const [folder = "dist", only] = process.argv.slice(2);
const entries = ["src/mod", "src/testing/mod", "src/cli/main", "src/child/main", "systems/ros/mod"];

rmSync(`${folder}/src/chunks`, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: entries.map((entry) => `${folder}/${entry}.js`),
  outdir: folder,
  outbase: folder,
  chunkNames: "src/chunks/[name]-[hash]",
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: true,
  metafile: true,
  logLevel: "warning",
});

const made = new Set(Object.keys(metafile.outputs));
for (const file of only === undefined ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  const path = join(folder, file);
  if (/\.js(\.map)?$/.test(file) && !made.has(path)) rmSync(path);
}
