import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { describeOnce, describePlacements, until } from "./harness.ts";
import { own, startProgram } from "./runtimes.ts";

/** A process that has fallen idle. */
class Idle {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(what: "graph" | "nothing") {
    this.#child = startProgram(process.execPath, own, new URL("./idle-program.ts", import.meta.url), what);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    onTestFinished(async () => {
      this.#child.stdin!.end();
      await gone;
    });
  }

  /** Frames that were run, and timers that are armed, after it has done `what`: `begin` a call that sleeps, `end` it. Asking wakes it up. */
  async ask(what = ""): Promise<{ frames: number; timers: number }> {
    this.#child.stdin!.write(`${what}\n`);
    const { value } = await this.#lines.next();
    return JSON.parse(value) as { frames: number; timers: number };
  }

  /** How often the thread that runs JavaScript has gone to sleep; what compilers and collectors do is not the graph's. */
  get sleeps(): number {
    return Number(
      /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readFileSync(`/proc/${this.#child.pid!}/task/${this.#child.pid!}/status`, "utf8"))![1],
    );
  }
}

const countable = existsSync("/proc/self/status") && readdirSync("/proc/self/task").includes(String(process.pid));
if (!countable) console.log("wake-ups are not counted: this system has no /proc/self/task");

describeOnce("idle", () => {
  test.skipIf(!countable)(
    "a graph with no update, no user system and nothing queued does not wake up, has no timer armed and runs no frame",
    async () => {
      const [graph, nothing] = [new Idle("graph"), new Idle("nothing")];
      const [, { timers }] = await Promise.all([graph.ask(), nothing.ask()]);
      await until(async () => (await graph.ask()).timers === timers, 2000);
      // The same machine at the same time; the best of some windows, since runtimes tidy up for a while after a start.
      let least = Infinity;
      for (let i = 0; i < 8 && least > 0; i++) {
        await sleep(250);
        const [g, n] = [graph.sleeps, nothing.sleeps];
        await sleep(2000);
        least = Math.min(least, graph.sleeps - g - (nothing.sleeps - n));
      }
      expect(least).toBeLessThanOrEqual(0);
      expect((await graph.ask()).frames).toBe(0);
    },
  );

  test("one timer is armed while something waits for a moment, and soon none when nothing does", async () => {
    const graph = new Idle("graph");
    const none = async (): Promise<boolean> => (await graph.ask()).timers === 0;
    await graph.ask();
    await until(none, 2000);
    expect([(await graph.ask("begin")).timers, (await graph.ask("begin")).timers]).toEqual([1, 1]);
    await graph.ask("end");
    await until(none, 2000);
  });
});

describePlacements("idle", (placement) => {
  const nodes = { "/node0": { use: "./nodes/idle-node.ts" }, "/node1": { use: "./nodes/idle-node.ts" } };
  test("frames begin with the first node that has an update, and end with the last", async () => {
    const engine = await placement.engine({ nodes, rate: 100 });
    await sleep(50);
    expect(engine.frameStats.frames).toBe(0);
    await engine.add("/ticker", () => {});
    await until(() => engine.frameStats.frames > 2);
    await engine.remove("/ticker");
    const { frames } = engine.frameStats;
    await sleep(50);
    expect(engine.frameStats.frames).toBe(frames);
  });

  test("in simulated time no frames are run either, and a run without an end ends at once", async () => {
    const engine = await placement.engine({ nodes, clock: "sim" });
    await engine.run();
    expect([engine.time, engine.frameStats.frames]).toEqual([0, 0]);
    const call = engine.call("/node0/work", 300);
    await engine.run();
    await call;
    expect([engine.time, engine.frameStats.frames]).toEqual([300, 0]);
  });
});
