/**
 * A process that falls idle: with a graph, or with nothing at all. Each line that it reads it answers with the frames that were run and
 * the timers that the runtime has armed. It ends when its input does.
 */
import { createInterface } from "node:readline";
import { createEngine, type Engine } from "pyros";

let engine: Engine | undefined;
if (process.argv[2] === "graph") {
  engine = await createEngine(
    { nodes: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`/node${i}`, { use: "./nodes/idle-node.ts" }])) },
    { base: new URL("./", import.meta.url) },
  );
  // It has worked before it falls idle: calls with time limits, items, params, sleeps, a node that went and one that failed.
  await Promise.all(Array.from({ length: 50 }, (_, i) => engine!.call(`/node${i}/work`, 5, { timeout: 60_000 })));
  await engine.params.set("/node1/gain", 2);
  await engine.stopNode("/node3");
  await engine.restartNode("/node4");
}
const calls: Promise<unknown>[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "begin") calls.push(engine!.call("/node0/work", 1000, { timeout: 60_000 }));
  if (line === "end") await Promise.all(calls);
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  console.log(JSON.stringify({ frames: engine?.frameStats.frames ?? 0, timers }));
}
await engine?.close();
