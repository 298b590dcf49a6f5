import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";

/**
 * Has the thread that this is called on keep to the first processor (Linux only): threads that call each other.
 *
 * Threads that wait for each other do best there, and so the system mostly has them there. When it has not, everybody waits for a
 * processor to be interrupted: a bare message took 18 µs there and back on one, 45 µs on two, by luck.
 */
export function bindThread(): void {
  if (process.platform !== "linux") return;
  const thread = readlinkSync("/proc/thread-self").split("/").at(-1)!;
  spawnSync("taskset", ["--cpu-list", "--pid", "0", thread]);
}
