/**
 * A process that writes params to a file, and says the revision of each write that was acknowledged.
 *
 * Arguments: the file, and bytes of the journal's limit. It begins when it is told to, and goes on until it is killed,
 * or until its input ends: then it closes the file.
 */
import { once } from "node:events";
import { ParamFile } from "../../src/param/file.ts";
import { ParamTree } from "../../src/param/tree.ts";
import { deed } from "./deeds.ts";

const [path, journalLimit] = process.argv.slice(2);
console.log("ready");
await once(process.stdin, "data");
const file = await ParamFile.open(path!, { journalLimit: Number(journalLimit) });
const tree = new ParamTree();
tree.replay(file.contents(), file.revision);
console.log(`open ${file.revision}`);
let isOver = false;
process.stdin.on("end", () => (isOver = true)).resume();
while (!isOver) {
  const burst = 1 + (tree.revision % 5);
  const writes = Array.from({ length: burst }, async () => {
    const changes = tree.apply({ changes: deed(tree.revision + 1) });
    const { revision } = tree;
    await file.append(changes, revision);
    console.log(String(revision));
  });
  await Promise.all(writes);
}
await file.close();
console.log("closed");
