import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkShared } from "../../src/value/check.ts";
import { compileCheck, UNFIT } from "../../src/value/compile.ts";
import { snapshot } from "../../src/value/copy.ts";
import { freezeDeep, ShareGate } from "../../src/value/freeze.ts";
import { give } from "../../src/value/give.ts";
import { newLesson, widen } from "../../src/value/learn.ts";
import { lastBytes, sizeOf } from "../../src/value/size.ts";
import { difference, key, nearMisses, objectsIn, pose, primitive, refusal, sendable } from "./support.ts";

const isPlain = (part: object): boolean => Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;

/** Expects of the gate what the checked walk does: the same size, or the same refusal. */
function expectSame(gate: ShareGate, value: unknown): void {
  let refused: Error | undefined;
  let bytes = 0;
  try {
    checkShared(value, "s");
    bytes = lastBytes();
  } catch (error) {
    refused = error as Error;
  }
  if (refused !== undefined) {
    expect(gate.knows(value)).toBe(false);
    expect(refusal(() => gate.pass(value)).message).toBe(refused.message);
  } else {
    expect(gate.pass(value)).toBe(value);
    expect(lastBytes()).toBe(bytes);
  }
}

/** A gate that has seen enough of `value`, in fresh copies, to know its shape. */
function taught(value: unknown, development = false, times = 40): ShareGate {
  const gate = new ShareGate(development, "s");
  for (let i = 0; i < times; i++) gate.pass(snapshot(value));
  return gate;
}

describe("freezeDeep()", () => {
  it("freezes every plain object and array, and nothing else", () => {
    fc.assert(
      fc.property(sendable, (source) => {
        const value = snapshot(source);
        expect(freezeDeep(value)).toBe(value);
        for (const part of objectsIn(value)) {
          // An error's data stays as the error does.
          if (!isPlain(part) && Object.isExtensible(part) === false) throw new Error("froze too much");
        }
        if (typeof value === "object" && value !== null && isPlain(value)) expect(Object.isFrozen(value)).toBe(true);
      }),
    );
  });

  it("freezes below what is frozen already, in Maps and Sets, and round cycles", () => {
    const inner = { n: 1 };
    const inMap = { n: 1 };
    const inSet = [1];
    const value: Record<string, unknown> = {
      frozen: Object.freeze({ inner }),
      map: new Map([["k", inMap]]),
      set: new Set([inSet]),
      view: new Uint8Array(2),
    };
    value.self = value;
    freezeDeep(value);
    for (const part of [value, inner, inMap, inSet]) expect(Object.isFrozen(part)).toBe(true);
    expect(Object.isFrozen(value.view)).toBe(false);
  });

  it("freezes a chain deeper than the stack", () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = { value };
    expect(Object.isFrozen(freezeDeep(value))).toBe(true);
  });
});

describe("ShareGate", () => {
  it("passes a canonical value itself, and tells its size each time", () => {
    fc.assert(
      fc.property(sendable, fc.boolean(), (source, development) => {
        const value = snapshot(source);
        const before = snapshot(value);
        const gate = new ShareGate(development);
        for (let i = 0; i < 3; i++) {
          expect(gate.pass(value)).toBe(value);
          expect(lastBytes()).toBe(sizeOf(before));
          snapshot([i]);
          expect(gate.pass(value)).toBe(value);
          expect(lastBytes()).toBe(sizeOf(before));
          gate.pass({ other: i });
        }
        expect(difference(value, before)).toBeUndefined();
      }),
    );
  });

  it("knows() tells of small values of a shape that was learned, which is all that they need in production", () => {
    const large = { x: "x".repeat(4096), y: 1 };
    expect(new ShareGate(false).knows({ x: "a", y: 1 })).toBe(false);
    expect(taught({ x: "a", y: 1 }, true).knows({ x: "a", y: 1 })).toBe(false); // it is to be frozen
    const gate = taught({ x: "a", y: 1 });
    expect(gate.knows({ x: "b", y: 2 })).toBe(true);
    for (const other of [{ y: 1, x: "a" }, { x: "a", y: 1, f: () => 1 }, { x: "a" }, { x: () => 1, y: 1 }, give({ x: "a", y: 1 }), large]) {
      expect(gate.knows(other)).toBe(false);
    }
    for (const primitive of ["a", 1, null, undefined, () => 1, Symbol()]) expect(gate.knows(primitive)).toBe(false);
    gate.pass(large);
    expect(gate.knows({ x: "b", y: 2 })).toBe(false); // what is large may be known by itself
    expect(gate.pass({ x: "b", y: 2 })).toEqual({ x: "b", y: 2 });
  });

  it("freezes while developing, and only then", () => {
    const value = () => ({ list: [{ n: 1 }] });
    expect(Object.isFrozen(new ShareGate<ReturnType<typeof value>>(false).pass(value()).list[0])).toBe(false);
    expect(Object.isFrozen(new ShareGate<ReturnType<typeof value>>(true).pass(value()).list[0])).toBe(true);
  });

  it("refuses what snapshot() refuses, by the same path, and freezes nothing of it", () => {
    const cyclic: { a: { b?: unknown } } = { a: {} };
    cyclic.a.b = cyclic;
    const refused = [
      { a: [() => 1] },
      { a: Symbol() },
      cyclic,
      { a: new SharedArrayBuffer(1) },
      { m: new Map([[1, new WeakSet()]]) },
      {
        get x() {
          return 1;
        },
      },
      "\ud800",
      { s: "\ud800" },
    ];
    for (const value of refused) {
      const error = refusal(() => snapshot(value, "/image"));
      const gate = new ShareGate(true, "/image");
      for (let i = 0; i < 2; i++) expect(refusal(() => gate.pass(value)).message).toBe(error.message);
      expect(Object.isFrozen(value)).toBe(typeof value === "string");
    }
  });

  it("refuses what its copy elsewhere would differ from", () => {
    class PlanError extends Error {}
    const gate = new ShareGate(true);
    expect(refusal(() => gate.pass({ b: Buffer.from("x") })).path).toBe("$.b");
    // oxlint-disable-next-line no-sparse-arrays
    expect(refusal(() => gate.pass({ l: [1, , 2] })).path).toBe("$.l");
    expect(refusal(() => gate.pass({ o: Object.create(null) })).path).toBe("$.o");
    expect(refusal(() => gate.pass({ e: new PlanError("x") })).path).toBe("$.e");
    expect(refusal(() => gate.pass({ e: Object.assign(new Error("x"), { errno: 1 }) })).path).toBe("$.e");
    const error = Object.assign(new TypeError("x"), { code: "E", data: [1] });
    expect(gate.pass(error)).toBe(error);
  });

  it("does not look again at what it has passed", () => {
    const gate = new ShareGate(false);
    let reads = 0;
    const value = new Proxy({ n: 1 }, { ownKeys: (target) => (reads++, Reflect.ownKeys(target)) });
    gate.pass(value);
    const first = reads;
    gate.pass(value);
    gate.pass({ other: 1 });
    gate.pass(value);
    expect(first).toBeGreaterThan(0);
    expect(reads).toBe(first);
  });

  it("passes and refuses as the checked walk does whatever the sequence of values", () => {
    const values = fc.array(fc.tuple(sendable, fc.nat(80)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(values, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 10 }), fc.boolean(), (runs, picks, development) => {
        const gate = new ShareGate(development, "s");
        for (const [value, times] of runs) for (let i = 0; i < times; i++) expectSame(gate, snapshot(value));
        for (const [run, miss] of picks) {
          const [value] = runs[run % runs.length];
          expectSame(gate, snapshot(value));
          const misses = nearMisses(snapshot(value));
          expectSame(gate, misses[miss % misses.length]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("passes and refuses as the checked walk does what is almost of a learned shape", () => {
    const flat = fc.dictionary(
      key,
      fc.oneof(primitive, fc.array(primitive, { maxLength: 3 }), fc.dictionary(key, primitive, { maxKeys: 3 })),
      { maxKeys: 4 },
    );
    const expectAll = (value: unknown): void => {
      const gate = taught(value);
      for (let i = 0; i < 2; i++) for (const near of nearMisses(value)) expectSame(gate, near);
    };
    expectAll(pose);
    fc.assert(fc.property(flat, expectAll), { numRuns: 25 });
  });

  it("refuses on a learned shape too what its copy elsewhere would differ from", () => {
    class PlanError extends Error {}
    const value = { list: [1, undefined, { n: null }], part: new Uint8Array(2), error: new Error("x"), o: { a: 1 } };
    const gate = taught(value);
    const odd = [
      // oxlint-disable-next-line no-sparse-arrays
      { ...value, list: [1, , { n: null }] },
      { ...value, list: Array.from({ length: 3 }, () => ({ n: Buffer.from("x") })) },
      { ...value, part: Buffer.from("x") },
      { ...value, part: new Uint8Array(new SharedArrayBuffer(2)) },
      { ...value, error: new PlanError("x") },
      { ...value, error: Object.assign(new Error("x"), { errno: 1 }) },
      { ...value, o: Object.assign(Object.create(null), { a: 1 }) },
      { ...value, o: { a: value } },
    ];
    for (const near of odd) expectSame(gate, near);
    expectSame(gate, value);
  });

  it("passes an accessor on a shape it knows, and refuses it before", () => {
    const odd = { deep: Object.defineProperty({ y: 0 }, "y", { get: () => 2, enumerable: true }) };
    for (const development of [false, true]) {
      expect(refusal(() => taught({ deep: { y: 2 } }, development, 20).pass(odd)).path).toBe("$.deep.y");
      // This is how one sees that the shape was learned at all.
      expect(taught({ deep: { y: 2 } }, development).pass(odd)).toBe(odd);
    }
  });

  it("freezes while developing on a learned shape too, and only then", () => {
    for (const development of [false, true]) {
      const value = snapshot(pose);
      taught(pose, development).pass(value);
      expect(Object.isFrozen(value.path[1])).toBe(development);
    }
  });

  it("does not look again at a large value on a learned shape", () => {
    const gate = taught({ list: [1] });
    let reads = 0;
    const list = new Proxy(Array.from({ length: 1000 }, (_, i) => i), { get: (target, k) => (reads++, Reflect.get(target, k)) });
    const value = { list };
    gate.pass(value);
    const first = reads;
    for (let i = 0; i < 3; i++) {
      gate.pass({ list: [i] });
      gate.pass(value);
    }
    expect(first).toBeGreaterThan(0);
    expect(reads).toBe(first);
  });

  it("survives a Proxy that uses the gate in the middle of a check, and one that answers once only", () => {
    const gate = taught(pose);
    const proxy = new Proxy({ n: 1 }, { get: (target, k) => (gate.pass(snapshot(pose)), Reflect.get(target, k)) });
    expectSame(gate, { ...pose, at: { frame: proxy } });
    let reads = 0;
    const once = new Proxy({ n: 1 }, {
      get(target, k) {
        if (k === "n" && reads++ > 0) throw new Error("again");
        return Reflect.get(target, k);
      },
    });
    expect(new ShareGate(false).pass(once)).toBe(once);
    expect(lastBytes()).toBe(sizeOf({ n: 1 }));
  });
});

describe("compileCheck()", () => {
  it("fits what was learned, without a checked walk, and nothing else", () => {
    const lesson = newLesson();
    const wide = [pose, { ...pose, goal: { x: 1 } }, { ...pose, tags: [] }, [1, 2], { ...pose, x: undefined, y: 5n }];
    for (const value of wide) widen(lesson, value);
    const fits = compileCheck(lesson.shape)!;
    for (const value of wide) expect(fits(value)).toBe(sizeOf(value));
    const { x: _, ...less } = pose;
    for (const value of [less, { ...pose, more: 1 }, { ...less, x: 1.5 }, { ...pose, x: "1" }, { ...pose, tags: [1] }, [], null]) {
      expect(fits(value)).toBe(Array.isArray(value) ? sizeOf(value) : UNFIT);
    }
  });
});
