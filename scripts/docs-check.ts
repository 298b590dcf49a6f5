/**
 * Checks every snippet of the pages and of the docstrings: its types, and that it runs on Node and on Deno.
 *
 * The convention: a `ts` fence is type-checked and run on both runtimes; `ts no-run` is only type-checked; `sh run` is run,
 * with `pyros` on the path. A fence whose first line is a comment with a file name (`// nodes/guide.ts`), or that says
 * `file=NAME`, is laid under that name beside the later ones of its page, which may import it; a second one of the same
 * name takes its place from there on.
 *
 *     docs-check [--only TEXT] [--runtime node|deno]
 *
 * `--only` takes the sources whose path contains TEXT. A snippet that fails is run once more; that it needed this is said, since
 * it is then to be mended all the same.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { collect, type Snippet } from "./docs/snippets.ts";

const limit = 30_000; // ms that a snippet may run
const parallel = 2;
const folder = ".cache/docs";
const { values } = parseArgs({ options: { only: { type: "string", default: "" }, runtime: { type: "string", multiple: true } } });
const runtimes = (values.runtime ?? ["node", "deno"]) as ("node" | "deno")[];
const bins = resolve("node_modules/.bin");

interface Laid {
  readonly snippet: Snippet;
  readonly file: string;
  readonly cwd: string;
}

/** Writes the snippets of one source; each lands at the same lines as in its source, so that errors point there. */
function lay(source: string, snippets: readonly Snippet[]): Laid[] {
  const laid: Laid[] = [];
  let named = new Map<string, string>();
  let stage = 0;
  const cwd = (): string => join(folder, source, String(stage));
  const put = (file: string, text: string): string => {
    const path = join(cwd(), file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  for (const snippet of snippets) {
    const padded = snippet.language === "ts" ? `${"\n".repeat(snippet.line - 1)}${snippet.code}\nexport {};\n` : snippet.code;
    if (snippet.file !== undefined && named.has(snippet.file)) {
      stage += 1;
      named = new Map([...named].filter(([name]) => name !== snippet.file));
      for (const [name, text] of named) put(name, text);
    }
    if (snippet.file !== undefined) named.set(snippet.file, padded);
    const file = put(snippet.file ?? `line-${snippet.line}.${snippet.language}`, padded);
    laid.push({ snippet, file, cwd: cwd() });
  }
  return laid;
}

/** Type errors by file, from one run of the compiler over all snippets. */
function typeErrors(): Map<string, string[]> {
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ["**/*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = spawnSync(join(bins, "tsc"), ["--noEmit", "--pretty", "false", "-p", folder], { encoding: "utf8" });
  const errors = new Map<string, string[]>();
  let current = "";
  for (const line of stdout.split("\n").filter((text) => text !== "")) {
    current = /^(.+?)\(\d+,\d+\): error/.exec(line)?.[1] ?? current;
    errors.set(current, [...(errors.get(current) ?? []), line]);
  }
  return errors;
}

/** A folder with a `pyros` that runs the command-line tool of this checkout on one runtime. */
function shims(runtime: "node" | "deno"): string {
  const shim = resolve(folder, `.bin-${runtime}`);
  const command = runtime === "node" ? `node "${resolve("dist/src/cli/main.js")}"` : `deno run -A "${resolve("src/cli/main.ts")}"`;
  mkdirSync(shim, { recursive: true });
  writeFileSync(join(shim, "pyros"), `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(join(shim, "pyros"), 0o755);
  return shim;
}

function commandFor(runtime: "node" | "deno", { snippet, file, cwd }: Laid): string[] {
  const path = relative(cwd, file);
  if (snippet.language === "sh") return ["sh", "-eu", path];
  return runtime === "node" ? ["node", "--import", "tsx", path] : ["deno", "run", "-A", path];
}

/** Runs one snippet; what it printed, when it failed or took too long. */
async function run(runtime: "node" | "deno", laid: Laid, path: string): Promise<string | undefined> {
  const [command = "", ...args] = commandFor(runtime, laid);
  const child = spawn(command, args, {
    cwd: laid.cwd,
    env: { ...process.env, PATH: path, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Uint8Array) => (output += new TextDecoder().decode(chunk)));
  const late = setTimeout(() => {
    output += `\nstill running after ${limit} ms`;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, limit);
  const status = await new Promise<number | null>((done) => {
    child.once("error", (error) => {
      output += String(error);
      done(1);
    });
    child.once("close", (code) => done(code));
  });
  clearTimeout(late);
  return status === 0 ? undefined : output.trim() || `exit code ${String(status)}`;
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const { bySource, bad } = collect();
const laid = [...bySource].filter(([source]) => source.includes(values.only)).flatMap(([source, snippets]) => lay(source, snippets));

let passed = 0;
let failed = 0;
function report(what: string, problem: string | undefined): void {
  if (problem === undefined) {
    passed += 1;
  } else {
    failed += 1;
    console.error(`FAIL ${what}\n${problem.replace(/^/gm, "  ")}`);
  }
}

for (const fence of bad) report(`${fence.source}:${fence.line}`, fence.problem);

const errors = laid.some(({ snippet }) => snippet.language === "ts") ? typeErrors() : new Map<string, string[]>();
for (const { snippet, file } of laid.filter((one) => one.snippet.language === "ts")) {
  const key = file.replaceAll("\\", "/");
  report(`types of ${snippet.source}:${snippet.line}`, errors.get(key)?.join("\n"));
  errors.delete(key);
}
for (const [file, lines] of errors) report(file === "" ? "tsc" : file, lines.join("\n"));

const jobs = runtimes.flatMap((runtime) => {
  const path = [shims(runtime), bins, process.env["PATH"] ?? ""].join(delimiter);
  return laid.filter((one) => one.snippet.use === "run").map((one) => ({ runtime, one, path }));
});
async function work(): Promise<void> {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const what = `${job.one.snippet.source}:${job.one.snippet.line} on ${job.runtime}`;
    const first = await run(job.runtime, job.one, job.path);
    const problem = first === undefined ? undefined : await run(job.runtime, job.one, job.path);
    report(what, problem);
    if (first !== undefined && problem === undefined) console.log(`second attempt: ${what}\n${first.replace(/^/gm, "  ")}`);
  }
}
await Promise.all(Array.from({ length: parallel }, work));

console.log(`docs: ${laid.length} snippets`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
