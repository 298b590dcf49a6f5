/**
 * Checks that imports of `src` and `systems` point one way, down: from folder to folder, where everything stands in a known layer, and
 * from file to file, where no circle is, not even of types.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** From the top down. A folder imports from itself and from rows below; folders of one row do not know each other. */
const layers: readonly (readonly string[])[] = [
  ["src/cli", "src/testing", "src/child"],
  ["src/config"],
  ["src/engine"],
  ["src/engine/main", "src/engine/member"],
  ["src/engine/core"],
  ["src/engine/sim"],
  ["src/engine/wire"],
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

/** Files that are one thing in parts, which hold each other: they may import in a circle. */
const knots: readonly (readonly string[])[] = [
  ["src/service/call.ts", "src/service/job.ts", "src/service/route.ts", "src/service/target.ts"],
  ["src/stream/publisher.ts", "src/stream/topic.ts"],
];

/** The faces for users re-export from everywhere, and nothing imports them. */
const faces = new Set(["src/mod.ts", "src/testing/mod.ts", "systems/ros/mod.ts"]);

const importPattern = /^\s*(?:import|export)\b[^"';]*?\bfrom\s+"(\.[^"]+)"|^\s*import\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;

/** The innermost of the folders above that a file stands in. */
function nameOf(file: string): string {
  const around = layers.flat().filter((name) => file === name || file.startsWith(`${name}/`));
  return around.reduce((inner, name) => (name.length > inner.length ? name : inner), "") || file;
}

function layerOf(file: string): number {
  return layers.findIndex((row) => row.includes(nameOf(file)));
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

/** What each file imports. */
const imports = new Map<string, string[]>();

for (const file of [...filesIn("src"), ...filesIn("systems")]) {
  if (layerOf(file) === -1 && !faces.has(file)) report(`${file}: stands in no layer; add its folder to scripts/layers.ts`);
  const source = readFileSync(file, "utf8");
  const targets: string[] = [];
  imports.set(file, targets);
  for (const match of source.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const target = relative(".", join(dirname(file), specifier)).replaceAll("\\", "/");
    targets.push(target);
    const why = problem(file, target);
    if (why !== undefined) {
      report(`${file}:${source.slice(0, match.index + match[0].length).split("\n").length}: imports ${target}: ${why}`);
    }
  }
}
/** A way from a file back to itself, over files of which none was found in a circle before. */
function wayBack(start: string, over: ReadonlySet<string>): string[] | undefined {
  const from = new Map<string, string>();
  const open = [start];
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    for (const target of imports.get(file) ?? []) {
      if (over.has(target) || from.has(target) || isKnot(file, target)) continue;
      from.set(target, file);
      open.push(target);
    }
  }
  if (!from.has(start)) return undefined;
  const way = [start];
  do way.unshift(from.get(way[0]!)!); while (way[0] !== start);
  return way;
}

function isKnot(one: string, other: string): boolean {
  return knots.some((knot) => knot.includes(one) && knot.includes(other));
}

const inCircles = new Set<string>();
for (const file of imports.keys()) {
  const way = inCircles.has(file) ? undefined : wayBack(file, inCircles);
  if (way === undefined) continue;
  for (const each of way) inCircles.add(each);
  report(`${file}: imports in a circle: ${way.join(" -> ")}; let the lower one say by an interface what it needs`);
}

console.log(`layers: ${problems === 0 ? "ok" : `${problems} problems`}`);
process.exitCode = problems === 0 ? 0 : 1;
