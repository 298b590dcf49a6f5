/**
 * Runs a graph under load, kills and stops its parts at random, fills its disk, pulls its network's cable, and checks that nothing
 * is lost, doubled or left: `npm run chaos -- --minutes N --seed S --json FILE`.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { enter, inside } from "./sandbox.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" }, json: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes takes a number above 0, --seed a whole number");

const sandbox = inside();
if (sandbox === undefined) process.exit(await enter());

// Before anything of the engine is loaded: children inherit them.
const temporary = mkdtempSync(join(tmpdir(), "pc-"));
const records = join(temporary, "records");
const { Disk } = await import("./disk.ts");
const disk = new Disk(join(temporary, "disk"), sandbox.disks);
mkdirSync(records);
Object.assign(process.env, { PYROS_CHAOS: records, TMPDIR: disk.path, XDG_RUNTIME_DIR: "" });

const { createEngine } = await import("../../src/mod.ts");
const { makeKeyFile } = await import("../../src/host/keys.ts");
const { Random } = await import("../../src/time/random.ts");
const { Harm } = await import("./deeds.ts");
const { callerIn, callers, config, guestConfig, targets } = await import("./graph.ts");
const { Guest } = await import("./guests.ts");
const { Load } = await import("./load.ts");
const { here, Network } = await import("./network.ts");
const { holds } = await import("./conditions.ts");
const { doubled, leftovers, lostWrites, miscounts, startAll, Twins } = await import("./verdict.ts");

const paramsFile = join(disk.path, "params.json");
const baseline = leftovers(disk.path);
const network = sandbox.networks ? await Network.make() : undefined;
const [keys, farKeys] = [join(temporary, "graph.keys"), join(temporary, "far.keys")];
const [serverKey, farKey] = [await makeKeyFile(keys), await makeKeyFile(farKeys)];
const address = `tcp://${here}:7000`;
const far = network === undefined ? {} : { listen: address, keys, allow: [farKey] };
const begin = () => createEngine(config(seed, paramsFile, far), { base: import.meta.url });
// On a machine that is busy, loading a program may take longer than its heartbeat allows.
const engine = await begin().catch(begin).catch(begin);
const guests = new Map<"near" | "far", InstanceType<typeof Guest>>([["near", new Guest(guestConfig("near"))]]);
if (network !== undefined) guests.set("far", new Guest(guestConfig("far", { join: address, keys: farKeys, serverKey }), network.enter));
const twins = new Twins(engine);
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

// What must not happen is not to be waited for.
let phase = "the guests are joining";
const hang = setTimeout(() => {
  console.error(`hung while ${phase}`, engine.nodes.map(({ name, status }) => `${name} ${status}`), harm.problems, harm.outside.problems);
  process.exit(1);
}, minutes * 60_000 + 120_000);
const harm = new Harm(engine, new Random(`harm ${seed}`), { disk, network, guests });
await holds(() => [...guests.values()].every(({ joins }) => joins > 0), 20_000);
harm.begin();
const pace = new Random(`pace ${seed}`);
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) {
  await sleep(100 + pace.next() * 700);
  await harm.next((deed) => (phase = deed));
}
phase = "all is mended";

// Peace: all comes back, nothing new is begun, and what is out settles.
await harm.end();
phase = "all nodes come back";
const problems: string[] = [...harm.problems, ...harm.outside.problems];
const everybody = [...callers, ...[...guests.keys()].map(callerIn)];
if (!(await startAll(engine, [...targets.filter((name) => network !== undefined || !name.startsWith("/far")), ...everybody]))) {
  problems.push(`not all nodes came back: ${engine.nodes.map(({ name, status }) => `${name} ${status}`).join(", ")}`);
}
phase = "what is out settles";
load.quiet = true;
clearInterval(ticking);
const out = async () =>
  load.calls - load.settled +
  (await Promise.all(everybody.map((name) => engine.call<number>(`${name}/quiet`)))).reduce((sum, n) => sum + n, 0);
await holds(async () => await out() === 0, 10_000);
const unsettled = await out();
const accounts = async () => {
  for (let i = 0; i < 3; i++) await engine.flush();
  return [load.account(), ...await Promise.all(everybody.map((name) => engine.call(`${name}/account`)))];
};
const before = await accounts();
for (let i = 0; i < 100; i++) tick.emit(ticks++);
const after = await accounts();
const wrong = miscounts(before, after, 100);
const lost = lostWrites(records, (param) => engine.params.get(param));
phase = "all is closed";
stop.abort();
twins.end();
for (const [where, guest] of guests) if (!(await guest.end())) problems.push(`the guest ${where} did not end by itself`);
await engine.close();
await network?.end();
const file = (JSON.parse(readFileSync(paramsFile, "utf8")) as { params: Record<string, any> }).params;
const lostInFile = lostWrites(records, (param) => param.split("/").slice(1).reduce((tree, key) => tree?.[key], file));
const left = () => leftovers(disk.path, baseline);
await holds(() => left().length === 0, 5000);

const { kills, stops, moves, orders } = harm.deeds;
const result = {
  seed,
  minutes,
  kills,
  stops,
  moves,
  partitions: harm.outside.deeds.partitions,
  fullDisks: harm.outside.deeds.fullDisks,
  joins: [...guests.values()].reduce((sum, { joins }) => sum + joins, 0),
  leaves: harm.outside.deeds.leaves,
  orders,
  calls: after.reduce((sum, { calls }) => sum + calls, 0),
  settled: after.reduce((sum, { settled }) => sum + settled, 0),
  answered: after.reduce((sum, { answered }) => sum + answered, 0),
  unsettled,
  late: after.reduce((sum, { late }) => sum + late, 0),
  twins: twins.found.size,
  doubled: doubled(records),
  lostAcknowledgedWrites: lost + lostInFile,
  streamMiscount: wrong.length,
  leftovers: left().length,
};
if (result.answered < result.calls / 4) problems.push(`only ${result.answered} of ${result.calls} calls were answered: this proves little`);
problems.push(...wrong, ...left().map((what) => `left behind: ${what}`));
problems.push(...twins.found);
for (const key of ["unsettled", "late", "doubled", "lostAcknowledgedWrites"] as const) {
  if (result[key] > 0) problems.push(`${key}: ${result[key]}`);
}
console.log(result, `of ${readdirSync(records).length} files of records`);
for (const problem of problems) console.error(problem);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
disk.end();
rmSync(temporary, { recursive: true });
clearTimeout(hang);
// Whoever is left must not keep this alive.
process.exit(problems.length === 0 ? 0 : 1);
