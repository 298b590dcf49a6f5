import { chownSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { files } from "../config/support.ts";
import { Cli, cli, pyros } from "./support.ts";

// Graphs of others on this machine are not to be found.
const base = mkdtempSync(join(realpathSync(tmpdir()), "pm-"));
const earlier = { TMPDIR: process.env.TMPDIR, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR };
Object.assign(process.env, { TMPDIR: base, XDG_RUNTIME_DIR: "" });
afterAll(() => {
  for (const [name, value] of Object.entries(earlier)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(base, { recursive: true, force: true });
});

const folder = files({
  "a/pyros.config.yaml": "nodes:\n  /count: ./count.ts\n",
  "a/count.ts": `import { defineNode } from ${pyros};
export default defineNode({
  state: () => ({ lives: 0 }),
  setup({ state }) { console.log("up", ++state.lives, "in", process.pid); },
  services: { hang: () => new Promise(() => {}) },
});\n`,
  "a/value.config.ts": `import { defineConfig, defineNode } from ${pyros};
export default defineConfig({ nodes: { "/value": defineNode({ setup() { console.log("up"); } }) } });\n`,
});
const here = join(folder, "a");
const started = async (config: string): Promise<Cli> => {
  const run = new Cli(here, "run", config);
  await run.says("up");
  return run;
};

describe("pyros move", () => {
  it("moves a node of the graph that runs, with its state, and leaves nothing behind", async () => {
    const run = await started("pyros.config.yaml");
    expect(await cli(here, "move", "/count", "process")).toEqual({ code: 0, out: "/count has moved: loop -> process\n", err: "" });
    await run.says(/\/count: up 2 in \d+/);
    expect(await cli(here, "move", "/count", "thread")).toMatchObject({ code: 0, out: "/count has moved: process -> thread\n" });
    expect(await cli(here, "move", "/count", "loop")).toMatchObject({ code: 0, out: "/count has moved: thread -> loop\n" });
    expect(await cli(here, "move", "/count", "loop")).toMatchObject({ code: 0, out: "/count is in the loop\n" });
    await run.says("up 4 in");
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
    expect(readdirSync(base).filter((name) => /^pyros-[0-9a-f]{12}$/.test(name))).toEqual([]);
  });

  it("says what is wrong with a node or a place", async () => {
    const run = await started("value.config.ts");
    expect(await cli(here, "move", "/valu", "thread")).toEqual({
      code: 1,
      out: "",
      err: "error: no node has the name /valu; did you mean /value?\n",
    });
    expect(await cli(here, "move", "/value", "thread")).toEqual({
      code: 1,
      out: "",
      err: "error: /value is given as a value, so it can run in the loop only; put it into a module of its own, and give its path\n",
    });
    expect(await cli(here, "move", "/value", "proces")).toEqual({
      code: 2,
      out: "",
      err: 'error: there is no placement "proces"; did you mean process?\n',
    });
    expect(await cli(here, "move", "/value")).toEqual({ code: 2, out: "", err: "error: pyros move takes NODE PLACEMENT, not /value\n" });
    run.signal("SIGINT");
    await run.exit;
  });

  it("asks which graph is meant where several run, by its config or its process", async () => {
    const [one, other] = [await started("pyros.config.yaml"), await started("value.config.ts")];
    const { code, err } = await cli(here, "move", "/count", "thread");
    expect(code).toBe(2);
    expect(err).toMatch(/^error: 2 graphs run; say which one is meant by --of CONFIG or --of PROCESS:\n/);
    expect(err.split("\n").slice(1, 3).map((line) => line.replace(/\d+\)/, "N)")).sort()).toEqual([
      `  ${join(here, "pyros.config.yaml")} (process N)`,
      `  ${join(here, "value.config.ts")} (process N)`,
    ]);
    expect(await cli(folder, "move", "/count", "thread", "--of", "a")).toMatchObject({ code: 0 });
    const pid = /pyros\.config\.yaml \(process (\d+)\)/.exec(err)![1]!;
    expect(await cli(folder, "move", "/count", "loop", "--of", pid)).toMatchObject({ code: 0 });
    expect((await cli(folder, "move", "/count", "loop", "--of", "b.yaml")).err).toMatch(
      /^error: no running graph has the config or process b\.yaml; there are:\n {2}\//,
    );
    for (const run of [one, other]) run.signal("SIGINT");
    await Promise.all([one.exit, other.exit]);
  });

  it("says so where no graph runs, and where only those of others do", async () => {
    expect(await cli(here, "move", "/count", "thread")).toEqual({
      code: 2,
      out: "",
      err: `error: no graph runs that was started by pyros run and has its folder in ${base}\n`,
    });
    if (process.getuid?.() !== 0) return; // only root can make a folder of somebody else
    const foreign = join(base, "pyros-0123456789ab");
    mkdirSync(foreign, { mode: 0o700 });
    chownSync(foreign, 12345, 12345);
    expect((await cli(here, "move", "/count", "thread")).err).toBe(
      `error: no graph of yours runs, and those of other users only they may reach: ${foreign}\n`,
    );
    rmSync(foreign, { recursive: true });
  });
});
