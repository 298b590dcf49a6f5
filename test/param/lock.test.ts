import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ParamFile } from "../../src/param/file.ts";
import { Lock } from "../../src/param/lock.ts";
import { startChild } from "./child.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pyros-param-"));
  file = join(folder, "params.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

describe("Lock", () => {
  it("keeps a second engine away, in the same process and in another, until it is released", async () => {
    const lock = await Lock.take(file);
    await expect(Lock.take(file)).rejects.toMatchObject({
      name: "ParamFileError",
      message:
        `${file} is in use by an engine in process ${process.pid} (it holds ${file}.lock); close that one, or give this one another file`,
    });
    const child = startChild("writer.ts", file, "1000");
    await child.lines.next();
    child.say("go");
    const { code, errors } = await child.ended;
    expect([code, errors]).toEqual([1, expect.stringContaining(`in use by an engine in process ${process.pid}`)]);
    await lock.release();
    await (await Lock.take(file)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken over from a process that was killed", async () => {
    const child = startChild("writer.ts", file, "1000");
    await child.lines.next();
    child.say("go");
    await child.lines.next();
    await expect(ParamFile.open(file)).rejects.toThrow(`in use by an engine in process ${child.pid}`);
    await child.kill();
    await (await ParamFile.open(file)).close();
    expect((await readdir(folder)).filter((name) => name !== "params.yaml")).toEqual([]);
  });

  it("is taken over where the process id is in use by another process, or from before the machine was started", async () => {
    await (await Lock.take(file)).release();
    const lock = await Lock.take(file);
    const holder = JSON.parse(await readFile(`${file}.lock`, "utf8")) as { pid: number; started: string; boot: string };
    await lock.release();
    if (holder.boot === "") return; // the system does not tell
    for (const stale of [{ ...holder, started: "1" }, { ...holder, boot: "another" }]) {
      await writeFile(`${file}.lock`, JSON.stringify(stale));
      await (await Lock.take(file)).release();
    }
  });

  it("is taken over where a crash has left it, or the claim to it, unwritten", async () => {
    for (const text of ["", "{", '{"pid":-1}', "null"]) {
      await writeFile(`${file}.lock`, text);
      await writeFile(`${file}.lock.claim`, "");
      await utimes(`${file}.lock.claim`, new Date(0), new Date(0));
      await (await Lock.take(file)).release();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("waits while another looks at it", async () => {
    await writeFile(`${file}.lock.claim`, "");
    const waiting = Lock.take(file);
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 100, "waits"))])).toBe("waits");
    await rm(`${file}.lock.claim`);
    await (await waiting).release();
  });

  it("is taken by exactly one of many that find it stale", async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(`${file}.lock`, JSON.stringify({ pid: 2 ** 22 + 1, started: "1", boot: "another" }));
      const taken = (await Promise.all(Array.from({ length: 5 }, () => Lock.take(file).catch(() => undefined)))).filter((lock) =>
        lock !== undefined
      );
      expect(taken.length).toBe(1);
      await taken[0]!.release();
    }
  });

  it("leaves a lock alone that another has taken meanwhile", async () => {
    const lock = await Lock.take(file);
    await writeFile(`${file}.lock`, "another's");
    await lock.release();
    expect(await readFile(`${file}.lock`, "utf8")).toBe("another's");
  });
});
