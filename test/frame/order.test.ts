import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/errors.ts";
import { orderSystems } from "../../src/frame/order.ts";
import { Pipeline } from "../../src/frame/pipeline.ts";
import { type FrameSystem, type Stage, stages } from "../../src/frame/stages.ts";

const system = (name: string, more: Partial<FrameSystem> = {}): FrameSystem => ({ name, stage: "simulate", run() {}, ...more });
const names = (systems: readonly FrameSystem[]): string[] => systems.map(({ name }) => name);
const order = (...systems: FrameSystem[]): string[] => names(orderSystems(systems).systems);

function refused(...systems: FrameSystem[]): string {
  try {
    orderSystems(systems);
  } catch (error) {
    expect(error).toBeInstanceOf(SystemError);
    return (error as Error).message;
  }
  return expect.fail("it should have been refused");
}

describe("orderSystems()", () => {
  test("puts stages in their order, and what a stage holds in the order in which it was added", () => {
    expect(
      order(system("d", { stage: "send" }), system("b"), system("a", { stage: "receive" }), system("c"), system("u", { stage: "update" })),
    ).toEqual(["a", "u", "b", "c", "d"]);
  });

  test("follows before and after, whichever of the two was added first", () => {
    expect(order(system("a", { after: ["b"] }), system("b"))).toEqual(["b", "a"]);
    expect(order(system("a"), system("b", { before: ["a"] }))).toEqual(["b", "a"]);
    expect(order(system("a", { after: ["c"] }), system("b"), system("c", { after: ["b"] }))).toEqual(["b", "c", "a"]);
  });

  test("follows every before and after there can be, and changes nothing that it need not", () => {
    const graph = fc.integer({ min: 1, max: 8 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        stages: fc.array(fc.constantFrom<Stage>(...stages), { minLength: n, maxLength: n }),
        links: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1), fc.boolean()), { maxLength: 12 }),
        added: fc.shuffledSubarray(Array.from({ length: n }, (_, i) => i), { minLength: n }),
      })
    );
    fc.assert(
      fc.property(graph, ({ n, stages: of, links, added }) => {
        const before = Array.from({ length: n }, () => [] as string[]);
        const after = Array.from({ length: n }, () => [] as string[]);
        const all = Array.from({ length: n }, (_, i) => system(`s${i}`, { stage: of[i]!, before: before[i]!, after: after[i]! }));
        const rank = (i: number) => stages.indexOf(of[i]!) * 100 + i;
        const wanted: [number, number][] = [];
        for (const [a, b, how] of links) {
          if (rank(a) >= rank(b)) continue; // the links that are left make no circle
          wanted.push([a, b]);
          if (how) before[a]!.push(`s${b}`);
          else after[b]!.push(`s${a}`);
        }
        const sorted = order(...added.map((i) => all[i]!));
        expect([...sorted].sort()).toEqual(names(all).sort());
        const at = (i: number) => sorted.indexOf(`s${i}`);
        for (const [a, b] of wanted) expect(at(a)).toBeLessThan(at(b));
        for (let i = 1; i < n; i++) {
          expect(stages.indexOf(all.find((s) => s.name === sorted[i])!.stage)).toBeGreaterThanOrEqual(
            stages.indexOf(all.find((s) => s.name === sorted[i - 1])!.stage),
          );
        }
        if (wanted.length === 0) {
          for (const stage of stages) {
            expect(sorted.filter((name) => of[Number(name.slice(1))] === stage)).toEqual(
              added.filter((i) => of[i] === stage).map((i) => `s${i}`),
            );
          }
        }
      }),
    );
  });

  test("refuses a circle, and names who is in it", () => {
    const message = refused(system("a", { before: ["b"] }), system("b", { before: ["c"] }), system("c", { before: ["a"] }), system("free"));
    for (const name of ["a", "b", "c"]) expect(message).toMatch(new RegExp(`\\b${name}\\b`));
    expect(message).not.toContain("free");
    expect(refused(system("a", { before: ["a"] }))).toContain("circular");
  });

  test("refuses an unknown name with the nearest known one, a name taken twice, and an unknown stage with those there are", () => {
    expect(refused(system("move"), system("draw", { after: ["mvoe"] }))).toContain("did you mean move?");
    expect(refused(system("a"), system("a"))).toContain("two systems have the name a");
    expect(refused(system("a", { stage: "late" as Stage }))).toContain(stages.join(", "));
  });

  test("takes what the stages decide anyway, and refuses what they decide otherwise", () => {
    expect(order(system("late", { stage: "send", after: ["early"] }), system("early"))).toEqual(["early", "late"]);
    const message = refused(system("late", { stage: "send", before: ["early"] }), system("early"));
    for (const part of ["late", "send", "early", "simulate"]) expect(message).toContain(part);
    expect(refused(system("early", { after: ["late"] }), system("late", { stage: "send" }))).toContain("early");
  });

  describe("reports a pair as ambiguous", () => {
    const position = { x: [] };
    const velocity = { x: [] };
    const ambiguous = (...systems: FrameSystem[]) =>
      orderSystems(systems).ambiguous.map(({ first, second, stage }) => `${first} ${second} ${stage}`);

    test("where one changes what the other touches, and nothing decides their order", () => {
      const [a, b] = [{ writes: [position] }, { reads: [position] }];
      expect(ambiguous(system("a", a), system("b", b))).toEqual(["a b simulate"]);
      expect(ambiguous(system("b", b), system("a", a))).toEqual(["b a simulate"]);
      expect(ambiguous(system("a", a), system("b", a))).toEqual(["a b simulate"]);
    });

    test("but not where both only read, touch different things, or stand in different stages", () => {
      expect(ambiguous(system("a", { reads: [position] }), system("b", { reads: [position] }))).toEqual([]);
      expect(ambiguous(system("a", { writes: [position] }), system("b", { writes: [velocity] }))).toEqual([]);
      expect(ambiguous(system("a", { writes: [position] }), system("b", { writes: [position], stage: "send" }))).toEqual([]);
    });

    test("but not where the order is decided, directly or by others", () => {
      const w = { writes: [position] };
      expect(ambiguous(system("a", w), system("b", { ...w, after: ["a"] }))).toEqual([]);
      expect(ambiguous(system("a", w), system("m", { after: ["a"], before: ["b"] }), system("b", w))).toEqual([]);
      expect(ambiguous(system("a", w), system("m", { after: ["a"] }), system("b", w))).toEqual(["a b simulate"]);
    });
  });
});

describe("Pipeline", () => {
  test("runs its systems in their order, each once a frame, with dt", () => {
    const ran: [string, number][] = [];
    const pipeline = new Pipeline();
    const noting = (name: string, more: Partial<FrameSystem> = {}) => system(name, { run: (dt) => void ran.push([name, dt]), ...more });
    pipeline.add(noting("b"), noting("a", { before: ["b"] }));
    pipeline.add(noting("c", { stage: "receive" }));
    pipeline.run(0.5);
    pipeline.run(0.25);
    expect(ran).toEqual([["c", 0.5], ["a", 0.5], ["b", 0.5], ["c", 0.25], ["a", 0.25], ["b", 0.25]]);
    expect(pipeline.frames).toBe(2);
  });

  test("is as it was when systems that are added cannot be put into order", () => {
    const pipeline = new Pipeline();
    pipeline.add(system("a"));
    expect(() => pipeline.add(system("b"), system("c", { after: ["nobody"] }))).toThrow(SystemError);
    expect(names(pipeline.systems)).toEqual(["a"]);
    pipeline.add(system("b"));
    expect(names(pipeline.systems)).toEqual(["a", "b"]);
  });
});
