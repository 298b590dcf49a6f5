import { describe, expect, it } from "vitest";
import { cbor } from "../../src/codec/cbor.ts";
import type { Batch } from "../../src/codec/codec.ts";
import { type OwnCodec, toCodec } from "../../src/codec/user-codec.ts";
import { CodecError, ValueError } from "../../src/errors.ts";
import { toHex } from "./support.ts";

/** CBOR with all bytes turned over: nothing else reads it. */
const turned: OwnCodec = {
  name: "turned",
  encode: (value) => cbor.encode(value).map((part) => part.map((byte) => byte ^ 255)),
  decode: (parts) => cbor.decode(parts.map((part) => part.map((byte) => byte ^ 255))),
};

/** What stands where the name of a module would. */
const subject = "./mine.ts";

function refused(value: unknown): string {
  try {
    toCodec(value, subject);
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    expect((error as CodecError).subject).toBe(subject);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

describe("toCodec()", () => {
  it("takes a codec without a batch, and makes one: values are copied when they are added", () => {
    const batch = toCodec(turned, subject).batch();
    const value = { a: [1] };
    batch.add(value);
    batch.add(2);
    value.a.push(3);
    expect(() => batch.add(() => {})).toThrow(ValueError);
    expect(batch.length).toBe(2);
    expect(batch.bytes).toBe(turned.encode({ a: [1] })[0]!.length + 1);
    expect(batch.finish().map(toHex)).toEqual(turned.encode([{ a: [1] }, 2]).map(toHex));
    expect([batch.length, batch.bytes, batch.finish().map(toHex)]).toEqual([0, 0, turned.encode([]).map(toHex)]);
  });

  it("takes a batch where there is one", () => {
    let values: unknown[] = [];
    const own: Batch = {
      get length() {
        return values.length;
      },
      bytes: 0,
      add: (value) => void values.push(value),
      finish: () => turned.encode(values.splice(0)),
    };
    const batch = toCodec({ ...turned, batch: () => own }, subject).batch();
    values = [];
    batch.add(1);
    expect(values).toEqual([1]);
  });

  it("refuses what is no codec", () => {
    const what = './mine.ts exports no codec by default: { name: "mine", encode(value) { … }, decode(parts) { … } }';
    for (const value of [undefined, null, 5, "json", {}, { ...turned, name: "" }, { ...turned, decode: undefined }]) {
      expect(refused(value)).toBe(what);
    }
  });

  it("refuses the names of Pyros's own", () => {
    expect(refused({ ...turned, name: "json" })).toBe("./mine.ts calls its codec json, as one of Pyros is called; name yours otherwise");
  });

  it("refuses a codec that loses something, and says what", () => {
    const encoder = new TextEncoder();
    const plain: OwnCodec = {
      name: "plain",
      encode: (value) => [encoder.encode(JSON.stringify(value))],
      decode: ([part]) => JSON.parse(new TextDecoder().decode(part)),
    };
    expect(refused(plain)).toMatch(/has the codec plain, which does not carry undefined: it did not come back as it was/);
    const zero: OwnCodec = {
      ...turned,
      encode: (value) => turned.encode(Array.isArray(value) ? value.map((n) => (n === 0 ? 0 : n)) : value),
    };
    expect(refused(zero)).toMatch(/turned, which does not carry numbers/);
    const buffers: OwnCodec = {
      ...turned,
      decode: (parts) => {
        const value = turned.decode(parts);
        return Array.isArray(value) ? value.map((item) => (item instanceof Uint8Array ? Buffer.from(item) : item)) : value;
      },
    };
    expect(refused(buffers)).toMatch(/turned, which does not carry Uint8Arrays/);
    expect(refused({ ...turned, encode: () => encoder.encode("x") })).toMatch(/what it encodes is not a list of Uint8Arrays/);
    const broken = () => {
      throw new TypeError("no such thing");
    };
    expect(refused({ ...turned, decode: broken })).toMatch(/turned, which fails with null: no such thing/);
  });
});
