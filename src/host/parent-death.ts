/** Has the system itself end a process when the one that started it has ended, where the system can. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { ownRuntime } from "./entry.ts";

/**
 * Runs a program that gets SIGKILL from Linux when its parent ends, `prctl(PR_SET_PDEATHSIG)`: of util-linux, from 2.33 on. Parent is
 * the thread that has started it, and so the process around that, too.
 */
const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"];
const flags: readonly string[] = ["--pdeathsig", "KILL"];

let found: Promise<readonly string[]> | undefined;

/**
 * What is to stand before the command of a process, so that the system ends it with this one; nothing where the system cannot, or this
 * program may not ask for it. It is looked for once.
 */
export function endedWithParent(): Promise<readonly string[]> {
  return (found ??= look());
}

async function look(): Promise<readonly string[]> {
  const program = process.platform === "linux" ? setpriv.find((path) => existsSync(path)) : undefined;
  if (program === undefined || !mayRun(program)) return [];
  const works = await new Promise<boolean>((resolve) => {
    execFile(program, [...flags, "true"], (error) => resolve(error === null));
  });
  return works ? [program, ...flags] : [];
}

/** Whether Deno lets this program start another one without asking its user. */
function mayRun(command: string): boolean {
  if (ownRuntime !== "deno") return true;
  const { permissions } = (globalThis as unknown as { Deno: DenoPermissions }).Deno;
  return permissions.querySync({ name: "run", command }).state === "granted";
}

interface DenoPermissions {
  readonly permissions: { querySync(what: { name: "run"; command: string }): { readonly state: string } };
}
