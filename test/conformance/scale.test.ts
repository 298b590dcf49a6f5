import { expect, test } from "vitest";
import { describePlacements } from "./harness.ts";
import { outputOf, own, startProgram } from "./runtimes.ts";
import type { Scale } from "./scale-program.ts";

const count = 100_000;
const frames = 50;

describePlacements("scale", (placement) => {
  test(
    `${count} nodes start, update and close, with one engine in each place, beside ${count} entities that a user system moves`,
    { timeout: 240_000 },
    async () => {
      // In a process of its own: what tests before it have left on the heap is not the nodes'.
      const child = startProgram(
        process.execPath,
        own,
        new URL("./scale-program.ts", import.meta.url),
        `${count}`,
        `${frames}`,
        placement.name,
      );
      const scale = JSON.parse(/^scale (.*)$/m.exec(await outputOf(child))![1]!) as Scale;
      const { start, update, close, memory } = scale;
      console.log(
        `${count} nodes: start ${start | 0} ms, ${frames} frames ${update | 0} ms, close ${close | 0} ms, ${memory | 0} bytes a node`,
      );
      expect([scale.running, scale.moved]).toEqual([count, count]);
      for (const x of scale.nodes) expect(x).toBeCloseTo(1, 9);
      expect(scale.entity).toBeCloseTo(count - 1, 4);
      expect(memory).toBeLessThan(5_000);
      expect(start + update + close).toBeLessThan(90_000); // some 5 s on a machine that has nothing else to do
    },
  );
});
