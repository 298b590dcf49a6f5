import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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

/** The last revision that a child says was acknowledged, once it has ended. */
async function lastWord(child: Child): Promise<number> {
  let last = 0;
  for await (const line of child.lines) if (/^\d+$/.test(line)) last = Math.max(last, Number(line));
  return last;
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
      const word = lastWord(child);
      for (let begun = false; !begun;) begun = (await readdir(folder)).includes(`killed.${format}.lock`) || (await sleep(1), false);
      await sleep(5 + Math.random() * 120);
      await child.kill();
      const last = await word;
      const { content, revision } = await find(path);
      expect(revision).toBeGreaterThanOrEqual(last);
      expect(revision).toBeGreaterThanOrEqual(survived);
      expect(content).toEqual(treeAt(revision).get("/"));
      acknowledged += Number(last > survived);
      survived = revision;
    }
    expect(acknowledged).toBeGreaterThan(kills / 3);
    expect((await readdir(folder)).filter((name) => name.startsWith("killed") && name.includes(format))).toEqual([`killed.${format}`]);
    expect(await readFile(path, "utf8")).toContain(`revision`);
  });
});
