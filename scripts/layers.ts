/**
 * Checks that imports of `src` and `systems` point one way, down, and that everything stands in a known layer.
 *
 * Circles between files are the linter's job; this is about folders.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** From the top down. A folder imports from itself and from rows below; folders of one row do not know each other. */
const layers: readonly (readonly string[])[] = [
  ["src/cli", "src/testing", "src/child"],
  ["src/config"],
  ["src/engine"],
  ["systems"],
  ["src/frame"],
  ["src/node", "src/peer"],
  ["src/service", "src/stream", "src/param"],
  ["src/host"],
  ["src/dispatch"],
  ["src/link", "src/codec"],
  ["src/graph"],
  ["src/value", "src/time"],
  ["src/errors.ts"],
];

/** The faces for users re-export from everywhere, and nothing imports them. */
const faces = new Set(["src/mod.ts", "src/testing/mod.ts", "systems/ros/mod.ts"]);

const importPattern = /^\s*(?:import|export)\b[^"';]*?\bfrom\s+"(\.[^"]+)"|^\s*import\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;

function layerOf(file: string): number {
  return layers.findIndex((row) => row.some((name) => file === name || file.startsWith(`${name}/`)));
}

function nameOf(file: string): string {
  return layers.flat().find((name) => file === name || file.startsWith(`${name}/`)) ?? file;
}

/** The system that a file belongs to: a file of `systems`, or one of its folders. */
function systemOf(file: string): string | undefined {
  return /^systems\/([^/]+)/.exec(file)?.[1];
}

function problem(from: string, to: string): string | undefined {
  if (faces.has(to)) return "import from the file that defines it; this one is the face for users";
  if (faces.has(from) && from !== "src/testing/mod.ts") return undefined;
  if (systemOf(from) !== undefined && systemOf(to) !== undefined && systemOf(from) !== systemOf(to)) {
    return "a system never imports another system";
  }
  if (nameOf(from) === nameOf(to)) return undefined;
  return layerOf(to) > layerOf(from) ? undefined : `${nameOf(to)} does not stand below ${nameOf(from)}`;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name).replaceAll("\\", "/"));
}

let problems = 0;
const report = (text: string): void => {
  problems += 1;
  console.error(text);
};

for (const file of [...filesIn("src"), ...filesIn("systems")]) {
  if (layerOf(file) === -1 && !faces.has(file)) report(`${file}: stands in no layer; add its folder to scripts/layers.ts`);
  const source = readFileSync(file, "utf8");
  for (const match of source.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const target = relative(".", join(dirname(file), specifier)).replaceAll("\\", "/");
    const why = problem(file, target);
    if (why !== undefined) {
      report(`${file}:${source.slice(0, match.index + match[0].length).split("\n").length}: imports ${target}: ${why}`);
    }
  }
}
console.log(`layers: ${problems === 0 ? "ok" : `${problems} problems`}`);
process.exitCode = problems === 0 ? 0 : 1;
