import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../src/codec/codec.ts";
import { codecOf } from "../../src/codec/codecs.ts";
import { difference } from "../value/support.ts";

const codecs: Codec[] = await Promise.all(["cbor", "json", "msgpack"].map(codecOf));

const big = (): unknown[] => {
  const bytes = (): ArrayBuffer => Uint8Array.from({ length: 16_384 }, (_, i) => i * 7).buffer;
  const views = [
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ];
  return [bytes(), ...views.map((View) => new (View as new (buffer: ArrayBuffer) => ArrayBufferView)(bytes()))];
};

describe.each(codecs)("$name", (codec) => {
  it("encode() sends binary parts from 16 KiB on uncopied, in their order", () => {
    const [a, b, small] = [new Uint8Array(16_384), new Float64Array(2_048), new Uint8Array(16_383)];
    const parts = codec.encode({ a, small, b: [b] });
    expect(parts.length).toBe(3);
    expect(parts[1].buffer).toBe(a.buffer);
    expect(parts[2].buffer).toBe(b.buffer);
    expect(parts[0].length).toBeGreaterThan(16_383);
  });

  it("encode() sends only the range of a view", () => {
    const view = new Float64Array(new ArrayBuffer(80_000), 800, 4_000);
    const [, part] = codec.encode(view);
    expect([part.byteOffset, part.byteLength]).toEqual([800, 32_000]);
  });

  it("decode() uses a part as it is if it covers its buffer, whatever its kind", () => {
    for (const value of big()) {
      const parts = codec.encode(value);
      const found = codec.decode(parts) as ArrayBufferView | ArrayBuffer;
      expect(difference(found, value)).toBeUndefined();
      expect(ArrayBuffer.isView(found) ? found.buffer : found).toBe(parts[1].buffer);
    }
  });

  it("decode() copies a part that does not cover its buffer, wherever it begins in it", () => {
    for (const value of big()) {
      const [first, part] = codec.encode(value);
      for (const offset of [0, 1, 8]) {
        const memory = new Uint8Array(part.length + 16);
        memory.set(part, offset);
        const found = codec.decode([first, memory.subarray(offset, offset + part.length)]) as ArrayBufferView | ArrayBuffer;
        expect(difference(found, value)).toBeUndefined();
        expect(ArrayBuffer.isView(found) ? found.buffer : found).not.toBe(memory.buffer);
      }
    }
  });

  it("decode() takes Buffers, and gives Uint8Arrays", () => {
    const value = [new Uint8Array([1, 2]), new Uint8Array(20_000).fill(3), new Float32Array([1])];
    const parts = codec.encode(value).map((part) => Buffer.from(part));
    expect(difference(codec.decode(parts), value)).toBeUndefined();
  });

  it("decode() takes parts in any order, each once", () => {
    const [first, a, b] = codec.encode([new Uint8Array(20_000).fill(1), new Uint8Array(20_000).fill(2)]);
    expect((codec.decode([first, b, a]) as Uint8Array[]).map((view) => view[0])).toEqual([2, 1]);
  });

  it("batch() numbers parts through, and takes back those of a value that is refused", () => {
    const batch = codec.batch();
    batch.add(new Uint8Array(20_000).fill(1));
    const { bytes } = batch;
    expect(() => batch.add([new Uint8Array(20_000), () => 0])).toThrow(/cannot be written|only plain data/);
    expect([batch.length, batch.bytes]).toEqual([1, bytes]);
    batch.add({ b: new Uint16Array(10_000).fill(2) });
    const parts = batch.finish();
    expect(parts.length).toBe(3);
    expect(difference(codec.decode(parts), [new Uint8Array(20_000).fill(1), { b: new Uint16Array(10_000).fill(2) }])).toBeUndefined();
    expect(codec.decode(batch.finish())).toEqual([]);
    for (const length of [15, 16, 23, 24, 255, 256, 70_000]) {
      for (let i = 0; i < length; i++) batch.add(i);
      expect((codec.decode(batch.finish()) as number[]).length).toBe(length);
    }
  });

  it("batches of one codec do not meet", () => {
    const [a, b] = [codec.batch(), codec.batch()];
    for (let i = 0; i < 100; i++) {
      a.add(["a", i]);
      b.add(["b", i]);
      codec.encode(["c", i]);
    }
    const left = a.finish();
    expect((codec.decode(b.finish()) as unknown[])[99]).toEqual(["b", 99]);
    expect((codec.decode(left) as unknown[])[99]).toEqual(["a", 99]);
  });
});
