import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HostError } from "../../src/errors.ts";
import { inheritedFlags, leastPermissions } from "../../src/host/command.ts";
import { type ProcessHost, type ProcessOptions, startProcess } from "../../src/host/process-host.ts";
import { deeds, isAlive, kept, Lines, onDeno, presentRuntimes, temporaryFolder, userModule } from "./support.ts";
import { itWhere } from "../setup/where.ts";

const runtimes = await presentRuntimes();

async function start(deed: string, value?: unknown, options: Partial<ProcessOptions> = {}): Promise<ProcessHost> {
  return kept(await startProcess({ entry: deeds, title: "pyros: a test", bootstrap: { deed, value }, onLine: () => {}, ...options }));
}

describe.each(runtimes)(`startProcess from ${onDeno ? "deno" : "node"} on %s`, (runtime) => {
  it("hands over the bootstrap and the title, and tells output by line", async () => {
    const lines = new Lines();
    const value = { text: "ü\n\u2028", big: "x".repeat(300_000), list: [1, null] };
    const host = await start("tell", value, { runtime, onLine: lines.hear });
    expect(await host.exited).toEqual({ code: 0, signal: null, reason: "exited with code 0", stuck: false });
    expect(JSON.parse(lines.all.join(""))).toEqual({ title: "pyros: a test", processTitle: "pyros: a test", value });
    expect([host.title, host.runtime]).toEqual(["pyros: a test", runtime]);
  });

  itWhere(process.platform === "linux")("shows the title, and nothing of the bootstrap, to others", async () => {
    const lines = new Lines();
    const { pid } = await start("say", "a secret", { runtime, onLine: lines.hear });
    await lines.has("ready");
    const [command, environment] = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8"));
    expect(command).toMatch(/pyros: a test/);
    expect(command + environment).not.toMatch(/a secret/);
  });

  it.each([
    ["exit", 3, "exited with code 3", undefined],
    ["throw", 1, "exited with code 1", /RangeError: too far/],
    ["later", 1, "exited with code 1", /RangeError: too late/],
    ["reject", 1, "exited with code 1", /TypeError: not caught/],
  ])("tells how it ends: %s", async (deed, code, reason, said) => {
    const lines = new Lines();
    const host = await start(deed, 3, { runtime, onLine: lines.hear });
    expect(await host.exited).toEqual({ code, signal: null, reason, stuck: false });
    if (said !== undefined) expect(lines.all.join("\n")).toMatch(said);
  });

  it("kills one that is idle, and one in an endless loop, and does it once", async () => {
    const exit = { code: null, signal: "SIGKILL", reason: "was killed by SIGKILL", stuck: false };
    for (const deed of ["say", "loop"]) {
      const lines = new Lines();
      const host = await start(deed, undefined, { runtime, onLine: lines.hear });
      await lines.has("ready");
      const [first, second] = await Promise.all([host.kill(), host.kill()]);
      expect([first, second, isAlive(host.pid)]).toEqual([exit, exit, false]);
      expect(await host.kill()).toEqual(exit);
    }
  });

  it("kills one that has hardly begun", async () => {
    const host = await start("say", "x".repeat(1_000_000), { runtime });
    expect((await host.kill()).reason).toBe("was killed by SIGKILL");
  });

  it("tells that somebody else has killed it", async () => {
    const lines = new Lines();
    const host = await start("say", undefined, { runtime, onLine: lines.hear });
    await lines.has("ready");
    process.kill(host.pid, "SIGTERM");
    expect(await host.exited).toEqual({ code: null, signal: "SIGTERM", reason: "was killed by SIGTERM", stuck: false });
  });

  it("does not end by the interrupt of a terminal, which is the parent's business", async () => {
    const lines = new Lines();
    const host = await start("say", undefined, { runtime, onLine: lines.hear });
    await lines.has("ready");
    process.kill(host.pid, "SIGINT");
    process.kill(host.pid, "SIGTERM");
    expect((await host.exited).signal).toBe("SIGTERM");
  });

  it("tells that memory ran out", async () => {
    const flag = runtime === "node" ? "--max-old-space-size=32" : "--v8-flags=--max-old-space-size=32";
    const host = await start("memory", undefined, { runtime, execArgv: [flag] });
    expect((await host.exited).reason).toBe("ran out of memory");
  });

  it("tells lines whole, long ones in pieces, and the last one without an end", async () => {
    const lines = new Lines();
    await (await start("lines", undefined, { runtime, onLine: lines.hear })).exited;
    const x = "x".repeat(16 * 1024);
    expect(lines.all.filter((line) => !line.startsWith("stderr"))).toEqual(
      ["one", "two", "", `ü${x.slice(1)}`, x, "x".repeat(40_001 - 2 * x.length), "last"],
    );
    expect(lines.all).toContain("stderr: error");
  });

  it("has told all output when it has ended", async () => {
    const lines = new Lines();
    await (await start("many", 20_000, { runtime, onLine: lines.hear })).exited;
    expect(lines.all.length).toBe(20_000);
  });

  it("does not wait for output of what the process itself has left running", async () => {
    const lines = new Lines();
    const options = runtime === "deno" ? { permissions: ["-A"] } : {};
    const host = await start("orphan", undefined, { runtime, onLine: lines.hear, ...options });
    expect((await host.exited).code).toBe(0);
    process.kill(Number(/orphan (\d+)/.exec(lines.all.join("\n"))![1]), "SIGKILL");
  });

  it("loads TypeScript of users", async () => {
    const lines = new Lines();
    await (await start("user", { url: userModule() }, { runtime, onLine: lines.hear })).exited;
    expect(lines.all).toEqual(["answer 42"]);
  });

  it("gives it an empty standard input, which it may close", async () => {
    const lines = new Lines();
    const host = await start("input", undefined, { runtime, onLine: lines.hear });
    expect((await host.exited).reason).toBe("exited with code 0");
    expect(lines.all).toEqual(["ready", "still here"]);
  });

  it("gives it the environment and the folder that were asked for", async () => {
    const lines = new Lines();
    const cwd = temporaryFolder();
    const env = { ...process.env, PYROS_TEST: "here" };
    await (await start("where", undefined, { runtime, onLine: lines.hear, cwd, env })).exited;
    expect(lines.all).toEqual([`${cwd} here`]);
  });
});

describe("startProcess", () => {
  const missing = new URL("./modules/nowhere.ts", import.meta.url);

  it("says which entry is missing", async () => {
    await expect(start("end", 0, { entry: missing })).rejects.toThrow(HostError);
    await expect(start("end", 0, { entry: missing })).rejects.toThrow(`there is no ${fileURLToPath(missing)}`);
  });

  it("says which folder is missing", async () => {
    await expect(start("end", 0, { cwd: "/nowhere/at/all" })).rejects.toThrow(/cannot be started: there is no folder \/nowhere\/at\/all/);
  });

  it("says that Node cannot run what is no file", async () => {
    await expect(start("end", 0, { entry: new URL("https://example.org/x.ts"), runtime: "node" })).rejects.toThrow(/which is no file/);
  });

  it("says that an environment is too large", async () => {
    await expect(start("end", 0, { env: { ...process.env, LARGE: "x".repeat(10_000_000) } })).rejects.toThrow(HostError);
  });

  itWhere(runtimes.includes("deno"))("gives Deno what an engine needs, and no more", async () => {
    const folder = temporaryFolder();
    const lines = new Lines();
    const host = await start("socket", `${folder}/a.sock`, { runtime: "deno", permissions: leastPermissions(folder), onLine: lines.hear });
    await host.exited;
    expect(lines.all).toEqual(["connected", expect.stringMatching(/^refused .*(write|run) access/)]);
  });
});

describe("inheritedFlags", () => {
  it("leaves out what is about the parent alone", () => {
    const flags = ["--import", "tsx", "--inspect=0", "-e", "x", "--conditions", "a", "--watch-path", "src", "--test", "--expose-gc"];
    expect(inheritedFlags(flags)).toEqual(["--import", "tsx", "--conditions", "a", "--expose-gc"]);
  });
});
