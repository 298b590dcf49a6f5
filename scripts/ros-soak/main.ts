/**
 * Runs a bridge between peers in a ROS graph for long, does harm to all that is around it, and checks that nothing leaks or hangs:
 * `npm run ros-soak -- --minutes N --seed S --json FILE`.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import type { EngineConfig } from "pyros";
import { Random } from "../../src/time/random.ts";
import { RosMaster } from "../../systems/ros/master/master.ts";
import { holds } from "../chaos/conditions.ts";
import { commandOf, Lasting } from "../chaos/lasting-program.ts";
import { here, Network } from "../chaos/network.ts";
import { enter, inside } from "../chaos/sandbox.ts";
import type { Sample } from "./actor.ts";
import { Harm } from "./deeds.ts";
import { badTopic, Hostile } from "./hostile.ts";
import { Master } from "./master.ts";
import { Memory } from "./memory.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "3" }, seed: { type: "string", default: "1" }, json: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes takes a number above 0, --seed a whole number");
const sandbox = inside();
if (sandbox === undefined) process.exit(await enter());

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const onDeno = "Deno" in globalThis;
const collector = onDeno ? "--v8-flags=--expose-gc" : "--expose-gc";
const network = sandbox.networks ? await Network.make() : undefined;
const host = network === undefined ? "127.0.0.1" : here;
const free = new RosMaster();
await free.open("127.0.0.1", 0);
const master = new Master(host, free.port);
await free.close();
await master.start();

const subject = "/subject";
const folder = fileURLToPath(new URL("../../test/ros/types", import.meta.url));
/** An actor with its bridge, which exports all of it, and imports that of others. */
function config(name: string, at: string, others: readonly string[]): EngineConfig {
  const of = (list: readonly string[]) => ({
    streams: list.flatMap((one) => ["tick", "last", "flood"].map((what) => `${one}/${what}`)),
    services: list.flatMap((one) => ["echo", "slow"].map((what) => `${one}/${what}`)),
    actions: list.map((one) => `${one}/count`),
    params: list.map((one) => `${one}/level`),
  });
  const imports = of(others);
  const reads = name === subject ? [badTopic] : [];
  imports.streams.push(...reads);
  return {
    nodes: {
      [name]: { use: "./nodes/actor.ts", params: { others, reads } },
      "/ros": {
        use: "pyros/ros",
        params: {
          master: master.address,
          name: `${name}_bridge`,
          host: at,
          interval: 200,
          types: [folder],
          import: imports,
          export: of([name]),
        },
      },
    },
    log: { level: "error" },
  };
}
const actor = (name: string, at: string, others: readonly string[], before: readonly string[] = []): Lasting => {
  const args = [name, JSON.stringify(config(name, at, others))];
  const [command, ...rest] = commandOf(new URL("./actor.ts", import.meta.url), args);
  return new Lasting([...before, command!, ...(onDeno ? [rest[0]!, collector, ...rest.slice(1)] : [collector, ...rest])]);
};
const python = spawnSync("/usr/bin/python3", ["-c", "import rospy, std_srvs"]).status === 0 ? "/usr/bin/python3" : undefined;
if (python === undefined) console.log("without a peer of rospy: apt-get install ros-core python3-std-srvs");

const names = ["/near", "/far", ...(python === undefined ? [] : ["/rospy"])];
const problems: string[] = [];
const bridge = actor(subject, host, names);
/** What the engines have told last. */
const told = new Map<string, Sample>();
let ready = false;
const listen = (name: string, program: Lasting): void => {
  program.onLine = (line) => {
    if (line.startsWith("{")) told.set(name, JSON.parse(line) as Sample);
    else if (name === subject) ready = true;
  };
};
listen(subject, bridge);
/** How an engine does now; undefined where it does not say so within a minute, which on a busy machine is not long. */
async function sample(name: string, program: Lasting, ms = 60_000): Promise<Sample | undefined> {
  told.delete(name);
  program.tell("sample");
  await holds(() => told.has(name), ms);
  return told.get(name);
}
const about = async (): Promise<Sample> => {
  const found = await sample(subject, bridge);
  if (found === undefined) throw new Error(`the bridge does not say how it does${bridge.starts > 1 ? ", and was started again" : ""}`);
  return found;
};

if (!(await holds(() => ready, 120_000))) throw new Error("the bridge does not start");
if (!(await holds(() => master.knows(`${subject}_bridge`, subject), 60_000))) throw new Error("the bridge does not register");
await sleep(1500); // what was needed for registering has been put away
const before = await about();
const [, , slave] = [0, 0, Number(new URL(String(await master.ask("lookupNode", `${subject}_bridge`))).port)];
const answer = await import("../../systems/ros/xmlrpc/client.ts").then(({ callXml }) =>
  callXml(`http://${host}:${slave}/`, "requestTopic", ["/soak", `${subject}/tick`, [["TCPROS"]]])
);
const port = ((answer as unknown[])[2] as [string, string, number])[2];

const peers = new Map<string, Lasting>([
  ["/near", actor("/near", host, [subject])],
  ["/far", network === undefined ? actor("/far", host, [subject]) : actor("/far", "10.77.0.2", [subject], network.enter)],
]);
if (python !== undefined) {
  const env = { ROS_MASTER_URI: master.address, ROS_IP: host, PYTHONWARNINGS: "ignore", PATH: `/usr/bin:${process.env.PATH}` };
  const script = fileURLToPath(new URL("./peer.py", import.meta.url));
  peers.set("/rospy", new Lasting(["sh", "-c", `exec ${python} ${script} /rospy ${subject} 2>/dev/null`], env));
}
for (const [name, program] of peers) listen(name, program);

/** Whether everybody is answered and heard anew, by the bridge and by the others. */
async function allTalk(ms: number): Promise<string[]> {
  const first = await about();
  const firstOf = new Map<string, Sample | undefined>();
  for (const [name, program] of peers) firstOf.set(name, await sample(name, program, 5000));
  let silent: string[] = [];
  await holds(async () => {
    silent = [];
    const { report: { of } } = await about();
    for (const [name, program] of peers) {
      const [was, is] = [first.report.of[name]!, of[name]!];
      for (const what of ["answered", "heard", ...(name === "/rospy" ? [] : ["acted"])] as ("answered" | "heard" | "acted")[]) {
        if (!(is[what] > was[what])) silent.push(`${subject} is not ${what} by ${name}`);
      }
      if (is.level === was.level) silent.push(`${subject} does not see the param of ${name}`);
      const [theirsWas, theirs] = [firstOf.get(name), await sample(name, program, 5000)];
      const all = (one: Sample | undefined) =>
        (one?.report?.of[subject] ?? one) as { answered: number; heard: number; level?: unknown } | undefined;
      if (theirsWas === undefined) firstOf.set(name, theirs);
      if (theirs === undefined) silent.push(`${name} says nothing`);
      else if (
        theirsWas === undefined || !(all(theirs)!.answered > all(theirsWas)!.answered) || !(all(theirs)!.heard > all(theirsWas)!.heard)
      ) {
        silent.push(`${name} does not get answers, or hears nothing, of ${subject}`);
      }
    }
    return silent.length === 0;
  }, ms);
  return silent;
}

const random = new Random(`soak ${seed}`);
const next = (below: number): number => Math.floor(random.next() * below);
const hostile = new Hostile({ host, port, slave, name: subject }, next);
const harm = new Harm({ master, peers, network, hostile, bridge: `${subject}_bridge`, subject }, next);
const memory = new Memory();
let last = before;
let most = before.sockets.length;
const hang = setTimeout(() => {
  console.error("hung: this has not ended in time");
  process.exit(1);
}, minutes * 60_000 + 600_000);

try {
  problems.push(...(await allTalk(120_000)).map((what) => `at the start, ${what}`));
  const end = performance.now() + minutes * 60_000;
  let looked = 0;
  while (performance.now() < end) {
    await sleep(200 + next(2500));
    await harm.next();
    if (performance.now() - looked < 3000) continue;
    looked = performance.now();
    last = await about();
    most = Math.max(most, last.sockets.length);
    memory.note(last);
    if (bridge.starts > 1) throw new Error("the bridge has ended by itself");
  }
  await harm.end();
  problems.push(...(await allTalk(120_000)).map((what) => `in the end, ${what}`));
  for (const program of [bridge, ...peers.values()]) program.tell("quiet");
  await holds(async () => {
    last = await about();
    return last.report.calls === last.report.settled;
  }, 60_000);
  await sleep(500);
  await hostile.close();
} catch (error) {
  problems.push((error as Error).message);
  await harm.end();
}
let unsettled = last.report.calls - last.report.settled;
let [calls, settled, answered] = [last.report.calls, last.report.settled, last.report.answered];
for (const [name, program] of peers) {
  const theirs = (await sample(name, program)) as (Sample & Sample["report"]) | undefined;
  const report = theirs?.report ?? theirs;
  calls += report?.calls ?? 0;
  settled += report?.settled ?? 0;
  answered += report?.answered ?? 0;
  unsettled += (report?.calls ?? 0) - (report?.settled ?? 0);
  if (!(await program.end()) && name !== "/rospy") problems.push(`${name} did not end by itself`);
}
let after = last;
try {
  // Connections for calls rest for 30 s; one to a machine that is gone ends after a minute at most.
  await holds(async () => (after = await about()).sockets.length <= before.sockets.length, 70_000);
} catch (error) {
  problems.push((error as Error).message);
}
memory.note(after);
if (!(await bridge.end())) problems.push("the bridge did not end by itself");
await master.kill();
await network?.end();

const result = {
  runtime: onDeno ? "deno" : "node",
  seed,
  minutes,
  ...harm.deeds,
  mutated: hostile.mutated,
  masterReturnsSeen: after.returns,
  calls,
  settled,
  answered,
  unsettled,
  late: last.report.late,
  sockets: { before: before.sockets.length, most, after: after.sockets.length },
  memory: memory.result,
  peerStarts: Object.fromEntries([...peers].map(([name, { starts }]) => [name.slice(1), starts])),
};
problems.push(...harm.problems, ...memory.problems);
if (unsettled > 0) problems.push(`${unsettled} calls have not settled`);
if (last.report.late > 0) problems.push(`${last.report.late} calls settled too late`);
const left = after.sockets.length - before.sockets.length;
if (left > 0) problems.push([`${left} of these sockets are left:`, ...after.sockets].join("\n  "));
if (answered < calls / 4) problems.push(`only ${answered} of ${calls} calls were answered: this proves little`);
console.log(result);
for (const problem of problems) console.error(problem);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...result, problems }, undefined, 2)}\n`);
clearTimeout(hang);
process.exit(problems.length === 0 ? 0 : 1);
