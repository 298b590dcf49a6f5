/**
 * The tree in JavaScript, file by file, in a folder of its own: a process on Node that has to compile TypeScript first takes three times
 * as long to start, and the conformance cases start thousands.
 */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folders that are loaded when tests run. What is in them beside TypeScript, as data, comes along. */
const folders = ["src", "systems", "test", "examples"];
/** What says how the tree is run. */
const files = ["vitest.config.ts", "deno.json", "package.json", "README.md"];

/** Modules are named by a relative path, in configs and URLs too; the package's own by where they are built. */
const inJavaScript = (text: string): string =>
  text.replaceAll(/(["'`])(\.{1,2}\/[^"'`\s]*)\.ts\1/g, "$1$2.js$1").replaceAll("./dist/", "./");

/**
 * Compiles the tree in the current folder.
 *
 * @param folder where it comes to lie, inside of the tree; it is made anew
 */
export function compileInto(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const flags = ["--noEmit", "false", "--noCheck", "--rootDir", ".", "--outDir", folder, "--inlineSourceMap"];
  execFileSync(resolve("node_modules/.bin/tsc"), ["-p", ".", ...flags, "--allowImportingTsExtensions", "false"], { stdio: "inherit" });
  for (const file of [...folders, ...files]) {
    cpSync(file, join(folder, file), { recursive: true, filter: (path) => !/node_modules|\.ts$/.test(path) });
  }
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|json)$/.test(file)) continue;
    const path = join(folder, file);
    writeFileSync(path, inJavaScript(readFileSync(path, "utf8")));
  }
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
}
