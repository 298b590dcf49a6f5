import { expect, it, vi } from "vitest";
import { describePlacements } from "./harness.ts";

interface Seen {
  seen: (number | string)[];
  spoilt: number;
}

describePlacements("large items", (placement) => {
  it("come whole and in the order of their stream, with small ones between them", async () => {
    const engine = await placement.engine({
      nodes: { "/source": { use: "./nodes/bulk-source.ts" }, "/reader": { use: "./nodes/bulk-reader.ts" } },
    });
    const sizes = [10, 3_000_000, 20_000, 65_536, 1, 200_000, 100];
    await engine.call("/source/emit", sizes);
    await engine.call("/source/emit", sizes);
    const told = await vi.waitFor(async () => {
      const state = await engine.call<Seen>("/reader/seen");
      expect(state.seen).toHaveLength(sizes.length * 2);
      return state;
    }, { timeout: 10_000 });
    expect(told.spoilt).toBe(0);
    expect(told.seen).toEqual([...sizes.keys(), ...sizes.keys()]);
  });
});
