import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach } from "vitest";
import type { Runtime } from "../../src/host/entry.ts";
import type { HostHandle } from "../../src/host/handle.ts";
import { findRuntime } from "../../src/host/runtime.ts";

export const onDeno: boolean = "Deno" in globalThis;
export const deeds: URL = new URL("./modules/deeds.ts", import.meta.url);

const hosts: HostHandle[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.kill()));
});

/** Has a host killed after the test. */
export function kept<H extends HostHandle>(host: H): H {
  hosts.push(host);
  return host;
}

/** Lines, and waiting for one. */
export class Lines {
  readonly all: string[] = [];
  #wake: () => void = () => {};
  readonly hear = (line: string, from: string): void => {
    this.all.push(from === "stdout" ? line : `${from}: ${line}`);
    this.#wake();
  };

  has(line: string): Promise<void> {
    return this.some(new RegExp(`^${line}$`));
  }

  async some(pattern: RegExp): Promise<void> {
    while (!this.all.some((line) => pattern.test(line))) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** The runtimes that are here; says how to get one that is not. */
export async function presentRuntimes(): Promise<Runtime[]> {
  const present: Runtime[] = [];
  for (const runtime of ["node", "deno"] as const) {
    try {
      await findRuntime(runtime);
      present.push(runtime);
    } catch (error) {
      console.log(`skipped: processes on ${runtime}: ${(error as Error).message}`);
    }
  }
  return present;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pyros-host-"));
  folders.push(folder);
  return folder;
}

/** A module of a user in a folder without a package.json: TypeScript that has to be translated, and imports more of it. */
export function userModule(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "half.ts"), "export const half: number = 21;\n");
  writeFileSync(
    join(folder, "user.ts"),
    'import { half } from "./half.ts";\ninterface Numbers { readonly a: number }\nconst numbers: Numbers = { a: half as number };\nexport const answer: number = numbers.a * 2;\n',
  );
  return pathToFileURL(join(folder, "user.ts")).href;
}

/** Whether there is such a process, other than one that has ended and is not reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return !existsSync("/proc/self");
  }
}
