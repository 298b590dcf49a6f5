/**
 * Throws broken bytes at all that reads what comes from outside: `npm run fuzz -- --frames N --seed S --json FILE`; with
 * `--stacks`, errors have their stacks, which takes longer; `--target ros` takes those whose names begin so.
 *
 * So many messages at the codecs, batches between two engines, hellos, ZMTP streams, and all that is read from a ROS graph; memory is to
 * stay flat meanwhile.
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { fuzzCodecs } from "./codec.ts";
import { fuzzHellos } from "./hello.ts";
import { fuzzMessages } from "./ros/messages.ts";
import { fuzzMasterAnswers, fuzzPublishers, fuzzResponses } from "./ros/peers.ts";
import { fuzzHeaders, fuzzMaster, fuzzRequests, fuzzSlave } from "./ros/servers.ts";
import { fuzzWire } from "./wire.ts";
import { fuzzZmtp } from "./zmtp.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    target: { type: "string", default: "" },
    stacks: { type: "boolean", default: false },
  },
});
const [frames, seed] = [Number(values.frames), Number(values.seed)];
if (!Number.isSafeInteger(frames) || frames < 1 || !Number.isSafeInteger(seed)) {
  throw new Error("--frames takes a whole number from 1, --seed a whole number");
}
const mostGrown = 16; // MB that a fuzzer may leave in memory after a first, short run

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
function used(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

// Who loops for ever cannot say so.
const alive = new Int32Array(new SharedArrayBuffer(4));
setInterval(() => Atomics.add(alive, 0, 1), 1000).unref();
const watchdog = new Worker(
  `const { workerData } = require("node:worker_threads");
  let before = -1;
  setInterval(() => {
    const now = Atomics.load(workerData, 0);
    if (now === before) {
      require("node:fs").writeSync(2, "hung: the loop has stood still for a minute");
      process.kill(process.pid, "SIGKILL");
    }
    before = now;
  }, 60_000);`,
  { eval: true, workerData: alive },
);
watchdog.unref();

// What an error costs is mostly its stack; it is there for whoever looks for a mistake.
if (!values.stacks) Error.stackTraceLimit = 0;
const all = {
  codec: fuzzCodecs,
  wire: fuzzWire,
  hello: fuzzHellos,
  zmtp: fuzzZmtp,
  "ros message": fuzzMessages,
  "ros header": fuzzHeaders,
  "ros request": fuzzRequests,
  "ros slave": fuzzSlave,
  "ros master": fuzzMaster,
  "ros answer of a master": fuzzMasterAnswers,
  "ros publisher": fuzzPublishers,
  "ros response": fuzzResponses,
};
const fuzzers = Object.entries(all).filter(([name]) => name.startsWith(values.target));
if (fuzzers.length === 0) throw new Error(`--target takes one of ${Object.keys(all).join(", ")}, or how some of them begin`);
const result: Record<string, unknown> = { seed, frames };
let bad = 0;
for (const [name, fuzz] of fuzzers) {
  await fuzz({ frames: Math.min(frames, 500), seed: seed + 1 });
  const before = used();
  const start = performance.now();
  const counts = await fuzz({ frames, seed });
  const grown = Math.max(0, used() - before);
  result[name] = { ...counts, seconds: (performance.now() - start) / 1000, grownMB: Math.round(grown * 10) / 10 };
  const { crashed, hung = 0, unexplained = 0 } = counts as { crashed: number; hung?: number; unexplained?: number };
  bad += crashed + hung + unexplained + (grown > mostGrown ? 1 : 0);
  console.log(name, result[name]);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
process.exitCode = bad === 0 ? 0 : 1;
