import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Absent, absent } from "./question.ts";
import { root } from "./runtime.ts";

const howTo = "not installed: npm ci --prefix bench";

/**
 * Loads a peer as a user of it would, from the packages beside the sources of the benches.
 *
 * @param name its package
 */
export async function peer<T>(name: string): Promise<T | Absent> {
  if (!existsSync(join(root, "bench/node_modules", name)) && !existsSync(join(root, "node_modules", name))) return absent(howTo);
  // A file of its own, and never a compiled one: packages are looked for from where it lies.
  const { load } = await import(pathToFileURL(join(root, "bench/lib/load-peer.mjs")).href);
  try {
    return await load(name);
  } catch (error) {
    return absent(`cannot be loaded: ${String(error).split("\n", 1)[0]}`);
  }
}

/** Whether `peer` had a reason to give, not a module. */
export function isAbsent(value: unknown): value is Absent {
  return typeof value === "object" && value !== null && "absent" in value;
}

/** Installs the peers from their own lock file, where one is missing; without npm the benches go on without them. */
export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync(join(root, "bench/package.json"), "utf8")) as { dependencies: object };
  if (Object.keys(dependencies).every((name) => existsSync(join(root, "bench/node_modules", name)))) return;
  console.error("installing the peers into bench/node_modules ...");
  const { error, status } = spawnSync("npm", ["ci", "--prefix", join(root, "bench"), "--no-fund", "--no-audit", "--loglevel=error"], {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: join(root, "bench"),
  });
  if (error || status !== 0) {
    console.error(`the peers are not installed (${error?.message ?? `npm ended with ${status}`}); going on without`);
  }
}
