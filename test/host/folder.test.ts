import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { HostError } from "../../src/errors.ts";
import { until } from "../conformance/harness.ts";
import { checkFolder, makeFolder, makeNamedFolder, sweep } from "../../src/host/folder.ts";
import { startProcess } from "../../src/host/process-host.ts";
import { deeds, kept, Lines, temporaryFolder } from "./support.ts";
import { asNobody, itWhere } from "../setup/where.ts";

const onLinux = process.platform === "linux";
const isRoot = process.getuid?.() === 0;

const environment = { ...process.env };
afterEach(() => {
  for (const name of ["XDG_RUNTIME_DIR", "TMPDIR"]) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
});

/** A folder as a graph leaves it that was killed, with some changes to what it says of its owner. */
function leftBehind(base: string, owner: object, name = `pyros-${randomBytes(6).toString("hex")}`): string {
  const made = makeFolder(temporaryFolder());
  const identity = JSON.parse(readFileSync(join(made.path, "owner"), "utf8")) as object;
  made.remove();
  const path = join(base, name);
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, "owner"), JSON.stringify({ ...identity, ...owner }));
  writeFileSync(join(path, "x.sock"), "");
  return path;
}

/** The number of a process that has ended. */
async function endedPid(): Promise<number> {
  const host = await startProcess({ entry: deeds, title: "short", bootstrap: { deed: "end" } });
  await host.exited;
  return host.pid;
}

describe("makeFolder", () => {
  it("makes a folder that only this user can enter, with room for the paths of sockets, and removes it", async () => {
    const base = temporaryFolder();
    const folder = makeFolder(base);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder.path, "owner")).mode & 0o777).toBe(0o600);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder.path, "x".repeat(23)), resolve));
    server.close();
    folder.remove();
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it("makes a new one each time", () => {
    const base = temporaryFolder();
    const [a, b] = [makeFolder(base), makeFolder(base)];
    expect(a.path).not.toBe(b.path);
    expect([existsSync(a.path), existsSync(b.path)]).toEqual([true, true]);
  });

  it("prefers the user's own folder for such things, if it can be used", () => {
    const own = temporaryFolder();
    process.env.XDG_RUNTIME_DIR = own;
    const inOwn = makeFolder();
    process.env.XDG_RUNTIME_DIR = join(own, "nowhere");
    const elsewhere = makeFolder();
    expect([inOwn.path.startsWith(own), elsewhere.path.startsWith(tmpdir())]).toEqual([true, true]);
    inOwn.remove();
    elsewhere.remove();
  });

  it("says why it cannot", () => {
    const base = temporaryFolder();
    writeFileSync(join(base, "file"), "");
    expect(() => makeFolder(join(base, "nowhere"))).toThrow(HostError);
    expect(() => makeFolder(join(base, "nowhere"))).toThrow(/cannot be made: there is no such folder/);
    expect(() => makeFolder(join(base, "file"))).toThrow(/cannot be made: that is no folder/);
    const long = join(base, "x".repeat(80));
    mkdirSync(long);
    expect(() => makeFolder(long)).toThrow(/too long a path \(\d+ bytes\) for Unix sockets: set TMPDIR/);
  });

  it("says that it may not write there", async () => {
    const base = temporaryFolder();
    chmodSync(base, 0o555);
    await asNobody(() => expect(() => makeFolder(base)).toThrow(/may not write there/));
  });

  it("refuses a place in which others could exchange it", () => {
    const base = temporaryFolder();
    chmodSync(base, 0o777);
    expect(() => makeFolder(base)).toThrow(/others may change what is in/);
    chmodSync(base, 0o1777);
    makeFolder(base).remove();
  });
});

describe("checkFolder", () => {
  it("refuses what others can enter, what is a link, and what is no folder", () => {
    const base = temporaryFolder();
    const { path } = makeFolder(base);
    expect(() => checkFolder(path)).not.toThrow();
    for (const mode of [0o755, 0o770, 0o701]) {
      chmodSync(path, mode);
      expect(() => checkFolder(path)).toThrow(/can be entered by others/);
    }
    chmodSync(path, 0o700);
    symlinkSync(path, join(base, "link"));
    expect(() => checkFolder(join(base, "link"))).toThrow(/is no folder/);
    expect(() => checkFolder(join(path, "owner"))).toThrow(/is no folder/);
    expect(() => checkFolder(join(base, "nowhere"))).toThrow(/there is no such folder/);
  });

  itWhere(isRoot)("refuses what belongs to somebody else", () => {
    const { path } = makeFolder(temporaryFolder());
    chownSync(path, 12_345, 12_345);
    expect(() => checkFolder(path)).toThrow(/belongs to user 12345/);
  });
});

describe("makeNamedFolder", () => {
  it("makes the folder of a name once, and again when it was removed or its graph is dead", async () => {
    const base = temporaryFolder();
    const first = await makeNamedFolder("lab", base);
    expect(first.path).toMatch(/\/pyros-\d+\.lab$/);
    expect([statSync(first.path).mode & 0o777, readdirSync(base).length]).toEqual([0o700, 1]);
    await expect(makeNamedFolder("lab", base)).rejects.toThrow(`a graph with the name lab runs already, in process ${process.pid}`);
    expect(readdirSync(base).length).toBe(1);
    (await makeNamedFolder("other", base)).remove();
    first.remove();
    leftBehind(base, { pid: await endedPid() }, first.path.split("/").at(-1));
    const second = await makeNamedFolder("lab", base);
    expect([second.path, existsSync(join(second.path, "x.sock"))]).toEqual([first.path, false]);
    second.remove();
    expect(readdirSync(base)).toEqual([]);
  });

  it("lets one of many have it who want it at once, also in the place of a dead one", async () => {
    const base = temporaryFolder();
    for (let round = 0; round < 5; round++) {
      const lines = new Lines();
      const hosts = await Promise.all(Array.from({ length: 4 }, async (_, i) =>
        kept(
          await startProcess({
            entry: deeds,
            title: `graph ${i}`,
            bootstrap: { deed: "name", value: base },
            permissions: ["-A"],
            onLine: lines.hear,
          }),
        )));
      await until(() => lines.all.length === 4);
      expect(lines.all.filter((line) => line === "made").length).toBe(1);
      expect(lines.all.filter((line) => /runs already, in process \d+/.test(line)).length).toBe(3);
      await Promise.all(hosts.map((host) => host.kill()));
    }
  });
});

describe("sweep", () => {
  it("removes what a graph has left that was killed, and nothing of one that runs", async () => {
    const base = temporaryFolder();
    const lines = new Lines();
    const options = { bootstrap: { deed: "folder", value: base }, permissions: ["-A"], onLine: lines.hear };
    const host = kept(await startProcess({ entry: deeds, title: "a graph", ...options }));
    await lines.some(/pyros-/);
    const [path] = lines.all;
    const own = makeFolder(base);
    expect(sweep(base)).toEqual([]);
    await host.kill();
    expect(existsSync(path)).toBe(true);
    expect(sweep(base)).toEqual([path]);
    expect([existsSync(path), existsSync(own.path)]).toEqual([false, true]);
  });

  it("happens when the next graph makes its folder", async () => {
    const base = temporaryFolder();
    const path = leftBehind(base, { pid: await endedPid() });
    makeFolder(base);
    expect(existsSync(path)).toBe(false);
  });

  itWhere(onLinux)("knows a number that another process has got", () => {
    const base = temporaryFolder();
    const path = leftBehind(base, { start: "1" });
    expect(sweep(base)).toEqual([path]);
  });

  itWhere(onLinux)("removes what was there before the machine started", () => {
    const base = temporaryFolder();
    const path = leftBehind(base, { boot: "another", space: "another" });
    expect(sweep(base)).toEqual([path]);
  });

  it("leaves what may belong to a graph of another machine or container", async () => {
    const base = temporaryFolder();
    const pid = await endedPid();
    leftBehind(base, { pid, host: "another" });
    leftBehind(base, { pid, space: "another" });
    expect(sweep(base)).toEqual([]);
  });

  it("leaves a folder whose owner is being written, and removes it when that does not happen", () => {
    const base = temporaryFolder();
    const path = leftBehind(base, {});
    writeFileSync(join(path, "owner"), '{ "pid": ');
    utimesSync(path, new Date(0), new Date(0));
    expect(sweep(base)).toEqual([]); // somebody keeps something in it
    rmSync(join(path, "x.sock"));
    expect(sweep(base)).toEqual([]); // it was changed just now
    utimesSync(path, new Date(0), new Date(0));
    expect(sweep(base)).toEqual([path]);
  });

  it("leaves what others could have made, and what has another name", async () => {
    const base = temporaryFolder();
    const pid = await endedPid();
    chmodSync(leftBehind(base, { pid }), 0o755);
    if (isRoot) chownSync(leftBehind(base, { pid }), 12_345, 12_345);
    for (const name of ["other", "pyros-mine", "pyros-0123456789abc", "pyros-0123456789AB"]) leftBehind(base, { pid }, name);
    expect(sweep(base)).toEqual([]);
  });

  it("finds nothing where there is no folder", () => {
    expect(sweep("/nowhere/at/all")).toEqual([]);
  });
});
