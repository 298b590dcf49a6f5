import { expect, test } from "vitest";
import { describeOnce, describePlacements } from "./harness.ts";
import { replay } from "./replay.ts";
import { commandOf, howToGet, other, outputOf, own, startProgram } from "./runtimes.ts";

const frames = 10_000;

describePlacements("the same inputs", (placement) => {
  const runs = placement.runs(20, 3);
  const run = (seed: string, count = frames) => replay(seed, count, (config) => placement.place(config));

  test(
    `a run of ${frames} simulated frames with streams, calls, params and random gives the same hash ${runs} times`,
    { timeout: 600_000 },
    async () => {
      const first = await run("0");
      // A hash of nothing would be the same, too.
      expect(first.counts.item).toBeGreaterThan(frames);
      for (const kind of ["param", "progress", "result", "error", "end"]) expect(first.counts[kind], kind).toBeGreaterThan(0);
      const hashes = new Set([first.hash]);
      for (let i = 1; i < runs; i++) hashes.add((await run("0")).hash);
      expect([...hashes]).toEqual([first.hash]);
    },
  );

  test("a run and its end, while calls are out, give the same hash as in one loop", async () => {
    const loop = await replay("0", 500);
    for (let i = 0; i < runs; i++) expect((await run("0", 500)).hash).toBe(loop.hash);
  });

  test("another seed gives another hash", async () => {
    const hashes = new Set<string>();
    for (const seed of ["0", "1", "2", "", "a much longer seed"]) hashes.add((await run(seed, 500)).hash);
    expect(hashes.size).toBe(5);
  });

  test("a run in parts gives what the same run in one gives", async () => {
    const whole = await run("parts", 600);
    const cut = await replay("parts", 600, (config) => placement.place(config), [1, 2, 3, 94, 500]);
    expect(cut).toEqual(whole);
  });
});

const command = commandOf(other);
if (command === undefined) console.log(`not compared with ${other}, which is missing: ${howToGet[other]}`);

describeOnce("the same inputs", () => {
  test("a run in which nodes move between frames gives what the same run gives without", { timeout: 300_000 }, async () => {
    const whole = await replay("moved", 700);
    const moves = [
      [["/guide", "thread"]],
      [["/clerk", "thread"], ["/body", "process"]],
      [["/guide", "process"]],
      [["/guide", "loop"], ["/clerk", "loop"]],
      [["/body", "thread"], ["/body", "loop"]],
    ] as const;
    const left = moves.flat();
    let refused = 0;
    const moved = await replay("moved", 700, undefined, Array.from({ length: 70 }, () => 10), async (engine, part) => {
      if (part < 3 || left.length === 0) return;
      try {
        const [node, to] = left[0]!;
        await engine.move(node, to);
        left.shift();
      } catch (error) {
        expect((error as Error).message).toMatch(/has work in hand that needs time, and time stands still: move it while time runs/);
        refused++;
      }
    });
    expect(left).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    expect(moved.hash).toBe(whole.hash);
  });

  test.each(command === undefined ? [] : [other])(
    `${own} and %s give the same hash of ${frames} frames`,
    { timeout: 300_000 },
    async () => {
      const child = startProgram(command!, other, new URL("./replay.ts", import.meta.url), String(frames), "0", "1");
      const [printed, ...here] = [await outputOf(child), (await replay("0", frames)).hash, (await replay("1", frames)).hash];
      expect([...printed.matchAll(/^hash (\w+)$/gm)].map(([, hash]) => hash)).toEqual(here);
    },
  );
});
