import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

/** What can be broken here beside processes. */
export interface Sandbox {
  /** Whether there are networks of our own. */
  readonly networks: boolean;
  /** Whether there are disks of our own. */
  readonly disks: boolean;
}

const variable = "PYROS_CHAOS_SANDBOX";
const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
const own = ["--net", "--mount", ...asRoot];

/** Where this program has networks and mounts of its own: what it does to them nobody else sees, and nothing of it stays. */
export function inside(): Sandbox | undefined {
  const told = process.env[variable];
  return told === undefined ? undefined : { networks: told.includes("networks"), disks: told.includes("disks") };
}

/**
 * Runs this program again, where it has networks and mounts of its own; says in a line what this machine does not allow.
 *
 * @returns its exit code
 */
export async function enter(): Promise<number> {
  const can = (command: string): string | undefined => {
    const { status, stderr, error } = spawnSync("unshare", [...own, "sh", "-c", command], { encoding: "utf8" });
    return status === 0 ? undefined : (error?.message ?? stderr.trim());
  };
  const missing = {
    networks: can("ip link set lo up && ip link add name near type veth peer name far && nsenter --net=/proc/self/ns/net true"),
    disks: can("mount -t tmpfs -o size=1m none /mnt"),
  };
  for (const [what, why] of Object.entries(missing)) if (why !== undefined) console.log(`without ${what} to break: ${why}`);
  const allowed = Object.entries(missing).filter(([, why]) => why === undefined).map(([what]) => what);
  const how = "Deno" in globalThis ? ["run", "-A"] : process.execArgv;
  const again = [process.execPath, ...how, ...process.argv.slice(1)];
  const [command, ...args] = allowed.length === 0 ? again : ["unshare", ...own, ...again];
  const child = spawn(command!, args, { stdio: "inherit", env: { ...process.env, [variable]: allowed.join(" ") } });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}
