/**
 * The benches: `npm run bench -- [ID ...] [--json FILE] [--runtime node|deno|both] [--quick] [--check] [--write] [--asleep]`.
 *
 * Each question (and each of its variants) is measured in a process of its own, so that what a compiler learned from one
 * does not spoil the next.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { awake } from "./lib/awake.ts";
import { installPeers } from "./lib/peers.ts";
import { absent, type Budget, type Figures, type Question } from "./lib/question.ts";
import { measuring, output, root, runtime, runtimeVersion, script } from "./lib/runtime.ts";
import { pool } from "./lib/stats.ts";
import { fails, type Row, text } from "./lib/table.ts";
import { jsonRows, writeReadme } from "./lib/write.ts";

const ids = [
  "loop-call",
  "loop-stream",
  "loop-stream-object",
  "loop-update",
  "loop-param",
  "loop-start",
  "loop-memory",
  "codec",
  "sim-speed",
  "idle",
  "frame-jitter",
  "process-call",
  "process-calls-64",
  "process-stream",
  "process-stream-1mb",
  "thread-call",
  "process-start",
  "beside-bulk",
  "many-engines",
  "move",
  "ros-topic",
  "ros-image",
  "ros-round-trip",
  "ros-service",
  "ros-frame-cost",
];

/** Stands before the result of a measuring process; whatever else it prints is passed by. */
const marker = "figures: ";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    runtime: { type: "string", default: runtime },
    quick: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    asleep: { type: "boolean", default: false },
    measure: { type: "string" },
    variant: { type: "string", default: "" },
  },
});

/** Compilers are not always of one mind: the same code may come out fast in one process and slow in the next. */
const processes = 3;

/** Ms that one process may take to measure. */
const longest = 300_000;

const budget: Budget = options.quick
  ? { quick: true, rounds: 5, roundMs: 5, warmMs: 50 }
  : { quick: false, rounds: 15, roundMs: 20, warmMs: 300 };

async function load(id: string): Promise<Question> {
  const { question } = await import(new URL(`./${id}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).href);
  return question;
}

/** What one process measures: one variant, or all of a question where they belong together. */
async function measured(question: Question, variant: string): Promise<unknown> {
  const args = ["--measure", question.id, "--variant", variant, ...(options.quick ? ["--quick"] : [])];
  const line = (await output(script("run"), args, longest, measuring)).split("\n").find((line) => line.startsWith(marker));
  if (!line) throw new Error(`${question.id} printed no figures`);
  return JSON.parse(line.slice(marker.length));
}

/** The figures of all variants; a failure is told as the reason why there are none. */
async function rowsOf(question: Question): Promise<Row[]> {
  const failed = (error: unknown): Figures => ({ us: absent(String(error)), floor: absent(String(error)), peers: {} });
  if (question.together) {
    const all = await measured(question, "").catch((error) =>
      Object.fromEntries(question.variants.map(({ name }) => [name, failed(error)]))
    );
    return question.variants.map((variant) => ({ question, variant, figures: (all as Record<string, Figures>)[variant.name] }));
  }
  const rows: Row[] = [];
  for (const variant of question.variants) {
    const all: Figures[] = [];
    for (let i = 0; i < (question.once || options.quick ? 1 : processes); i++) {
      all.push(await (measured(question, variant.name) as Promise<Figures>).catch(failed));
    }
    rows.push({ question, variant, figures: pool(all, question.better) });
  }
  return rows;
}

async function main(): Promise<Row[]> {
  console.log(`${runtimeVersion}${options.quick ? ", quick: these figures mean little" : ""}; medians (best round in brackets)\n`);
  const rows: Row[] = [];
  for (const id of ids) {
    if (positionals.length > 0 && !positionals.includes(id)) continue;
    const question = await load(id);
    const ofOne = question.awake && !options.asleep ? await awake(() => rowsOf(question)) : await rowsOf(question);
    console.log(`${text(ofOne)}\n`);
    rows.push(...ofOne);
  }
  if (options.write) writeReadme(rows, ids);
  const [busy] = loadavg();
  if (busy > cpus().length + 0.5) {
    console.log(`the machine was busy (load ${busy.toFixed(1)} on ${cpus().length} cores): measure again before you conclude`);
  }
  const failing = rows.filter(fails);
  if (failing.length > 0) {
    console.log(`not met: ${failing.map(({ question, variant }) => `${question.id} (${variant.name})`).join(", ")}`);
    if (options.check) process.exitCode = 1;
  }
  return rows;
}

/** Has the same done by this program on another runtime, and returns its rows as `--json` writes them. */
function elsewhere(name: string): unknown[] {
  const folder = mkdtempSync(join(tmpdir(), "pyros-bench-"));
  const file = join(folder, "rows.json");
  const flags = (["quick", "check", "write", "asleep"] as const).filter((flag) => options[flag]).map((flag) => `--${flag}`);
  const local = join(root, "node_modules/.bin/deno");
  const deno = existsSync(local) ? local : "deno";
  const [program, first] = name === "deno" ? [deno, ["run", "-A"]] : ["node", []];
  const self = fileURLToPath(import.meta.url);
  try {
    const { status, error } = spawnSync(program, [...first, self, ...positionals, ...flags, "--json", file], {
      cwd: root,
      stdio: "inherit",
    });
    if (error) throw error;
    if (status !== 0) process.exitCode = 1;
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Checks the arguments, runs what they ask for, and writes the file that they name. */
async function all(): Promise<void> {
  const unknown = positionals.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`no such question: ${unknown.join(", ")}; there are ${ids.join(", ")}`);
  if (!["node", "deno", "both"].includes(options.runtime)) throw new Error("--runtime is node, deno or both");
  if (options.write && options.quick) throw new Error("--write writes what was measured with patience: no --quick");
  installPeers();
  const other = runtime === "node" ? "deno" : "node";
  const rows = options.runtime === other ? [] : jsonRows(await main());
  if (options.runtime !== runtime) rows.push(...elsewhere(other));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}

if (options.measure) {
  const question = await load(options.measure);
  console.log(marker + JSON.stringify(await question.measure(options.variant, budget)));
  // What a contestant has left running shall hold nobody up.
  process.exit(0);
} else await all();
