/**
 * Runs the conformance cases in every placement, on Node and on Deno, and over every link and codec: `npm run test:all`. The rest of
 * the tests is `npm test`. `--only TEXT` takes the run of that name, or else those whose name contains TEXT; it may be given several
 * times. Names of files, as `order params`, take those of each run; what follows `--` goes to vitest.
 *
 * On Deno the cases and the engine are the sources, on Node what they are in JavaScript: so each is loaded as its users load it.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { compileInto } from "./compile-tree.ts";

interface Run {
  readonly name: string;
  readonly runtime: keyof typeof runtimes;
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

const placements = ["loop", "thread", "process", "together", "mixed", "foreign", "guest", "guests"];
const vitest = resolve("node_modules/vitest/vitest.mjs");
const compiled = ".cache/tests";
const runtimes = {
  node: { command: ["node", vitest], folder: compiled },
  deno: { command: [resolve("node_modules/.bin/deno"), "run", "-A", vitest], folder: "." },
} as const;
const fileOf = (name: string): string => `test/conformance/${name}.test.ts`;
const all = readdirSync("test/conformance").filter((file) => file.endsWith(".test.ts")).map((file) => `test/conformance/${file}`);
/** The cases that run wherever their nodes are put: others put them where they want them themselves, and run with those of the loop. */
const placed = all.filter((file) => readFileSync(file, "utf8").includes("describePlacements("));
/** The cases that say most about what goes over a link: order, values, and all kinds of messages. */
const wire = ["order", "values", "services-generators", "streams"].map(fileOf);

const end = process.argv.indexOf("--");
const [own, flags] = end < 0 ? [process.argv.slice(2), []] : [process.argv.slice(2, end), process.argv.slice(end + 1)];
const { values: { only }, positionals } = parseArgs({
  args: own,
  options: { only: { type: "string", multiple: true, default: [""] } },
  allowPositionals: true,
});
const wanted = positionals.length === 0 ? all : positionals.map(fileOf);
const unknown = wanted.filter((file) => !all.includes(file));
if (unknown.length > 0) throw new Error(`there is no ${unknown.join(", ")}; there are ${all.join(", ")}`);
const isWanted = (file: string): boolean => wanted.includes(file);

function run(
  runtime: Run["runtime"],
  placement: string,
  files: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Run {
  const name = [runtime, placement, ...Object.values(more)].join(", ");
  return { name, runtime, env: { PYROS_PLACEMENTS: placement, ...more }, files };
}

const runs: Run[] = [];
for (const runtime of ["node", "deno"] as const) {
  for (const placement of placements) runs.push(run(runtime, placement, placement === "loop" ? all : placed));
  for (const codec of ["json", "msgpack"]) {
    for (const placement of ["thread", "process"]) runs.push(run(runtime, placement, wire, { PYROS_CODEC: codec }));
  }
}
for (const placement of ["process", "together", "mixed", "foreign"]) runs.push(run("node", placement, placed, { PYROS_LINK: "zeromq" }));

const chosen = only.flatMap((text) => {
  const exact = runs.filter(({ name }) => name === text);
  return exact.length > 0 ? exact : runs.filter(({ name }) => name.includes(text));
}).filter(({ files }) => files.some(isWanted));
const failed: string[] = [];
const took: string[] = [];
if (chosen.some(({ runtime }) => runtimes[runtime].folder === compiled)) compileInto(compiled);
for (const { name, runtime, env, files } of chosen) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const { command: [command, ...args], folder: cwd } = runtimes[runtime];
  const named = files.filter(isWanted).map((file) => (cwd === compiled ? file.replace(/ts$/, "js") : file));
  const { status } = spawnSync(command, [...args, "run", ...named, ...flags], {
    cwd,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (status !== 0) failed.push(name);
  took.push(
    `${name.padEnd(28)} ${status === 0 ? "ok    " : "failed"} ${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s`,
  );
}
console.log(`\n${took.join("\n")}`);
console.log(`${chosen.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || chosen.length === 0 ? 1 : 0;
