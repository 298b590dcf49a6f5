/**
 * Runs a graph under load, kills and stops its parts at random, and checks that nothing is lost, doubled or left:
 * `npm run chaos -- --minutes N --seed S --json FILE`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" }, json: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes takes a number above 0, --seed a whole number");

// Both before anything of the engine is loaded: children inherit them.
const temporary = mkdtempSync(join(tmpdir(), "pc-"));
Object.assign(process.env, { PYROS_CHAOS: mkdtempSync(join(temporary, "records-")), TMPDIR: temporary, XDG_RUNTIME_DIR: "" });

const { createEngine } = await import("../../src/mod.ts");
const { Random } = await import("../../src/time/random.ts");
const { Harm } = await import("./deeds.ts");
const { callers, config, targets } = await import("./graph.ts");
const { Load } = await import("./load.ts");
const { doubled, holds, leftovers, lostWrites, miscounts, startAll } = await import("./verdict.ts");

const records = process.env.PYROS_CHAOS!;
const paramsFile = join(temporary, "params.json");
const baseline = leftovers(temporary);
const engine = await createEngine(config(seed, paramsFile), { base: import.meta.url });
const random = new Random(`load ${seed}`);
const stop = new AbortController();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const load = new Load("program", {
  call: (service, input, options) => engine.call(service, input, options),
  write: (param, value) => engine.params.set(param, value),
  read: (param) => engine.params.get(param),
  subscribe: (stream, options) => engine.stream(stream, options),
  random: () => random.next(),
  sleep,
});
load.start(targets, stop.signal);
const tick = engine.publisher<number>("/tick", { depth: 1000 });
let ticks = 0;
const ticking = setInterval(() => tick.emit(ticks++), 5);

const harm = new Harm(engine, new Random(`harm ${seed}`));
const pace = new Random(`pace ${seed}`);
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) {
  await sleep(100 + pace.next() * 700);
  await harm.next();
}

// Peace: all comes back, nothing new is begun, and what is out settles.
await harm.end();
const problems: string[] = [];
if (!(await startAll(engine))) {
  problems.push(`not all nodes came back: ${engine.nodes.filter(({ status }) => status !== "running").map(({ name }) => name).join(", ")}`);
}
load.quiet = true;
clearInterval(ticking);
const out = async () =>
  load.calls - load.settled +
  (await Promise.all(callers.map((name) => engine.call<number>(`${name}/quiet`)))).reduce((sum, n) => sum + n, 0);
await holds(async () => await out() === 0, 10_000);
const unsettled = await out();
const accounts = async () => {
  for (let i = 0; i < 3; i++) await engine.flush();
  return [load.account(), ...await Promise.all(callers.map((name) => engine.call(`${name}/account`)))];
};
const before = await accounts();
for (let i = 0; i < 100; i++) tick.emit(ticks++);
const after = await accounts();
const wrong = miscounts(before, after, 100);
const lost = lostWrites(records, (param) => engine.params.get(param));
stop.abort();
await engine.close();
const file = (JSON.parse(readFileSync(paramsFile, "utf8")) as { params: Record<string, any> }).params;
const lostInFile = lostWrites(records, (param) => param.split("/").slice(1).reduce((tree, key) => tree?.[key], file));
const left = () => leftovers(temporary, baseline);
await holds(() => left().length === 0, 5000);

const { kills, stops, moves, orders } = harm.deeds;
const result = {
  seed,
  minutes,
  kills,
  stops,
  moves,
  orders,
  calls: after.reduce((sum, { calls }) => sum + calls, 0),
  settled: after.reduce((sum, { settled }) => sum + settled, 0),
  answered: after.reduce((sum, { answered }) => sum + answered, 0),
  unsettled,
  doubled: doubled(records),
  lostAcknowledgedWrites: lost + lostInFile,
  streamMiscount: wrong.length,
  leftovers: left().length,
};
if (result.answered < result.calls / 4) problems.push(`only ${result.answered} of ${result.calls} calls were answered: this proves little`);
problems.push(...wrong, ...left().map((what) => `left behind: ${what}`));
for (const key of ["unsettled", "doubled", "lostAcknowledgedWrites"] as const) if (result[key] > 0) problems.push(`${key}: ${result[key]}`);
console.log(result, `of ${readdirSync(records).length} files of records`);
for (const problem of problems) console.error(problem);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
rmSync(temporary, { recursive: true });
// Whoever is left must not keep this alive.
process.exit(problems.length === 0 ? 0 : 1);
