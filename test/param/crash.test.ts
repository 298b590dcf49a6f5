import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ParamFile } from "../../src/param/file.ts";
import { ParamTree } from "../../src/param/tree.ts";
import { type Child, startChild } from "./child.ts";
import { treeAt } from "./deeds.ts";

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "pyros-param-"))));
afterAll(() => rm(folder, { recursive: true }));

/** What an engine would find that starts now. */
async function find(path: string): Promise<{ content: unknown; revision: number }> {
  const file = await ParamFile.open(path);
  const tree = new ParamTree();
  tree.replay(file.contents(), file.revision);
  await file.close();
  return { content: tree.get("/"), revision: tree.revision };
}

/** What a child says. */
class Heard {
  /** The last revision that it said was acknowledged. */
  last = 0;
  /** Settles when it has ended, and all is heard. */
  readonly all: Promise<void>;

  constructor(child: Child) {
    this.all = this.#listen(child);
  }

  async #listen(child: Child): Promise<void> {
    for await (const line of child.lines) if (/^\d+$/.test(line)) this.last = Math.max(this.last, Number(line));
  }
}

describe.each(["yaml", "json"])("ParamFile in %s", (format) => {
  it("loses nothing that was acknowledged, and leaves no half file, when its process is killed at any moment", async () => {
    const path = join(folder, `killed.${format}`);
    const kills = 10;
    let next = startChild("writer.ts", path, "3000");
    let [acknowledged, survived] = [0, 0];
    for (let i = 0; i < kills; i++) {
      const child = next;
      child.say("go");
      if (i < kills - 1) next = startChild("writer.ts", path, "3000");
      const heard = new Heard(child);
      const isOpen = async (): Promise<boolean> => (await readdir(folder)).includes(`killed.${format}.lock`);
      // Half of them while they open the file or write for the first time, half while they write and merge.
      while (i % 2 === 0 ? !(await isOpen()) : heard.last === 0) await sleep(1);
      await sleep(Math.random() * 40);
      await child.kill();
      await heard.all;
      const { content, revision } = await find(path);
      expect(revision).toBeGreaterThanOrEqual(heard.last);
      expect(revision).toBeGreaterThanOrEqual(survived);
      expect(content).toEqual(treeAt(revision).get("/"));
      acknowledged += Number(heard.last > 0);
      survived = revision;
    }
    expect(acknowledged).toBeGreaterThanOrEqual(kills / 2);
    expect((await readdir(folder)).filter((name) => name.startsWith("killed") && name.includes(format))).toEqual([`killed.${format}`]);
  });
});
