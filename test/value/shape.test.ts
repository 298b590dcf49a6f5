import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, MISS } from "../../src/value/compile.ts";
import { snapshot } from "../../src/value/copy.ts";
import { newLesson, widen } from "../../src/value/learn.ts";
import { Copier } from "../../src/value/shape.ts";
import { lastBytes, sizeOf } from "../../src/value/size.ts";
import { difference, key, nearMisses, objectsIn, pose, primitive, refusal, sendable } from "./support.ts";

/** Copies `value` in both ways, and expects the same result or the same refusal. */
function expectSame(copier: Copier, value: unknown): void {
  let expected: unknown;
  try {
    expected = snapshot(value, "s");
  } catch (error) {
    const refused = refusal(() => copier.copy(value));
    expect(refused.message).toBe((error as Error).message);
    return;
  }
  const copy = copier.copy(value);
  expect(lastBytes()).toBe(sizeOf(expected));
  expect(difference(copy, expected)).toBeUndefined();
  const parts = objectsIn(value);
  for (const part of objectsIn(copy)) expect(parts.has(part)).toBe(false);
}

function taught(value: unknown, times = 40): Copier {
  const copier = new Copier("s");
  for (let i = 0; i < times; i++) copier.copy(value);
  return copier;
}

/** What a copier that has seen `values` is compiled to. */
function compiledFor(...values: unknown[]): (value: unknown) => unknown {
  const lesson = newLesson();
  for (const value of values) widen(lesson, snapshot(value));
  return compile(lesson.shape)!;
}

describe("Copier", () => {
  it("copies as snapshot() does whatever the sequence of values", () => {
    const values = fc.array(fc.tuple(sendable, fc.nat(80)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(values, fc.array(fc.nat(), { maxLength: 20 }), (runs, picks) => {
        const copier = new Copier("s");
        for (const [value, times] of runs) for (let i = 0; i < times; i++) expectSame(copier, value);
        for (const pick of picks) expectSame(copier, runs[pick % runs.length][0]);
      }),
      { numRuns: 60 },
    );
  });

  it("copies as snapshot() does what is almost of the learned shape", () => {
    const copier = taught(pose);
    const misses = nearMisses(pose);
    expect(misses.length).toBeGreaterThan(200);
    for (const near of misses) expectSame(copier, near);
    // And again when all of them have been learned.
    for (let i = 0; i < 3; i++) for (const near of misses) expectSame(copier, near);
  });

  it("copies as snapshot() does what is almost of any learned shape", () => {
    const flat = fc.dictionary(
      key,
      fc.oneof(primitive, fc.array(primitive, { maxLength: 3 }), fc.dictionary(key, primitive, { maxKeys: 3 })),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(flat, (value) => {
        const copier = taught(value);
        for (const near of nearMisses(value)) expectSame(copier, near);
      }),
      { numRuns: 25 },
    );
  });

  it("refuses with the same path on a learned shape as before", () => {
    const copier = taught(pose);
    const cyclic: { at: { frame: { n: unknown } } } = { ...pose, at: { frame: { n: {} } } };
    cyclic.at.frame.n = cyclic.at;
    expect(refusal(() => copier.copy(cyclic)).path).toBe("$.at.frame.n");
    expect(refusal(() => copier.copy({ ...pose, path: [{ id: 1, x: 0.5 }, { id: 2, x: () => 1 }] })).path).toBe("$.path[1].x");
    expect(refusal(() => copier.copy({ ...pose, name: "\ud800" })).path).toBe("$.name");
    expect(refusal(() => copier.copy({ ...pose, tags: ["a", "\udfff"] })).path).toBe("$.tags[1]");
    expect(refusal(() => copier.copy({ ...pose, goal: new Int32Array(new SharedArrayBuffer(4)) })).path).toBe("$.goal");
  });

  it("copies primitives, and refuses what is none that can be sent", () => {
    const copier = new Copier("s");
    for (const value of [1, -0, NaN, true, "short", "short", "a longer text than is kept", null, undefined, 12n, "", "é"]) {
      for (let i = 0; i < 40; i++) expectSame(copier, value);
    }
    for (const value of ["\ud800", "a\udc00", () => 1, Symbol("s")]) expectSame(copier, value);
  });

  it("gives up on objects used as dictionaries, and goes on to copy them", () => {
    const copier = new Copier("s");
    for (let i = 0; i < 500; i++) expectSame(copier, { [`id${i}`]: i, [`id${i + 1}`]: { n: i } });
  });

  it("keeps the depth limit where a part of the value is of no fixed shape", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) });
    const copier = taught({ a: { b: [deep(995)] } });
    expectSame(copier, { a: { b: [deep(997)] } });
    expectSame(copier, { a: { b: [deep(998)] } });
    expect(refusal(() => copier.copy({ a: { b: [deep(998)] } })).message).toMatch(/deeper/);
  });

  it("does not let a later change of the source reach the copy, nor the other way round", () => {
    const copier = taught(pose);
    const source = structuredClone(pose);
    const copy = copier.copy(source) as typeof pose;
    source.path[0].x = 99;
    source.tags.push("c");
    copy.at.frame.n = 77;
    expect(copy.path[0].x).toBe(0.5);
    expect(copy.tags).toEqual(["a", "b"]);
    expect(source.at.frame.n).toBe(1);
  });

  it("makes further copies of a copy", () => {
    fc.assert(
      fc.property(sendable, fc.constantFrom(1, 40), (value, times) => {
        const copier = taught(value, times);
        const copy = copier.copy(value);
        const second = copier.recopy(copy);
        expect(difference(second, copy)).toBeUndefined();
        const parts = objectsIn(copy);
        for (const part of objectsIn(second)) expect(parts.has(part)).toBe(false);
      }),
    );
    const copier = taught(pose);
    expect(difference(copier.recopy({ other: [1] }), { other: [1] })).toBeUndefined();
  });

  it("survives a Proxy that uses the copier in the middle of a copy", () => {
    const copier = taught(pose);
    const proxy = new Proxy({ n: 1 }, { get: (target, k) => (copier.copy(pose), Reflect.get(target, k)) });
    expectSame(copier, { ...pose, at: { frame: proxy } });
  });

  it("reads an accessor on a shape it knows, as it says, and refuses it before", () => {
    const value = { x: 1, deep: { y: 2 } };
    const odd = { x: 1, deep: Object.defineProperty({ y: 0 }, "y", { get: () => 2, enumerable: true }) };
    expect(refusal(() => taught(value, 20).copy(odd)).path).toBe("$.deep.y");
    // This is how one sees that the shape was learned at all.
    expect(difference(taught(value, 40).copy(odd), value)).toBeUndefined();
    const copier = taught(value, 40);
    const next = { ...value, more: true };
    expect(refusal(() => copier.copy({ ...next, deep: odd.deep })).path).toBe("$.deep.y");
    for (let i = 0; i < 100; i++) copier.copy(next);
    expect(difference(copier.copy({ ...next, deep: odd.deep }), next)).toBeUndefined();
  });

  it("makes undefined of holes on a shape it knows", () => {
    const copier = taught({ list: [1, undefined], mixed: [undefined, { a: 1 }] });
    // oxlint-disable-next-line no-sparse-arrays
    for (let i = 0; i < 40; i++) expectSame(copier, { list: [1, , 2], mixed: [, { a: 3 }, ,] });
  });

  it("learns a shape that changes for good", () => {
    const copier = taught(pose);
    const next = { ...pose, goal: { x: 1, y: 2 } };
    for (let i = 0; i < 200; i++) expectSame(copier, next);
    for (let i = 0; i < 200; i++) expectSame(copier, i % 2 === 0 ? pose : next);
  });
});

describe("compile()", () => {
  it("fits what was learned, without a checked walk", () => {
    const wide = [pose, { ...pose, goal: { x: 1 } }, { ...pose, name: null, tags: [] }, { kind: "other" }, [1, 2], {
      ...pose,
      x: undefined,
      y: 5n,
    }];
    const copy = compiledFor(...wide);
    for (const value of wide) {
      expect(difference(copy(value), value)).toBeUndefined();
      expect(lastBytes()).toBe(sizeOf(value));
    }
  });

  it("misses what was not learned", () => {
    const copy = compiledFor(pose);
    const { x: _, ...less } = pose;
    for (
      const value of [
        less,
        { ...pose, more: 1 },
        { ...less, x: 1.5 },
        { ...pose, x: "1" },
        { ...pose, goal: {} },
        { ...pose, tags: [1] },
        { ...pose, path: [{ id: 1 }] },
        [],
        null,
      ]
    ) {
      expect(copy(value)).toBe(MISS);
    }
  });

  it("tells up to four lists of keys apart at one place, and sends more through the checked walk", () => {
    const kinds = Array.from({ length: 6 }, (_, i) => ({ at: { [`kind${i}`]: i } }));
    for (const count of [4, 6]) {
      const copy = compiledFor(...kinds.slice(0, count));
      for (const kind of kinds.slice(0, count)) expect(difference(copy(kind), kind)).toBeUndefined();
    }
    expect(compiledFor(...kinds.slice(0, 4))(kinds[5])).toBe(MISS);
    expect(difference(compiledFor(...kinds.slice(0, 5))(kinds[5]), kinds[5])).toBeUndefined();
  });

  it("gives the same function for the same shape", () => {
    expect(compiledFor({ a: 1, b: "x" })).toBe(compiledFor({ a: 2, b: "y" }));
    expect(compiledFor({ a: 1, b: "x" })).not.toBe(compiledFor({ b: "x", a: 1 }));
  });

  it("takes any key as text", () => {
    fc.assert(
      fc.property(fc.dictionary(key, primitive), (value) => {
        const canonical = snapshot(value);
        expect(difference(compiledFor(canonical)({ ...value }), canonical)).toBeUndefined();
      }),
    );
  });

  it("leaves the copier on the checked walk where functions cannot be made of text", () => {
    const real = globalThis.Function;
    try {
      globalThis.Function = class {
        constructor() {
          throw new EvalError("no code from strings");
        }
      } as unknown as FunctionConstructor;
      const value = { only: 1, here: "x" };
      const copier = taught(value, 200);
      expectSame(copier, value);
    } finally {
      globalThis.Function = real;
    }
  });
});

describe("widen()", () => {
  it("tells whether anything was new", () => {
    const lesson = newLesson();
    expect(widen(lesson, { a: 1 })).toBe(true);
    expect(widen(lesson, { a: 2 })).toBe(false);
    expect(widen(lesson, { a: "x" })).toBe(true);
    expect(widen(lesson, { a: 3 })).toBe(false);
    expect(widen(lesson, { a: [] })).toBe(true);
    expect(widen(lesson, { a: [1] })).toBe(true);
    expect(widen(lesson, { a: [2, 3] })).toBe(false);
  });

  it("knows a list of keys from a longer one", () => {
    const lesson = newLesson();
    widen(lesson, { a: 1 });
    expect(widen(lesson, { a: 1, b: 2 })).toBe(true);
    expect(widen(lesson, { a: 1 })).toBe(false);
  });

  it("learns no more of objects that are used as dictionaries", () => {
    const lesson = newLesson();
    for (let i = 0; i < 5; i++) widen(lesson, { [`id${i}`]: 1 });
    for (let i = 0; i < 20; i++) expect(widen(lesson, { [`id${i}`]: { n: i } })).toBe(false);
    expect(lesson.shape.objects).toEqual([]);
  });

  it("leaves the parts of a huge object to the checked walk", () => {
    const part = (name: string): object => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${name}${i}`, i]));
    const huge = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`part${i}`, part(`${i}n`)]));
    const lesson = newLesson();
    for (let i = 0; i < 3; i++) widen(lesson, huge);
    expect(lesson.places).toBeLessThanOrEqual(512);
    expect(difference(compile(lesson.shape)!(huge), huge)).toBeUndefined();
  });

  it("stays within its bound whatever it is taught", () => {
    fc.assert(
      fc.property(fc.infiniteStream(sendable), (values) => {
        const lesson = newLesson();
        for (let i = 0; i < 300; i++) widen(lesson, snapshot(values.next().value));
        expect(lesson.places).toBeLessThanOrEqual(512);
      }),
      { numRuns: 10 },
    );
  });
});
