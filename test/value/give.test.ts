import { Buffer } from "node:buffer";
import { markAsUntransferable } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDetached } from "../../src/value/binary.ts";
import { snapshot } from "../../src/value/copy.ts";
import { give, Given, takeGiven } from "../../src/value/give.ts";
import { lastBytes, sizeOf } from "../../src/value/size.ts";
import { difference, refusal, sendable } from "./support.ts";

describe("give()", () => {
  it("wraps the value and touches nothing", () => {
    const value = { pixels: new Uint8Array(4) };
    const given = give(value);
    expect(given).toBeInstanceOf(Given);
    expect(given.value).toBe(value);
    expect(value.pixels.length).toBe(4);
  });
});

describe("takeGiven()", () => {
  it("hands over every buffer, and copies the rest", () => {
    const value = {
      pixels: new Uint8Array([1, 2, 3]),
      wide: new Float64Array([1.5, NaN]),
      raw: new Uint8Array([7, 8]).buffer,
      view: new DataView(new Uint8Array([9]).buffer),
      list: [{ big: new BigInt64Array([1n]) }, new Map([["m", new Uint16Array([5])]])] as const,
      meta: { width: 3, at: new Date(5), empty: new ArrayBuffer(0) },
    };
    const expected = snapshot(value);
    const buffers = [
      value.pixels.buffer,
      value.wide.buffer,
      value.raw,
      value.view.buffer,
      value.list[0].big.buffer,
      value.list[1].get("m")!.buffer,
      value.meta.empty,
    ];
    const taken = takeGiven(give(value));
    expect(lastBytes()).toBe(sizeOf(expected));
    expect(difference(taken, expected)).toBeUndefined();
    for (const buffer of buffers) expect(isDetached(buffer)).toBe(true);
    expect(value.pixels.length).toBe(0);
    expect(taken.meta).not.toBe(value.meta);
    expect(value.meta.width).toBe(3);
  });

  it("moves the memory instead of copying it", () => {
    const big = new Uint8Array(64 * 1024 * 1024).fill(1);
    const before = process.memoryUsage().arrayBuffers;
    const taken = takeGiven(give({ big }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    expect(taken.big[5]).toBe(1);
    expect(big.length).toBe(0);
  });

  it("takes whatever value can be sent, if each view covers its buffer", () => {
    fc.assert(
      fc.property(sendable, (source) => {
        const value = snapshot(source);
        const expected = snapshot(value);
        expect(difference(takeGiven(give(value)), expected)).toBeUndefined();
        expect(lastBytes()).toBe(sizeOf(expected));
      }),
    );
  });

  it("makes a Uint8Array of a Buffer that has its memory to itself", () => {
    const buffer = Buffer.alloc(100_000, 1);
    const taken = takeGiven(give({ buffer })).buffer;
    expect(Object.getPrototypeOf(taken)).toBe(Uint8Array.prototype);
    expect(taken.length).toBe(100_000);
    expect(buffer.length).toBe(0);
  });

  const whole = new Uint8Array(8);
  const untransferable = new Uint8Array(8);
  markAsUntransferable(untransferable.buffer);
  const twice = new Uint8Array(8);
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const refused: [string, unknown, string, RegExp][] = [
    ["a pooled Buffer", { b: Buffer.from("abc") }, "$.b", /pooled or partial Buffer/],
    ["the pool of Buffers", { b: Buffer.from("abc").buffer }, "$.b", /cannot be detached/],
    ["a partial view", { b: whole.subarray(0, 4) }, "$.b", /view of a part/],
    ["a view that starts later", { b: whole.subarray(4) }, "$.b", /view of a part/],
    ["a partial DataView", { b: new DataView(whole.buffer, 1) }, "$.b", /view of a part/],
    ["the same buffer twice", { a: twice, b: [twice.buffer] }, "$.b[0]", /twice/],
    ["an alias of a view", { a: twice, b: twice }, "$.b", /twice/],
    ["shared memory", { b: new Uint8Array(new SharedArrayBuffer(4)) }, "$.b", /SharedArrayBuffer/],
    ["memory of WebAssembly", { b: new WebAssembly.Memory({ initial: 1 }).buffer }, "$.b", /cannot be detached/],
    ["untransferable memory", { b: untransferable }, "$.b", /cannot be detached/],
    ["memory given before", { b: gone }, "$.b", /detached/],
    ["a function", { b: { f() {} } }, "$.b.f", /function/],
    ["a Given inside", { b: give(1) }, "$.b", /wrap the whole value/],
  ];
  it.each(refused)("refuses %s by its path, and detaches nothing", (_, value, path, problem) => {
    const first = new Uint8Array(4);
    const last = new ArrayBuffer(4);
    const given = give(typeof value === "object" ? { first, ...value, last } : value);
    const error = refusal(() => takeGiven(given, "/image"));
    expect(error.path).toBe(path);
    expect(error.message).toMatch(problem);
    expect(error.message.startsWith(`/image: ${path}: `)).toBe(true);
    expect([first.length, last.byteLength, whole.length, twice.length, untransferable.length]).toEqual([4, 4, 8, 8, 8]);
  });

  it("refuses the same Given a second time", () => {
    const given = give({ b: new Uint8Array(4) });
    takeGiven(given);
    expect(refusal(() => takeGiven(given)).path).toBe("$.b");
  });

  it("copies a given value without buffers", () => {
    const value = { a: [1] };
    const taken = takeGiven(give(value));
    expect(taken).toEqual(value);
    expect(taken).not.toBe(value);
  });
});
