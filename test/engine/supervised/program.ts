// A program with an engine whose nodes run in processes and in a thread; it tells their numbers, and then does as it is told.
import { createEngine } from "../../../src/mod.ts";

const engine = await createEngine({
  placement: "process",
  nodes: { "/idle": "./mortal.ts", "/busy": "./mortal.ts", "/thread": { use: "./mortal.ts", placement: "thread" } },
}, { base: import.meta.url });
const pids = [await engine.call("/idle/pid"), await engine.call("/busy/pid")];
await engine.call("/thread/pid");
await engine.call("/busy/die", "loop");
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(JSON.stringify(pids));
if (process.env.DEED === "exit") process.exit(3);
if (process.env.DEED === "throw") throw new Error("the main engine fails");
if (process.env.DEED === "loop") { for (;;); }
setInterval(() => {}, 1000);
