import { readFileSync } from "node:fs";

/** MB that a process takes of the machine: its own, and its share of what it shares. Linux only. */
export function megabytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)![1]) / 1024;
}
