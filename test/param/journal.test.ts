import { Buffer } from "node:buffer";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ParamFile } from "../../src/param/file.ts";
import { encodeChange, Journal, journalLine, readJournal } from "../../src/param/journal.ts";
import { ParamTree } from "../../src/param/tree.ts";
import { deed, treeAt } from "./deeds.ts";

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "pyros-param-"))));
afterAll(() => rm(folder, { recursive: true }));

/** A journal of the first `count` deeds, and where each line ends. */
function journalOf(count: number): { bytes: Buffer; ends: number[] } {
  const tree = new ParamTree();
  const ends: number[] = [];
  let bytes = Buffer.alloc(0);
  for (let n = 1; n <= count; n++) {
    bytes = Buffer.concat([bytes, journalLine(n - 1, n, tree.apply({ changes: deed(n) }).map(encodeChange))]);
    ends.push(bytes.length);
  }
  return { bytes, ends };
}

describe("readJournal()", () => {
  it("finds, in a journal cut off at any byte, all lines that are whole", () => {
    const { bytes, ends } = journalOf(24);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { entries, length } = readJournal(bytes.subarray(0, cut), "j");
      const whole = ends.filter((end) => end <= cut);
      expect([entries.length, length]).toEqual([whole.length, whole.at(-1) ?? 0]);
    }
  });

  it("drops a last line of which any byte was changed, and refuses the same in the middle", () => {
    const { bytes, ends } = journalOf(6);
    const [start, end] = ends.slice(-2) as [number, number];
    for (let at = start; at < end; at++) {
      const torn = Buffer.from(bytes);
      torn[at] ^= 4;
      if (torn[at] === 10) continue;
      expect(readJournal(torn, "j").entries.length).toBe(5);
      if (at < end - 1) {
        expect(() => readJournal(Buffer.concat([torn, bytes.subarray(0, ends[0])]), "j")).toThrow("j:6: this line is damaged");
      }
    }
  });

  it("stands any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const { bytes, ends } = journalOf(2);
      try {
        expect(readJournal(Buffer.concat([bytes, noise.filter((byte) => byte !== 10)]), "j").length).toBe(ends[1]);
        readJournal(Buffer.from(noise), "j");
      } catch (error) {
        expect((error as Error).name).toBe("ParamFileError");
      }
    }));
  });
});

describe("Journal", () => {
  it("adds lines behind what was good, and cuts off what was not", async () => {
    const path = join(folder, "j");
    const { bytes, ends } = journalOf(3);
    await writeFile(path, bytes.subarray(0, ends[1]! + 20));
    const journal = await Journal.open(path, ends[1]!, 0o600);
    await journal.append(bytes.subarray(ends[1], ends[2]));
    expect(journal.size).toBe(ends[2]);
    expect(await readFile(path)).toEqual(bytes);
    await journal.clear();
    await journal.append(bytes.subarray(0, ends[0]));
    await journal.close();
    expect(await readFile(path)).toEqual(bytes.subarray(0, ends[0]));
  });
});

describe("ParamFile", () => {
  it("recovers exactly the whole writes from a journal cut off at any byte, and goes on from there", async () => {
    const path = join(folder, "cut.yaml");
    const { bytes, ends } = journalOf(10);
    const cuts = [...ends.flatMap((end) => [end - 1, end]), ...Array.from({ length: 30 }, (_, i) => Math.floor((i / 30) * bytes.length))];
    for (const cut of cuts) {
      await rm(path, { force: true });
      await writeFile(`${path}.journal`, bytes);
      await truncate(`${path}.journal`, cut);
      const whole = ends.filter((end) => end <= cut).length;
      for (const more of [1, 0]) {
        const file = await ParamFile.open(path);
        const tree = new ParamTree();
        tree.replay(file.contents(), file.revision);
        expect(tree.revision).toBe(whole + (more === 1 ? 0 : 1));
        expect(tree.get("/")).toEqual(treeAt(tree.revision).get("/"));
        if (more === 1) await file.append(tree.apply({ changes: deed(tree.revision + 1) }), tree.revision);
        await file.close();
      }
    }
  });
});
