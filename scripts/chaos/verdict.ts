import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Engine } from "pyros";
import { holds, isChild } from "./conditions.ts";
import type { Account } from "./load.ts";

function lines(folder: string, kind: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith(`${kind}-`)).flatMap((name) =>
    readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1)
  );
}

/** How many calls ran more than once. */
export function doubled(folder: string): number {
  const executed = lines(folder, "executed");
  return executed.length - new Set(executed).size;
}

/** How many params stand below what was acknowledged. */
export function lostWrites(folder: string, read: (param: string) => unknown): number {
  const acknowledged = new Map<string, number>();
  for (const line of lines(folder, "acknowledged")) {
    const [param, n] = line.split(" ");
    acknowledged.set(param!, Math.max(acknowledged.get(param!) ?? 0, Number(n)));
  }
  return [...acknowledged].filter(([param, n]) => !(Number(read(param)) >= n)).length;
}

/** How many subscriptions have an account that does not come out even, or have not got all that they were sent in the end. */
export function miscounts(before: readonly Account[], after: readonly Account[], emitted: number): string[] {
  const wrong: string[] = [];
  for (const [i, { streams }] of after.entries()) {
    for (const { name, sent, accounted } of streams) {
      if (sent !== accounted) wrong.push(`account ${i} of ${name}: sent ${sent}, accounted for ${accounted}`);
      const earlier = before[i]?.streams.find((stream) => stream.name === name)?.sent;
      if (name === "/tick" && sent - earlier! !== emitted) wrong.push(`account ${i} of ${name}: ${sent - earlier!} of ${emitted} came`);
    }
  }
  return wrong;
}

/** What is still there when the engine has closed, and was not before. */
export function leftovers(temporary: string, baseline: readonly string[] = []): string[] {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isChild(Number(name))).map((pid) =>
    `process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`
  );
  const folders = readdirSync(temporary).filter((name) => name.startsWith("pyros-")).map((name) => `folder ${name}`);
  const threads = process.getActiveResourcesInfo().filter((kind) => /Worker|MessagePort|ProcessWrap|Pipe(Server)?Wrap$/.test(kind));
  const left = [...children, ...folders, ...threads];
  for (const known of baseline) if (left.includes(known)) left.splice(left.indexOf(known), 1);
  return left;
}

/** Starts every node that does not run; says whether all that were named are there in the end. */
export async function startAll(engine: Engine, names: readonly string[]): Promise<boolean> {
  return holds(async () => {
    const { nodes } = engine;
    const idle = nodes.filter(({ status }) => status !== "running");
    await Promise.all(idle.map(({ name, status }) => status === "waiting" ? undefined : engine.startNode(name).catch(() => {})));
    return idle.length === 0 && names.every((name) => nodes.some((node) => node.name === name));
  }, 60_000);
}

/** Looks all the time whether anything is there twice. */
export class Twins {
  readonly found: Set<string> = new Set();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(engine: Engine) {
    this.#timer = setInterval(() => {
      const seen = new Set<string>();
      for (const what of [...engine.nodes.map(({ name }) => name), ...engine.services.map(({ name }) => name)]) {
        if (seen.has(what)) this.found.add(`${what} was there twice`);
        seen.add(what);
      }
    }, 20);
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
