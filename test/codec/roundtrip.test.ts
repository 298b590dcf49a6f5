import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/codec/codecs.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { snapshot } from "../../src/value/copy.ts";
import { difference, objectsIn } from "../value/support.ts";
import { canonical, toHex } from "./support.ts";

const codecs: Codec[] = await Promise.all(["cbor", "json", "msgpack"].map(codecOf));

describe.each(codecs)("$name", (codec) => {
  it("decode() gives back every canonical value exactly", () => {
    fc.assert(
      fc.property(canonical, (value) => {
        expect(difference(codec.decode(codec.encode(value)), value)).toBeUndefined();
      }),
      { numRuns: 3_000 },
    );
  });

  it("encode() writes the same value as the same bytes", () => {
    fc.assert(
      fc.property(canonical, (value) => {
        const once = codec.encode(value).map(toHex);
        expect(codec.encode(snapshot(value)).map(toHex)).toEqual(once);
        expect(codec.encode(codec.decode(codec.encode(value))).map(toHex)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  it("decode() gives a value that shares no memory with the message or another value", () => {
    fc.assert(
      fc.property(canonical, (value) => {
        const parts = codec.encode(value);
        const [one, two] = [codec.decode(parts), codec.decode(parts)];
        const buffers = new Set(parts.map((part) => part.buffer as object));
        const found = objectsIn(one);
        for (const object of objectsIn(two)) expect(found.has(object)).toBe(false);
        for (const object of found) {
          expect(buffers.has(object)).toBe(false);
          if (ArrayBuffer.isView(object)) expect(object.byteLength).toBe(object.buffer.byteLength);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("encode() never writes again into what it has returned", () => {
    const values = fc.sample(canonical, { numRuns: 400, seed: 7 });
    const kept = values.map((value) => {
      const parts = codec.encode(value);
      return { parts, copy: parts.map(toHex) };
    });
    for (const { parts, copy } of kept) expect(parts.map(toHex)).toEqual(copy);
  });

  it("batch() gives the bytes of an array of what was added", () => {
    const batch = codec.batch();
    fc.assert(
      fc.property(fc.array(canonical), (values) => {
        for (const value of values) batch.add(value);
        expect(batch.length).toBe(values.length);
        const { bytes } = batch;
        const parts = batch.finish();
        expect(parts.map(toHex)).toEqual(codec.encode(values).map(toHex));
        const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
        expect(Math.abs(bytes - total)).toBeLessThanOrEqual(16);
        expect(batch.length).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
