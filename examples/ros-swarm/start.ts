/**
 * Starts a master of ROS where none runs, the swarm, and who drives it: `start.ts [--no-driver] [WHAT pyros run TAKES]`. All end with the
 * swarm.
 */
import { type ChildProcess, spawn, spawnSync, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const address = new URL(process.env.ROS_MASTER_URI ?? "http://localhost:11311");
const isLocal = ["localhost", "127.0.0.1"].includes(address.hostname);
const env = {
  ...process.env,
  ROS_MASTER_URI: address.href,
  ...(isLocal && process.env.ROS_HOSTNAME === undefined ? { ROS_IP: process.env.ROS_IP ?? "127.0.0.1" } : {}),
};
const onDeno = "Deno" in globalThis;
const children = new Set<ChildProcess>();

function start(command: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn(command[0]!, command.slice(1), { stdio, env });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

const pyros = (...args: string[]): string[] => [
  process.execPath,
  ...(onDeno ? ["run", "-A"] : process.execArgv),
  here("../../src/cli/main.ts"),
  ...args,
];

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.hostname, port: Number(address.port || 80) });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false)).once("close", () => socket.destroy());
    socket.once("connect", () => socket.end());
  });
}

/** The first Python that has rospy. */
const rospy = (): string | undefined =>
  ["python3", "/usr/bin/python3"].find((python) => spawnSync(python, ["-c", "import rospy, geometry_msgs, std_srvs"]).status === 0);

async function main(): Promise<void> {
  if (!(await answers())) {
    if (!isLocal) throw new Error(`no master answers at ${address.href}, which ROS_MASTER_URI names`);
    const master = start(pyros("ros", "master", "--port", address.port), ["ignore", "pipe", "inherit"]);
    await Promise.race([once(master.stdout!, "data"), once(master, "exit").then(() => Promise.reject(new Error("the master ended")))]);
    console.log(`no master answers at ${address.href}: the built-in one runs there now`);
  }
  const args = process.argv.slice(2);
  const isDriven = !args.includes("--no-driver");
  const python = isDriven ? rospy() : undefined;
  if (isDriven && python === undefined) {
    console.log("no rospy: apt-get install ros-core python3-geometry-msgs python3-std-srvs; a node of Pyros drives the swarm meanwhile");
  }
  const swarm = start(pyros("run", here("pyros.config.ts"), ...args.filter((arg) => arg !== "--no-driver")), "inherit");
  if (isDriven) {
    const driver = python === undefined ? pyros("run", here("driver.config.ts")) : [python, here("driver.py")];
    start(driver, process.stdout.isTTY ? "ignore" : ["ignore", "inherit", "inherit"]); // the swarm has the terminal
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.kill(swarm.pid!, signal));
  const [code] = (await once(swarm, "exit")) as [number | null];
  process.exitCode = code ?? 1;
}

await main().finally(async () => {
  for (const child of [...children].reverse()) {
    const ended = once(child, "exit");
    process.kill(child.pid!, "SIGTERM");
    const impatience = setTimeout(() => process.kill(child.pid!, "SIGKILL"), 2000); // rospy may not hear it
    await ended;
    clearTimeout(impatience);
  }
});
