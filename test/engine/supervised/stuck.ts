// A program for Deno whose node hangs in a thread, which Deno cannot end; it tells what came of it, and ends itself.
import { readBootstrap } from "../../../src/child/bootstrap.ts";
import { createEngine } from "../../../src/mod.ts";

readBootstrap();
const engine = await createEngine({
  heartbeat: 100,
  nodes: {
    "/mortal": { use: "./mortal.ts", placement: "thread", restart: { delay: 1 } },
    "/caller": "./caller.ts",
  },
}, { base: import.meta.url });
const events: { type: string; node: string; error?: string }[] = [];
const givenUp = new Promise<void>((resolve) =>
  engine.watchGraph(({ type, node, error }) => {
    events.push({ type, node, ...(error === undefined ? {} : { error: (error as Error).message }) });
    if (type === "given-up") resolve();
  })
);
const call = engine.call("/caller/wait");
const begun = Date.now();
await engine.call("/mortal/die", "loop");
const { name, at } = await call;
await givenUp;
const start = await engine.startNode("/mortal").catch((error: Error) => ({ name: error.name, message: error.message }));
await engine.close();
console.log(JSON.stringify({ events: events.slice(0, 2), call: { name, after: at - begun }, start }));
process.exit(5);
