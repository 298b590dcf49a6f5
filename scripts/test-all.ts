/**
 * Runs the conformance cases in every placement, on Node and on Deno, and over every link and codec: `npm run test:all`. The rest of
 * the tests is `npm test`. Arguments go to vitest; `--only TEXT` takes the run of that name, or else those whose name contains TEXT.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface Run {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
}

const placements = ["loop", "thread", "process", "together", "mixed", "foreign", "guest", "guests"];
const vitest = "node_modules/vitest/vitest.mjs";
const runtimes = { node: ["node", vitest], deno: ["node_modules/.bin/deno", "run", "-A", vitest] } as const;
const all = ["test/conformance"];
/** The cases that run wherever their nodes are put: others put them where they want them themselves, and run with those of the loop. */
const placed = readdirSync(all[0]!).filter((file) => file.endsWith(".test.ts")).map((file) => `${all[0]!}/${file}`)
  .filter((file) => readFileSync(file, "utf8").includes("describePlacements("));
/** The cases that say most about what goes over a link: order, values, and all kinds of messages. */
const wire = ["order", "values", "services-generators", "streams"].map((name) => `test/conformance/${name}.test.ts`);

const { values, positionals } = parseArgs({ options: { only: { type: "string", default: "" } }, allowPositionals: true, strict: false });

function run(
  runtime: keyof typeof runtimes,
  placement: string,
  files: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Run {
  const name = [runtime, placement, ...Object.values(more)].join(", ");
  return { name, command: runtimes[runtime], env: { PYROS_PLACEMENTS: placement, ...more }, files };
}

const runs: Run[] = [];
for (const runtime of ["node", "deno"] as const) {
  for (const placement of placements) runs.push(run(runtime, placement, placement === "loop" ? all : placed));
  for (const codec of ["json", "msgpack"]) {
    for (const placement of ["thread", "process"]) runs.push(run(runtime, placement, wire, { PYROS_CODEC: codec }));
  }
}
for (const placement of ["process", "together", "mixed", "foreign"]) runs.push(run("node", placement, placed, { PYROS_LINK: "zeromq" }));

const only = String(values.only);
const exact = runs.filter(({ name }) => name === only);
const chosen = exact.length > 0 ? exact : runs.filter(({ name }) => name.includes(only));
const failed: string[] = [];
const took: string[] = [];
for (const { name, command: [command, ...args], env, files } of chosen) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const { status } = spawnSync(command!, [...args, "run", ...files, ...positionals], { stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) failed.push(name);
  took.push(
    `${name.padEnd(28)} ${status === 0 ? "ok    " : "failed"} ${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s`,
  );
}
console.log(`\n${took.join("\n")}`);
console.log(`${chosen.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || chosen.length === 0 ? 1 : 0;
