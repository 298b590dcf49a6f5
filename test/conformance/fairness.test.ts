import { expect, test } from "vitest";
import { describePlacements } from "./harness.ts";
import type chatter from "./nodes/chatter.ts";

describePlacements("fairness", (placement) => {
  const start = () => placement.engine({ nodes: { "/chatter": { use: "./nodes/chatter.ts" } } });

  for (const how of ["calls", "awaited", "items"] as const) {
    test(`a timer of 10 ms fires in time under endless chatter of ${how}`, async () => {
      const engine = await start();
      const client = engine.client<typeof chatter>("/chatter");
      await client.chat(how);
      const late: number[] = [];
      for (let i = 0; i < 20; i++) {
        const due = performance.now() + 10;
        await new Promise((resolve) => setTimeout(resolve, 10));
        late.push(performance.now() - due);
      }
      const state = await client.hush();
      late.sort((a, b) => a - b);
      expect(late[5]).toBeLessThan(10); // of the better ones: a loaded machine may be late now and then
      expect(state.calls + state.items).toBeGreaterThan(20);
    });
  }

  for (const [what, how] of [["calls", "spin"], ["items", "wide"]] as const) {
    test(`delivery of ${what} lets timers go first after 5 ms, also when handlers turn slow after many quick ones`, async () => {
      const engine = await start();
      const most = await engine.client<typeof chatter>("/chatter").crowd(how);
      expect(most).toBeLessThanOrEqual(4); // 5 ms are over after the third of 2 ms; one more where clocks round
    });
  }
});
