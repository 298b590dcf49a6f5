/** An engine for which something gets scarce: its argument says what. Says in lines of JSON how that went. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createEngine, type Engine, type EngineConfig } from "pyros";

const [what, folder] = process.argv.slice(2) as ["descriptors" | "disk" | "writable", string];
const start = (config: EngineConfig): Promise<Engine> => createEngine(config, { base: new URL("./", import.meta.url) });
const far = (placement: "process" | "thread"): EngineConfig => ({ nodes: { "/far": { use: "./node.ts", placement } } });

/** Says what something gives, or why it does not. */
async function tell(name: string, of: unknown): Promise<void> {
  const told = await Promise.resolve(of).then((value) => value, (error: Error) => `${error.name}: ${error.message}`);
  console.log(JSON.stringify([name, told]));
}

const tried = (config: EngineConfig): Promise<string> =>
  start(config).then(async (engine) => {
    await engine.close();
    return "started";
  });

async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Takes all descriptors that this process may have; returns what gives them back. */
function takeDescriptors(): () => void {
  spawnSync("prlimit", ["--pid", String(process.pid), "--nofile=200:"]);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    return () => taken.forEach((file) => closeSync(file));
  }
}

/** Takes all room of a disk, for bytes and for files; returns what gives it back. */
function fill(): () => void {
  const ballast = join(folder, "ballast");
  mkdirSync(ballast);
  const file = openSync(join(ballast, "bytes"), "w");
  const full = (deed: (i: number) => void): void => {
    try {
      for (let i = 0;; i++) deed(i);
    } catch {
      // it is full
    }
  };
  for (const size of [2 ** 20, 2 ** 12, 1]) full(() => writeSync(file, new Uint8Array(size)));
  full((i) => closeSync(openSync(join(ballast, String(i)), "w")));
  closeSync(file);
  return () => rmSync(ballast, { recursive: true });
}

if (what === "descriptors") {
  // What is loaded needs no descriptor later.
  for (const placement of ["process", "thread"] as const) await tell(placement, tried(far(placement)));
  await tell("file", tried({ paramsFile: join(folder, "params.json") }));
  const engine = await start({ name: `scarce-${process.pid}`, nodes: { "/here": "./node.ts", ...far("process").nodes } });
  const giveBack = takeDescriptors();
  await tell("process", tried(far("process")));
  await tell("listen", tried({ listen: "tcp://127.0.0.1:*" }));
  await tell("file", tried({ paramsFile: join(folder, "params.json") }));
  await tell("join", tried({ join: `scarce-${process.pid}` }));
  await tell("call", Promise.all([engine.call("/here/double", 4), engine.call("/far/double", 4)]));
  giveBack();
  await tell("process", tried(far("process")));
  await tell("join", tried({ join: `scarce-${process.pid}` }));
  await engine.close();
} else if (what === "disk") {
  process.env.TMPDIR = folder; // where the sockets are, of engines that are made from now on
  const engine = await start({
    paramsFile: join(folder, "params.json"),
    restart: { delay: 10, maxDelay: 50, limit: 1e9 },
    nodes: { "/here": "./node.ts", ...far("process").nodes },
  });
  await engine.params.set("/kept", 1);
  const free = fill();
  await tell("set", engine.params.set("/text", "x".repeat(100_000)));
  await tell("start", tried(far("process")));
  await tell("named", tried({ name: `scarce-${process.pid}` }));
  await tell("file", tried({ paramsFile: join(folder, "other.json") }));
  const errors: string[] = [];
  engine.watchGraph(({ type, error }) => void (type === "failed" && errors.push((error as Error).message)));
  await engine.call("/far/end", 3).catch(() => {});
  await until(() => errors.length >= 2); // it could not be started again
  await tell("restart", errors[1]);
  await tell("call", engine.call("/here/double", 4));
  await tell("get", engine.params.get("/kept"));
  free();
  await engine.waitForService("/far/double", { timeout: 30_000 });
  await tell("call", engine.call("/far/double", 4));
  await tell("set", engine.params.set("/text", "y").then(() => "written"));
  await engine.close();
} else {
  process.env.TMPDIR = folder;
  const engine = await start({ nodes: { "/here": "./node.ts" } });
  await tell("start", tried(far("process")));
  await tell("named", tried({ name: `scarce-${process.pid}` }));
  await tell("file", tried({ paramsFile: join(folder, "params.json") }));
  await tell("call", engine.call("/here/double", 4));
  await engine.close();
}
