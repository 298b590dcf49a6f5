import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { commandFor, leastPermissions } from "../../src/host/command.ts";
import { type ProcessHost, startProcess } from "../../src/host/process-host.ts";
import { deeds, isAlive, kept, Lines, presentRuntimes } from "./support.ts";

const runtimes = await presentRuntimes();

/** Starts a program that has started a process of each kind on each runtime; the numbers of those. */
async function family(then: string, endedBy: "system" | "itself"): Promise<{ parent: ProcessHost; children: number[] }> {
  const entry = new URL("./modules/parent.ts", import.meta.url);
  const lines = new Lines();
  const parent = kept(
    await startProcess({ entry, title: "a parent", bootstrap: { runtimes, then, endedBy }, permissions: ["-A"], onLine: lines.hear }),
  );
  await Promise.race([lines.some(/^started/), parent.exited]);
  const [, pids] = /started (.*)/.exec(lines.all.join("\n")) ?? expect.fail(lines.all.join("\n"));
  return { parent, children: pids.split(" ").map(Number) };
}

async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await sleep(5);
}

describe.each(["system", "itself"] as const)("what a process is ended by, the %s", (endedBy) => {
  it.each(["wait", "loop"])("ends idle and busy processes when their parent is killed: it did %s", async (then) => {
    const { parent, children } = await family(then, endedBy);
    expect(children.length).toBe(3 * runtimes.length);
    expect(children.filter(isAlive)).toEqual(children);
    await parent.kill();
    await allGone(children);
  });

  it("ends them when the parent ends by itself", async () => {
    const { parent, children } = await family("exit", endedBy);
    await parent.exited;
    await allGone(children);
  });

  it.skipIf(process.platform !== "linux").each(runtimes)("takes no time of the processor on %s", async (runtime) => {
    const lines = new Lines();
    const { pid } = kept(
      await startProcess({ entry: deeds, title: "idle", bootstrap: { deed: "say" }, runtime, onLine: lines.hear, endedBy }),
    );
    await lines.has("ready");
    const ticks = (): number =>
      readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((sum, n) => sum + Number(n), 0);
    // What the start has left to do ends some time; a watchdog that polls would not.
    for (let before = -1, now = ticks(); now !== before; before = now, now = ticks()) await sleep(500);
  });
});

it.each(runtimes)("ends a process that never heard what to do, on %s", async (runtime) => {
  const { program, args } = await commandFor(deeds, runtime, leastPermissions(), []);
  const child = spawn(program, [...args], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(Buffer.from("{ half a li"));
  expect(await once(child, "exit")).toEqual([1, null]);
});
