import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Startable, startGroups } from "../../src/engine/core/start-order.ts";

const names = (needs: Record<string, string[]>): string[][] =>
  startGroups(Object.entries(needs).map(([name, needs]) => ({ name, needs }))).map((group) => group.map(({ name }) => name));

/** Whether `from` needs `to`, directly or by others. */
function needs(items: ReadonlyMap<string, Startable>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const need of items.get(name)?.needs ?? []) {
      if (need === to) return true;
      if (!seen.has(need)) open.push(need);
      seen.add(need);
    }
  }
  return false;
}

describe("startGroups()", () => {
  it("puts whoever is called into an earlier group, and those that need nobody together", () => {
    expect(names({ a: ["b"], b: ["c"], c: [], d: [] })).toEqual([["c", "d"], ["b"], ["a"]]);
    expect(names({})).toEqual([]);
  });

  it("ignores what is not there and a node's need of itself", () => {
    expect(names({ a: ["a", "nobody"], b: ["a"] })).toEqual([["a"], ["b"]]);
  });

  it("starts those of a circle together, after those they need and before those that need them", () => {
    expect(names({ before: ["x"], x: ["y"], y: ["z"], z: ["x", "base"], base: [] })).toEqual([["base"], ["x", "y", "z"], ["before"]]);
    expect(names({ a: ["b"], b: ["a"], c: ["d"], d: ["c", "a"] })).toEqual([["a", "b"], ["c", "d"]]);
  });

  it("names every item once, and nobody before whom it needs, unless they need each other: any graph", () => {
    const graph = fc.integer({ min: 1, max: 9 }).chain((n) =>
      fc.array(fc.array(fc.integer({ min: 0, max: n }), { maxLength: 3 }), { minLength: n, maxLength: n })
    );
    fc.assert(
      fc.property(graph, (edges) => {
        const items = edges.map((needs, i) => ({ name: String(i), needs: needs.map(String) }));
        const byName = new Map(items.map((item) => [item.name, item]));
        const groups = startGroups(items);
        const at = new Map(groups.flatMap((group, i) => group.map((item) => [item.name, i] as const)));
        expect(groups.flat().map((item) => item.name).toSorted()).toEqual(items.map((item) => item.name).toSorted());
        for (const item of items) {
          for (const need of item.needs.filter((need) => byName.has(need) && need !== item.name)) {
            const mutual = needs(byName, need, item.name);
            if (mutual) expect(at.get(need)).toBe(at.get(item.name));
            else expect(at.get(need)).toBeLessThan(at.get(item.name)!);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("orders a chain of 2,000 and a circle of 1,000 with others around it in no time to speak of", () => {
    const chain = Array.from({ length: 2000 }, (_, i) => ({ name: `${i}`, needs: [`${i + 1}`] }));
    const circle = Array.from({ length: 1000 }, (_, i) => ({ name: `c${i}`, needs: [`c${(i + 1) % 1000}`] }));
    const start = performance.now();
    expect(startGroups(chain)).toHaveLength(2000);
    expect(startGroups([...circle, { name: "x", needs: ["c5"] }])).toHaveLength(2);
    console.log(`startGroups: ${Math.round(performance.now() - start)} ms`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
