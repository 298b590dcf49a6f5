import { readFileSync } from "node:fs";
import process from "node:process";

/** Whether a process is a living child of this one. */
export function isChild(pid: number): boolean {
  try {
    const [, state, parent] = /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state !== "Z" && Number(parent) === process.pid;
  } catch {
    return false;
  }
}

/** Waits until a condition holds; says whether it did within `ms`. */
export async function holds(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
