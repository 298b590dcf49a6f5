/** No child outlives the main engine, whatever ends it; what is left on disk then is swept by the next start. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../../src/host/folder.ts";
import { until } from "../conformance/harness.ts";
import { isGone, mortalOf, onDeno, start } from "./supervised/support.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const runtime = onDeno
  ? ["run", "-A", "--config", path("deno.json")]
  : ["--import", new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href];
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) process.kill(child.pid!, "SIGKILL");
});

/** Runs the program, and gives the numbers of its processes when it has told them. */
async function program(deed: string): Promise<{ child: ChildProcess; pids: number[]; folder: string; ended: Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "po-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const child = spawn(process.execPath, [...runtime, path("test/engine/supervised/program.ts")], {
    env: { ...process.env, DEED: deed, TMPDIR: folder, XDG_RUNTIME_DIR: "", NODE_OPTIONS: undefined, VITEST: undefined },
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.add(child);
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      running.delete(child);
      resolve();
    })
  );
  let out = "";
  child.stdout!.on("data", (data: Buffer) => (out += data.toString()));
  await until(() => out.includes("\n"), 60_000);
  return { child, pids: JSON.parse(out.split("\n")[0]!) as number[], folder, ended };
}

const graphFolders = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("pyros-"));

test.each(
  [
    ["is killed", "wait", "SIGKILL"],
    ["is killed in an endless loop", "loop", "SIGKILL"],
    ["is ended by SIGTERM", "wait", "SIGTERM"],
    ["is interrupted", "wait", "SIGINT"],
    ["loses its terminal", "wait", "SIGHUP"],
    ["calls process.exit", "exit", undefined],
    ["fails", "throw", undefined],
  ] as const,
)("no process outlives a main engine that %s, not even one in an endless loop", async (_what, deed, signal) => {
  const { child, pids, folder, ended } = await program(deed);
  if (signal !== undefined) {
    expect(pids.map(isGone)).toEqual([false, false]);
    process.kill(child.pid!, signal);
  }
  await ended;
  await until(() => pids.every(isGone), 10_000);
  for (const left of graphFolders(folder)) expect(existsSync(join(folder, left, "owner"))).toBe(true);
  makeFolder(folder).remove(); // as the next start does
  expect(graphFolders(folder)).toEqual([]);
});

test("a start sweeps what a killed graph has left, and nothing of one that runs", async () => {
  const { child, folder, ended } = await program("wait");
  const [living] = graphFolders(folder);
  const dead = join(folder, "pyros-0123456789ab");
  mkdirSync(dead, { mode: 0o700 });
  const owner = JSON.parse(readFileSync(join(folder, living!, "owner"), "utf8")) as object;
  writeFileSync(join(dead, "owner"), JSON.stringify({ ...owner, pid: 2 ** 22 + 1 }), { mode: 0o600 });
  writeFileSync(join(dead, "main.sock"), "");
  const before = [process.env.TMPDIR, process.env.XDG_RUNTIME_DIR];
  onTestFinished(() => {
    for (const [i, name] of ["TMPDIR", "XDG_RUNTIME_DIR"].entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
  });
  Object.assign(process.env, { TMPDIR: folder, XDG_RUNTIME_DIR: "" });
  const engine = await start({ placement: "process", nodes: { "/mortal": "./mortal.ts" } });
  expect(await mortalOf(engine).count()).toBe(1);
  expect(graphFolders(folder)).toHaveLength(2);
  expect(existsSync(dead)).toBe(false);
  await engine.close();
  expect(graphFolders(folder)).toEqual([living]);
  process.kill(child.pid!, "SIGKILL");
  await ended;
});
