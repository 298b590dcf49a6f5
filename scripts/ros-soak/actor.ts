/**
 * An engine with a bridge: runs the config that its argument holds. `sample` on its standard input has it tell how it does, `quiet` has it
 * begin no more; it ends with it.
 */
import { createEngine, type EngineConfig } from "pyros";
import process from "node:process";
import { createInterface } from "node:readline";
import type ros from "pyros/ros";
import type actor from "./nodes/actor.ts";
import { ownSockets } from "../../test/setup/tcp-table.ts";
import type { CallReport } from "./calls.ts";

/** How an engine does. */
export interface Sample {
  /** Those that it holds. */
  readonly sockets: readonly string[];
  /** MB */
  readonly heapUsed: number;
  readonly rss: number;
  /** How often the master was away and has come back. */
  readonly returns: number;
  readonly graph: string;
  readonly report: CallReport;
}

const [name, config] = [process.argv[2]!, JSON.parse(process.argv[3]!) as EngineConfig];
const engine = await createEngine(config, { base: new URL("./", import.meta.url) });
let [returns, wasAway] = [0, false];
engine.params.watch("/ros/status/graph", (value) => {
  if (wasAway && value === "here") returns++;
  wasAway = value === "away";
});

async function sample(): Promise<Sample> {
  const report = await engine.client<typeof actor>(name).report();
  const { graph } = await engine.client<typeof ros>("/ros").health();
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { sockets: ownSockets(), heapUsed: heapUsed / 2 ** 20, rss: rss / 2 ** 20, returns, graph, report };
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (line === "quiet") void engine.client<typeof actor>(name).quiet();
  if (line === "sample") void sample().then((all) => process.stdout.write(`${JSON.stringify(all)}\n`));
});
lines.once("close", () => void engine.close());
process.stdout.write("ready\n");
