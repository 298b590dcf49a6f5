import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateError } from "../../src/errors.ts";
import { ParamFileError } from "../../src/param/file-error.ts";
import { ParamFile, type ParamFileOptions } from "../../src/param/file.ts";
import { type ParamStep, ParamTree } from "../../src/param/tree.ts";
import { snapshot } from "../../src/value/copy.ts";
import { startChild } from "./child.ts";
import { anyTree } from "./values.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "pyros-param-"))));
afterEach(() => rm(folder, { recursive: true }));

/** An open file, and the tree whose writes go into it. */
class Pair {
  readonly file: ParamFile;
  readonly tree: ParamTree = new ParamTree();

  constructor(file: ParamFile) {
    this.file = file;
    this.tree.replay(file.contents(), file.revision);
  }

  static async open(path: string, options?: ParamFileOptions): Promise<Pair> {
    return new Pair(await ParamFile.open(path, options));
  }

  write(...changes: ParamStep[]): Promise<void> {
    const changed = this.tree.apply({ changes });
    return this.file.append(changed, this.tree.revision);
  }
}

async function contentOf(path: string): Promise<unknown> {
  const { file, tree } = await Pair.open(path);
  await file.close();
  return tree.get("/");
}

async function refusal(path: string): Promise<Error> {
  const error = await ParamFile.open(path).then((file) => file.close(), (error: unknown) => error);
  expect(error).toBeInstanceOf(ParamFileError);
  return error as Error;
}

describe.each(["yaml", "yml", "json"])("ParamFile with .%s", (ending) => {
  it("keeps every value, name, deletion and the revision", async () => {
    const path = join(folder, `params.${ending}`);
    await fc.assert(
      fc.asyncProperty(anyTree, anyTree, async (first, second) => {
        await rm(path, { force: true });
        const one = await Pair.open(path);
        await one.write({ name: "/", value: snapshot(first) });
        await one.file.close();
        const two = await Pair.open(path);
        expect(two.tree.revision).toBe(1);
        await two.write({ name: "/", value: snapshot(second) });
        await two.write({ name: "/one/more", value: 1 });
        const { revision } = two.tree;
        await two.file.close();
        const three = await Pair.open(path);
        await three.file.close();
        expect(three.tree.revision).toBe(revision);
        expect(isDeepStrictEqual(three.tree.get("/"), two.tree.get("/"))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("is a text that people read and edit", async () => {
    const path = join(folder, `params.${ending}`);
    const { file, write } = await Pair.open(path).then((pair) => ({ file: pair.file, write: pair.write.bind(pair) }));
    await write({ name: "/guide", value: { gain: 2, pid: { p: 1, none: {} } } });
    await file.close();
    const text = await readFile(path, "utf8");
    expect(text).toBe(
      ending === "json"
        ? '{\n  "pyros-params": 1,\n  "revision": 1,\n  "params": {\n    "guide": {\n      "gain": 2,\n      "pid": {\n        "none": {},\n        "p": 1\n      }\n    }\n  }\n}\n'
        : "# Params that were set in a Pyros graph. Edit them only while no engine has this file open.\npyros-params: 1\nrevision: 1\nparams:\n  guide:\n    gain: 2\n    pid:\n      none: {}\n      p: 1\n",
    );
    await writeFile(path, text.replace(/("?gain"?): 2/, "$1: 3"));
    expect(await contentOf(path)).toEqual({ guide: { gain: 3, pid: { p: 1, none: {} } } });
  });
});

describe("ParamFile.append()", () => {
  it("acknowledges a write when it is in the file, before the file is closed", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    await pair.write({ name: "/a", value: 1 });
    expect(await readFile(`${path}.journal`, "utf8")).toMatch(/^[0-9a-f]{8} \[0,1,\[\["\/a",1\]\]\]\n$/);
    await pair.file.close();
  });

  it("puts all writes of one turn into one line, and so under one sync", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    const early = Promise.resolve().then(() => pair.write({ name: "/late", value: 1 })); // a later microtask of this turn
    await Promise.all([early, ...Array.from({ length: 100 }, (_, i) => pair.write({ name: `/n${i}`, value: i }))]);
    expect((await readFile(`${path}.journal`, "utf8")).trim().split("\n").length).toBe(1);
    await pair.file.close();
    expect(Object.keys((await contentOf(path)) as object).length).toBe(101);
  });

  it("writes what the value was when it was appended", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    const bytes = new Uint8Array([1]);
    const done = pair.write({ name: "/bytes", value: bytes });
    bytes[0] = 2;
    await done;
    expect(await readFile(`${path}.journal`, "utf8")).toContain(Buffer.from([1]).toString("base64"));
    await pair.file.close();
  });

  it("merges the journal into the file when it has grown, also in the middle of writes", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path, { journalLimit: 200 });
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      writes.push(pair.write({ name: `/n${i % 20}`, value: "x".repeat(i) }));
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(writes);
    expect((await stat(`${path}.journal`)).size).toBeLessThan(20_000);
    expect(await readFile(path, "utf8")).toContain("pyros-params");
    await pair.file.close();
    expect(await contentOf(path)).toEqual(pair.tree.get("/"));
  });

  it("is refused when the file is closed", async () => {
    const pair = await Pair.open(join(folder, "params.yaml"));
    const closing = pair.file.close();
    await expect(pair.write({ name: "/a", value: 1 })).rejects.toBeInstanceOf(StateError);
    await closing;
  });

  it("takes any number of writes whose params were never in it", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    pair.tree.declare("/n", { default: { a: 1, b: 1 }, owner: "/n" }); // not appended: the file holds what was set
    await pair.write({ name: "/n/a", value: 2 });
    pair.tree.undeclare("/n");
    await pair.write({ name: "/n/b", delete: true });
    await pair.file.close();
    expect(await contentOf(path)).toEqual({ n: { a: 2 } });
  });
});

describe("ParamFile.close()", () => {
  it("writes what waits, merges, and leaves the file alone", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    expect((await readdir(folder)).sort()).toEqual(["params.yaml.journal", "params.yaml.lock"]);
    const waiting = pair.write({ name: "/a", value: 1 });
    await Promise.all([pair.file.close(), pair.file.close()]);
    await waiting;
    expect(await readdir(folder)).toEqual(["params.yaml"]);
    expect(await contentOf(path)).toEqual({ a: 1 });
  });

  it("leaves nothing where nothing was written", async () => {
    const file = await ParamFile.open(join(folder, "params.yaml"));
    await file[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("ParamFile.open()", () => {
  it("makes the folder, and says clearly when it cannot", async () => {
    await contentOf(join(folder, "deep/er/params.yaml"));
    await writeFile(join(folder, "file"), "");
    expect((await refusal(join(folder, "file/params.yaml"))).message).toMatch(
      /params\.yaml cannot be opened: .*(EEXIST|ENOTDIR|[Nn]ot a directory|exists)/,
    );
    await mkdir(join(folder, "dir.yaml"));
    expect((await refusal(join(folder, "dir.yaml"))).message).toMatch(/dir\.yaml cannot be opened: .*(EISDIR|[Ii]s a directory)/);
    await expect(ParamFile.open(join(folder, "params.txt"))).rejects.toThrow("a file of params ends in .yaml, .yml or .json");
    expect((await readdir(folder)).sort()).toEqual(["deep", "dir.yaml", "file"]);
  });

  it.each([
    ["yaml", "pyros-params: 1\nrevision: 2\nparams:\n  a: [1\n", /params\.yaml:\d:\d+: /],
    ["yaml", "", /params\.yaml:1: this is no file of params/],
    ["yaml", "guide:\n  gain: 1\n", /params\.yaml:1: this is no file of params/],
    ["yaml", "pyros-params: 2\nrevision: 2\nparams: {}\n", /params\.yaml:1: this is no file of params of version 1/],
    ["yaml", "pyros-params: 1\nrevision: -2\nparams: {}\n", /params\.yaml:1: /],
    ["yaml", "pyros-params: 1\nrevision: 2\nparams: 5\n", /params\.yaml:1: /],
    ["yaml", 'pyros-params: 1\nrevision: 2\nparams: {"a b": 1}\n', /params\.yaml: params: .*a b/],
    ["yaml", "pyros-params: 1\nrevision: 2\nparams: {a: {$bigint: x}}\n", /params\.yaml: \/a: \$\.\$bigint: this holds a string of digits/],
    ["json", '{ "pyros-params": 1, "revision": 2,\n "params": { "a": 1 }', /params\.json:2:\d+: the text ends too early/],
    ["json", "\0\0\0\0", /params\.json:1:1: /],
    ["json", "null", /params\.json:1: /],
  ])("refuses a damaged or foreign .%s file and leaves it as it is: %j", async (ending, text, message) => {
    const path = join(folder, `params.${ending}`);
    await writeFile(path, text);
    expect((await refusal(path)).message).toMatch(message);
    expect(await readFile(path, "utf8")).toBe(text);
    expect(await readdir(folder)).toEqual([`params.${ending}`]);
  });

  it("refuses a journal that belongs to another file", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    await pair.write({ name: "/a", value: 1 });
    await pair.file.close();
    const again = await Pair.open(path);
    await again.write({ name: "/a", value: 2 });
    const journal = await readFile(`${path}.journal`);
    await again.file.close();
    await rm(path);
    await writeFile(`${path}.journal`, journal);
    expect((await refusal(path)).message).toContain("params.yaml.journal:1: this line continues revision 1, but");
  });

  it("passes over lines that were merged before a crash, and a draft that was not finished", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    await pair.write({ name: "/a", value: 1 });
    await pair.write({ name: "/a", delete: true });
    const journal = await readFile(`${path}.journal`);
    await pair.file.close();
    await writeFile(`${path}.journal`, journal);
    await writeFile(`${path}.new`, "pyros-pa");
    expect(await contentOf(path)).toEqual({});
    expect(await readdir(folder)).toEqual(["params.yaml"]);
  });

  it("does not go back to lines that are older than the file", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    await pair.write({ name: "/a", value: 1 });
    const journal = await readFile(`${path}.journal`);
    await pair.write({ name: "/a", value: 2 });
    await pair.file.close();
    await writeFile(`${path}.journal`, journal); // as if a merge that took the second write along had crashed at its end
    const again = await Pair.open(path);
    await again.file.close();
    expect([again.tree.get("/"), again.tree.revision]).toEqual([{ a: 2 }, 2]);
  });

  it("keeps the file's mode, for the journal too, and follows a link", async () => {
    const path = join(folder, "params.yaml");
    const pair = await Pair.open(path);
    await pair.write({ name: "/a", value: 1 });
    await pair.file.close();
    await chmod(path, 0o600);
    await symlink(path, join(folder, "link.yaml"));
    const linked = await Pair.open(join(folder, "link.yaml"));
    expect(linked.file.path).toBe(path);
    expect((await stat(`${path}.journal`)).mode & 0o777).toBe(0o600);
    await linked.write({ name: "/a", value: 2 });
    await linked.file.close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await contentOf(path)).toEqual({ a: 2 });
  });
});

describe("ParamFile on a full disk", () => {
  // `prlimit` lets the system refuse to make a process's files any longer, as a full disk does.
  const limit = (pid: number, bytes: string): unknown => execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);

  const missing = spawnSync("prlimit", ["--version"]).status !== 0;
  if (missing) console.log("skipped: a full disk. Debian has prlimit in util-linux.");

  it.skipIf(missing)("rejects what it cannot write, keeps what it has, and goes on when there is room", async () => {
    const path = join(folder, "params.yaml");
    const child = startChild("full.ts", path);
    const hear = async (): Promise<string> => (await child.lines.next()).value as string;
    const tell = async (line: number): Promise<string> => {
      child.say(String(line));
      return await hear();
    };
    expect(await hear()).toBe("ready");
    expect(await tell(100)).toBe("ok");
    limit(child.pid, "2000");
    expect(await tell(1_000)).toBe("ok");
    expect(await tell(1_500)).toMatch(
      /^ParamFileError: .*params\.yaml could not be written, so a write is not in it: .*(EFBIG|too large)/i,
    );
    expect(await tell(1_900)).toMatch(/^ParamFileError: /);
    expect(await readFile(`${path}.journal`, "utf8")).toMatch(/^.+\n.+\n$/); // the two whole lines
    expect(await tell(10)).toBe("ok");
    expect(await readFile(path, "utf8")).toMatch(/n3: 3\n.*n4: 4\n/s); // what was rejected is in effect, and comes along
    expect(await tell(20)).toBe("ok");
    limit(child.pid, "unlimited");
    expect(await tell(5_000)).toBe("ok");
    child.say("close");
    expect(await hear()).toBe("closed");
    await child.ended;
    expect(await contentOf(path)).toEqual({ text: "x".repeat(5_000), n1: 1, n2: 2, n3: 3, n4: 4, n5: 5, n6: 6, n7: 7 });
  });
});
