import { Buffer } from "node:buffer";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recopy, snapshot } from "../../src/value/copy.ts";
import { lastBytes, sizeOf } from "../../src/value/size.ts";
import { difference, objectsIn, refusal, sendable } from "./support.ts";

class Robot {
  x = 1;
}

describe("snapshot()", () => {
  it("copies every value it accepts exactly, and shares nothing with it", () => {
    fc.assert(
      fc.property(sendable, (value) => {
        // A first copy makes the canonical form (a user's error class, say); from then on nothing may change.
        const canonical = snapshot(value);
        const copy = snapshot(canonical);
        expect(difference(copy, canonical)).toBeUndefined();
        const sources = objectsIn(value);
        for (const part of objectsIn(canonical)) expect(sources.has(part)).toBe(false);
        const parts = objectsIn(canonical);
        for (const part of objectsIn(copy)) expect(parts.has(part)).toBe(false);
      }),
    );
  });

  it("copies plain data of every kind as it is", () => {
    const value = {
      numbers: [-0, NaN, Infinity, 1.5],
      other: [undefined, null, true, "é→😀", 12n ** 30n],
      "a b": { 2: "two", 1: "one", nested: {} },
      map: new Map<unknown, unknown>([[{ k: 1 }, [1]], [NaN, -0]]),
      set: new Set([1, "a", { b: 2 }]),
      date: new Date(12),
      noDate: new Date(NaN),
      views: [
        new Float64Array([1, NaN]),
        new BigInt64Array([1n]),
        new DataView(new ArrayBuffer(3)),
        new ArrayBuffer(4),
        new Uint8ClampedArray(2),
      ],
    };
    expect(difference(snapshot(value), value)).toBeUndefined();
  });

  it("makes a plain object of one without a prototype", () => {
    const copy = snapshot(Object.assign(Object.create(null), { a: 1 }));
    expect(difference(copy, { a: 1 })).toBeUndefined();
  });

  it("makes undefined of holes", () => {
    // oxlint-disable-next-line no-sparse-arrays
    const copy = snapshot([, 1, ,]);
    expect(Object.keys(copy)).toEqual(["0", "1", "2"]);
    expect(copy).toEqual([undefined, 1, undefined]);
  });

  it("makes separate copies of aliases", () => {
    const shared = { n: 1 };
    const copy = snapshot({ a: shared, b: shared });
    expect(copy.a).not.toBe(copy.b);
  });

  it("copies only the range of a view", () => {
    const whole = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const copy = snapshot({
      view: whole.subarray(2, 5),
      data: new DataView(whole.buffer, 4, 2),
      wide: new Uint16Array(whole.buffer, 2, 2),
    });
    expect([...copy.view]).toEqual([3, 4, 5]);
    expect(copy.view.buffer.byteLength).toBe(3);
    expect(copy.data.byteLength).toBe(2);
    expect(copy.data.buffer.byteLength).toBe(2);
    expect(copy.data.getUint8(0)).toBe(5);
    expect(copy.wide.buffer.byteLength).toBe(4);
  });

  it("makes a plain Uint8Array of a Buffer", () => {
    const copy = snapshot(Buffer.from("abc"));
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    expect([...copy]).toEqual([97, 98, 99]);
    expect(copy.buffer.byteLength).toBe(3);
  });

  it("keeps the payload of NaN in typed arrays", () => {
    const bits = new Uint32Array([0x7fc00001, 0xffc12345]);
    expect([...new Uint32Array(snapshot(new Float32Array(bits.buffer)).buffer)]).toEqual([...bits]);
  });

  it("keeps name, message, stack, code, data and cause of errors", () => {
    class PlanError extends RangeError {
      override name = "PlanError";
      code = "E_PLAN";
      data = { at: [1, 2] };
      more = () => 1;
    }
    const error = new PlanError("no way", { cause: new TypeError("wall") });
    const copy = snapshot({ error }).error;
    expect(Object.getPrototypeOf(copy)).toBe(Error.prototype);
    expect(copy).not.toBe(error);
    expect(copy.name).toBe("PlanError");
    expect(copy.message).toBe("no way");
    expect(copy.stack).toBe(error.stack);
    expect(copy.code).toBe("E_PLAN");
    expect(difference(copy.data, { at: [1, 2] })).toBeUndefined();
    expect(copy.data).not.toBe(error.data);
    expect(Object.getPrototypeOf(copy.cause)).toBe(TypeError.prototype);
    expect((copy.cause as Error).message).toBe("wall");
    expect(copy).not.toHaveProperty("more");
    expect(Object.keys(copy)).toEqual(["code", "data"]);
  });

  it("keeps the class of native errors, and takes a DOMException for an error", () => {
    for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      expect(Object.getPrototypeOf(snapshot(new Class("m")))).toBe(Class.prototype);
    }
    const abort = snapshot(AbortSignal.abort().reason as Error & { code: number });
    expect(abort).toBeInstanceOf(Error);
    expect([abort.name, abort.code]).toEqual(["AbortError", 20]);
  });

  it("leaves out properties that are not enumerable", () => {
    const value = Object.defineProperty({ a: 1 }, "hidden", { value: () => 1 });
    expect(difference(snapshot(value), { a: 1 })).toBeUndefined();
  });

  it("reads a Proxy of plain data through its traps", () => {
    expect(difference(snapshot(new Proxy({ a: [1] }, {})), { a: [1] })).toBeUndefined();
    expect(difference(snapshot(new Proxy([1, 2], {})), [1, 2])).toBeUndefined();
  });

  const cyclic: Record<string, unknown> = { a: { b: [] } };
  (cyclic.a as { b: unknown[] }).b.push(0, cyclic.a);
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) });
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const refused: [string, unknown, string, RegExp][] = [
    ["a function", { on: { pose: () => 1 } }, "$.on.pose", /function.*service/],
    ["a class", [class {}], "$[0]", /function/],
    ["a symbol", { s: Symbol("x") }, "$.s", /symbol/],
    ["a class instance", { path: [0, 1, 2, { next: new Robot() }] }, "$.path[3].next", /instance of class Robot/],
    ["the value itself", new Robot(), "$", /instance of class Robot/],
    [
      "an accessor",
      {
        a: {
          get x() {
            return 1;
          },
        },
      },
      "$.a.x",
      /accessor/,
    ],
    [
      "an accessor that throws",
      {
        get x() {
          throw new Error("no");
        },
      },
      "$.x",
      /accessor/,
    ],
    ["a setter", { set x(_: number) {} }, "$.x", /accessor/],
    ["an accessor in an array", [Object.defineProperty([1, 2, 3], 1, { get: () => 1 })], "$[0][1]", /accessor/],
    ["a symbol key", { a: { [Symbol("k")]: 1 } }, "$.a[Symbol(k)]", /symbol key/],
    ["a symbol key on an array", Object.assign([1], { [Symbol("k")]: 1 }), "$[Symbol(k)]", /symbol key/],
    [
      "arguments",
      (function () {
        return arguments;
      })(),
      "$[Symbol(Symbol.iterator)]",
      /symbol key/,
    ],
    ["a cycle", cyclic, "$.a.b[1]", /cycle.*\$\.a again/],
    [
      "a cycle through a Map",
      {
        m: (() => {
          const m = new Map();
          return m.set("me", m);
        })(),
      },
      "$.m<value 0>",
      /cycle.*\$\.m again/,
    ],
    [
      "a cycle through a cause",
      (() => {
        const e = new Error("a");
        e.cause = { e };
        return e;
      })(),
      "$.cause.e",
      /cycle/,
    ],
    ["a SharedArrayBuffer", { m: new SharedArrayBuffer(8) }, "$.m", /SharedArrayBuffer/],
    ["a view of a SharedArrayBuffer", { m: new Int32Array(new SharedArrayBuffer(8)) }, "$.m", /SharedArrayBuffer/],
    ["a DataView of a SharedArrayBuffer", { m: new DataView(new SharedArrayBuffer(8)) }, "$.m", /SharedArrayBuffer/],
    ["a __proto__ key", { a: JSON.parse('{"__proto__": {"evil": 1}}') }, '$.a["__proto__"]', /__proto__/],
    ["a lone surrogate", { t: ["ok", "\ud800"] }, "$.t[1]", /lone surrogate/],
    ["a lone surrogate itself", "a\udfffb", "$", /lone surrogate/],
    ["a lone surrogate in a key", { t: { "\udc00": 1 } }, '$.t["\\udc00"]', /lone surrogate/],
    ["a lone surrogate in an error", { e: new Error("\ud800") }, "$.e.message", /lone surrogate/],
    ["a Promise", { p: Promise.resolve() }, "$.p", /await it/],
    ["a WeakMap", [new WeakMap()], "$[0]", /class WeakMap/],
    ["a RegExp", { r: /x/ }, "$.r", /class RegExp/],
    ["a boxed number", { n: new Number(1) }, "$.n", /class Number/],
    ["a URL", { u: new URL("http://x") }, "$.u", /class URL/],
    ["a class that extends Map", { m: new (class Index extends Map {})() }, "$.m", /class Index/],
    ["a class that extends Array", { m: new (class List extends Array {})() }, "$.m", /class List/],
    ["a class that extends Date", { m: new (class Stamp extends Date {})() }, "$.m", /class Stamp/],
    ["a class that extends Uint8Array", { m: new (class Image extends Uint8Array {})() }, "$.m", /class Image/],
    ["an object on a plain prototype", Object.create({ a: 1 }), "$", /instance of class Object/],
    [
      "a Proxy whose trap throws",
      {
        p: new Proxy({}, {
          ownKeys() {
            throw new Error("trap");
          },
        }),
      },
      "$.p",
      /reading it threw/,
    ],
    [
      "a Proxy whose trap throws at a key",
      {
        p: new Proxy({ q: 1 }, {
          getOwnPropertyDescriptor() {
            throw new Error("trap");
          },
        }),
      },
      "$.p",
      /reading it threw/,
    ],
    [
      "a revoked Proxy",
      {
        p: (() => {
          const { proxy, revoke } = Proxy.revocable({}, {});
          revoke();
          return proxy;
        })(),
      },
      "$.p",
      /reading it threw/,
    ],
    ["a Map behind a Proxy", { p: new Proxy(new Map(), {}) }, "$.p", /class Map/],
    [
      "an error whose name throws",
      {
        e: Object.defineProperty(new Error(), "name", {
          get() {
            throw new Error("no");
          },
        }),
      },
      "$.e",
      /reading it threw/,
    ],
    ["a function in an error's data", Object.assign(new Error(), { data: { f() {} } }), "$.data.f", /function/],
    [
      "a resizable buffer",
      { b: new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(4, { maxByteLength: 8 }) },
      "$.b",
      /resizable/,
    ],
    ["a detached buffer", { b: detached.buffer }, "$.b", /detached/],
    ["a view of a detached buffer", { b: detached }, "$.b", /detached/],
    ["a property of an array", { a: "xyz".match(/y/) }, "$.a.index", /property of its own/],
    ["a property of a sparse array", { a: Object.assign([, 1], { b: 1 }) }, "$.a.b", /property of its own/],
    ["a property of an empty array", Object.assign([], { "-1": 1 }), '$["-1"]', /property of its own/],
    ["a property of a Map", { a: Object.assign(new Map(), { b: 1 }) }, "$.a.b", /Map cannot be sent with a property/],
    ["a property of a Date", { a: Object.assign(new Date(), { b: 1 }) }, "$.a.b", /Date cannot be sent with a property/],
    ["an array of holes", { a: new Array(4_294_967_295) }, "$.a", /4294967295 holes/],
    ["a Map's key", { m: new Map([[1, 1], [2, 2], [() => 1, 3]] as never) }, "$.m<key 2>", /function/],
    ["a Map's value", { m: new Map([[1, 1], [2, { v: [Symbol()] }]] as never) }, "$.m<value 1>.v[0]", /symbol/],
    ["a Set's item", { s: new Set([1, 2, () => 1]) }, "$.s<2>", /function/],
    ["a key that is no identifier", { "a b": () => 1 }, '$["a b"]', /function/],
    ["1,001 levels", deep(1_001), `$${".d".repeat(1_000)}`, /deeper than 1000/],
    [
      "a Float16Array",
      typeof (globalThis as { Float16Array?: unknown }).Float16Array === "function"
        ? new (globalThis as unknown as { Float16Array: new () => object }).Float16Array()
        : new Robot(),
      "$",
      /Float16Array|Robot/,
    ],
  ];
  it.each(refused)("refuses %s by its path", (_, value, path, problem) => {
    const error = refusal(() => snapshot(value, "/guide/pose"));
    expect(error.path).toBe(path);
    expect(error.message).toMatch(problem);
    expect(error.message.startsWith(`/guide/pose: ${path}: `)).toBe(true);
    expect(error.subject).toBe("/guide/pose");
  });

  it("accepts 1,000 levels", () => {
    expect(difference(snapshot(deep(1_000)), deep(1_000))).toBeUndefined();
  });

  it("refuses 10,000 levels of any kind instead of overflowing the stack", () => {
    const wraps: ((inner: unknown) => unknown)[] = [
      (x) => [x],
      (x) => ({ x }),
      (x) => new Map([[x, 1]]),
      (x) => new Set([x]),
      (x) => new Error("e", { cause: x }),
    ];
    for (const wrap of wraps) {
      let value: unknown = 1;
      for (let i = 0; i < 10_000; i++) value = wrap(value);
      expect(refusal(() => snapshot(value)).message).toMatch(/deeper than 1000/);
    }
  });

  it("refuses with a ValueError even where hardly any stack is left", () => {
    const value = deep(900);
    let refusedWith: unknown;
    const dive = (): void => {
      try {
        dive();
      } catch {
        if (refusedWith !== undefined) return;
        try {
          snapshot(value);
        } catch (error) {
          refusedWith = error;
          throw error;
        }
      }
    };
    try {
      dive();
    } catch {
      // Whichever frame had room to report it.
    }
    expect(String((refusedWith as Error | undefined)?.name)).toMatch(/ValueError|RangeError/);
    expect(difference(snapshot(value), value)).toBeUndefined();
  });

  it("refuses what aliases would blow up", () => {
    let value: unknown = {};
    for (let i = 0; i < 40; i++) value = { a: value, b: value };
    expect(refusal(() => snapshot(value)).message).toMatch(/aliases count/);
  });

  it("points at the culprit wherever it stands", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom("a", "b c", "0"), fc.nat(3)), { maxLength: 8 }),
        fc.array(sendable, { maxLength: 3 }),
        (steps, beside) => {
          let value: unknown = () => 1;
          for (const step of [...steps].reverse()) {
            if (typeof step === "string") value = { zz: beside, [step]: value };
            else {
              const list: unknown[] = new Array(step).fill(beside);
              list.push(value, beside);
              value = list;
            }
          }
          const path = steps.map((step) => (typeof step === "number" ? `[${step}]` : step === "a" ? ".a" : `["${step}"]`)).join("");
          expect(refusal(() => snapshot(value)).path).toBe(`$${path}`);
        },
      ),
    );
  });

  it("survives a Proxy that takes a snapshot in the middle of another", () => {
    let inner: unknown;
    const proxy = new Proxy({ a: 1 }, {
      ownKeys(target) {
        inner = snapshot({ deep: { deeper: [1, 2] } });
        return Reflect.ownKeys(target);
      },
    });
    const copy = snapshot({ before: 1, proxy, after: { n: 2 } });
    expect(difference(copy, { before: 1, proxy: { a: 1 }, after: { n: 2 } })).toBeUndefined();
    expect(difference(inner, { deep: { deeper: [1, 2] } })).toBeUndefined();
    expect(lastBytes()).toBe(sizeOf(copy));
  });

  it("works on after a refusal", () => {
    refusal(() => snapshot({ a: { b: () => 1 } }));
    expect(refusal(() => snapshot([() => 1])).path).toBe("$[0]");
    expect(snapshot({ a: 1 })).toEqual({ a: 1 });
  });
});

describe("recopy()", () => {
  it("copies a canonical value exactly, and shares nothing with it", () => {
    fc.assert(
      fc.property(sendable, (value) => {
        const canonical = snapshot(value);
        const copy = recopy(canonical);
        expect(difference(copy, canonical)).toBeUndefined();
        const parts = objectsIn(canonical);
        for (const part of objectsIn(copy)) expect(parts.has(part)).toBe(false);
      }),
    );
  });

  it("takes nothing from Object.prototype", () => {
    const polluted = Object.prototype as { extra?: object };
    try {
      polluted.extra = { from: "a library" };
      expect(Object.keys(recopy({ a: 1 }))).toEqual(["a"]);
      expect(Object.keys(snapshot({ a: 1 }))).toEqual(["a"]);
    } finally {
      delete polluted.extra;
    }
  });

  it("makes a copy that can be changed of a frozen value", () => {
    const copy = recopy(Object.freeze({ list: Object.freeze([1]) }));
    expect(Object.isFrozen(copy) || Object.isFrozen(copy.list)).toBe(false);
  });
});

describe("lastBytes()", () => {
  it("is the size that sizeOf() tells of the copy", () => {
    fc.assert(
      fc.property(sendable, (value) => {
        const copy = snapshot(value);
        expect(lastBytes()).toBe(sizeOf(copy));
      }),
    );
  });

  it("grows with what takes memory", () => {
    const size = (value: unknown): number => (snapshot(value), lastBytes());
    expect(size(1)).toBe(8);
    expect(size("abcd")).toBe(24);
    expect(size([1, 2, 3])).toBe(40);
    expect(size({ x: 1 })).toBe(26);
    expect(size(new Uint8Array(1_000_000))).toBeGreaterThanOrEqual(1_000_000);
    expect(size(new ArrayBuffer(1_000_000))).toBeGreaterThanOrEqual(1_000_000);
    expect(size(2n ** 8_000_000n)).toBeGreaterThanOrEqual(1_000_000);
    expect(size(new Error("x".repeat(1_000)))).toBeGreaterThanOrEqual(2_000);
  });
});

describe("snapshot() of values from another realm", () => {
  it("takes their objects for what they are", () => {
    const foreign = runInNewContext(
      `({ a: [1, { b: new Map([[1, new Set([2])]]) }], d: new Date(3), f: new Float64Array([4]), e: new RangeError("m"), x: new ArrayBuffer(2) })`,
    ) as object;
    const copy = snapshot(foreign) as Record<string, unknown>;
    const { e, ...rest } = copy;
    expect(
      difference(rest, { a: [1, { b: new Map([[1, new Set([2])]]) }], d: new Date(3), f: new Float64Array([4]), x: new ArrayBuffer(2) }),
    ).toBeUndefined();
    expect(Object.getPrototypeOf(e)).toBe(RangeError.prototype);
  });

  it("refuses the instances of their classes", () => {
    for (
      const source of [
        "new (class Robot {})()",
        "new (class Robot extends Map {})()",
        "new (class Robot extends Array {})()",
        "new (class Robot extends Uint8Array {})()",
      ]
    ) {
      expect(refusal(() => snapshot({ r: runInNewContext(source) })).message).toMatch(/\$\.r: an instance of class Robot/);
    }
  });
});
