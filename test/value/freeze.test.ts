import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../src/value/copy.ts";
import { freezeDeep, ShareGate } from "../../src/value/freeze.ts";
import { lastBytes, sizeOf } from "../../src/value/size.ts";
import { difference, objectsIn, refusal, sendable } from "./support.ts";

const isPlain = (part: object): boolean => Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;

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
});
