/**
 * A process whose files cannot grow at times, as on a full disk.
 *
 * It says how each append ended, one for each line that it is told: the length of the text to write, or `close`.
 */
import { createInterface } from "node:readline";
import { ParamFile } from "../../src/param/file.ts";

process.on("SIGXFSZ", () => {}); // the system asks so whether the process can stand an error instead
const file = await ParamFile.open(process.argv[2]!, { journalLimit: 1_000_000 });
console.log("ready");
let revision = file.revision;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "close") break;
  revision++;
  try {
    await file.append([{ name: "/text", value: "x".repeat(Number(line)), revision, exists: true }, {
      name: `/n${revision}`,
      value: revision,
      revision,
      exists: true,
    }], revision);
    console.log("ok");
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`);
  }
}
await file.close();
console.log("closed");
process.exit(0);
