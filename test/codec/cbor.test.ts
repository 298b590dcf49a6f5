import { decode as decodeX, Encoder } from "cbor-x";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cbor } from "../../src/codec/cbor.ts";
import { difference } from "../value/support.ts";
import { canonical, hex, refusal, toHex } from "./support.ts";

const read = (text: string): unknown => cbor.decode([hex(text)]);
const write = (value: unknown): string => cbor.encode(value).map(toHex).join(" ");

/** RFC 8949, appendix A: what is read. */
const vectors: [string, unknown][] = [
  ["00", 0],
  ["01", 1],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["1819", 25],
  ["1864", 100],
  ["1903e8", 1000],
  ["1a000f4240", 1000000],
  ["1b000000e8d4a51000", 1000000000000],
  ["1bffffffffffffffff", 18446744073709551615n],
  ["c249010000000000000000", 18446744073709551616n],
  ["3bffffffffffffffff", -18446744073709551616n],
  ["c349010000000000000000", -18446744073709551617n],
  ["20", -1],
  ["29", -10],
  ["3863", -100],
  ["3903e7", -1000],
  ["f90000", 0],
  ["f98000", -0],
  ["f93c00", 1],
  ["fb3ff199999999999a", 1.1],
  ["f93e00", 1.5],
  ["f97bff", 65504],
  ["fa47c35000", 100000],
  ["fa7f7fffff", 3.4028234663852886e38],
  ["fb7e37e43c8800759c", 1e300],
  ["f90001", 5.960464477539063e-8],
  ["f90400", 0.00006103515625],
  ["f9c400", -4],
  ["fbc010666666666666", -4.1],
  ["f97c00", Infinity],
  ["f97e00", NaN],
  ["f9fc00", -Infinity],
  ["fa7f800000", Infinity],
  ["fa7fc00000", NaN],
  ["faff800000", -Infinity],
  ["fb7ff0000000000000", Infinity],
  ["fb7ff8000000000000", NaN],
  ["fbfff0000000000000", -Infinity],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["f7", undefined],
  ["c074323031332d30332d32315432303a30343a30305a", new Date("2013-03-21T20:04:00Z")],
  ["c11a514b67b0", new Date(1363896240_000)],
  ["c1fb41d452d9ec200000", new Date(1363896240_500)],
  ["40", new Uint8Array()],
  ["4401020304", new Uint8Array([1, 2, 3, 4])],
  ["60", ""],
  ["6161", "a"],
  ["6449455446", "IETF"],
  ["62225c", '"\\'],
  ["62c3bc", "\u00fc"],
  ["63e6b0b4", "\u6c34"],
  ["64f0908591", "\ud800\udd51"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", Array.from({ length: 25 }, (_, i) => i + 1)],
  ["a0", {}],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["826161a161626163", ["a", { b: "c" }]],
  ["a56161614161626142616361436164614461656145", { a: "A", b: "B", c: "C", d: "D", e: "E" }],
];

/** Appendix A and F: well-formed things that no value is written as, and what is not well-formed. */
const refused: [string, RegExp][] = [
  ["f0", /simple value/],
  ["f818", /simple value/],
  ["f8ff", /simple value/],
  ["d74401020304", /tag 23/],
  ["d818456449455446", /tag 24/],
  ["d82076687474703a2f2f7777772e6578616d706c652e636f6d", /tag 32/],
  ["a201020304", /no text; a map with such keys needs tag 259/],
  ["5f42010243030405ff", /indefinite/],
  ["7f657374726561646d696e67ff", /indefinite/],
  ["9fff", /indefinite/],
  ["bf61610161629f0203ffff", /indefinite/],
  ["ff", /simple value/],
  ["", /cut off/],
  ["18", /cut off/],
  ["1a0102", /cut off/],
  ["fb00000000", /cut off/],
  ["5affffffff00", /cut off/],
  ["7b7fffffffffffffff010203", /nothing has/],
  ["8181818181818181", /cut off/],
  ["1c", /does not have/],
  ["3e", /does not have/],
  ["9c", /does not have/],
  ["0000", /stands after/],
];

describe("cbor decode()", () => {
  it.each(vectors)("reads %s of RFC 8949", (text, value) => {
    expect(difference(read(text), value)).toBeUndefined();
  });

  it.each(refused)("refuses %j", (text, problem) => {
    expect(refusal(cbor, hex(text)).message).toMatch(problem);
  });

  it("reads the typed arrays of RFC 8746, and bytes with a tag", () => {
    expect(read("d84043010203")).toEqual(new Uint8Array([1, 2, 3]));
    expect(read("d844420aff")).toEqual(new Uint8ClampedArray([10, 255]));
    expect(read("d84544020008ff")).toEqual(new Uint16Array([2, 0xff08]));
    expect(read("d8464402000000")).toEqual(new Uint32Array([2]));
    expect(read("d847480200000000000080")).toEqual(new BigUint64Array([0x8000000000000002n]));
    expect(read("d84842017f")).toEqual(new Int8Array([1, 127]));
    expect(read("d84d42feff")).toEqual(new Int16Array([-2]));
    expect(read("d84e44feffffff")).toEqual(new Int32Array([-2]));
    expect(read("d84f48feffffffffffffff")).toEqual(new BigInt64Array([-2n]));
    expect(read("d855440000c03f")).toEqual(new Float32Array([1.5]));
    expect(read("d85648000000000000f83f")).toEqual(new Float64Array([1.5]));
    expect(refusal(cbor, hex("d8564700000000000000")).message).toMatch(/7 bytes for a Float64Array/);
    expect(refusal(cbor, hex("d856fb3ff8000000000000")).message).toMatch(/bytes expected/);
  });

  it("reads heads that are longer than they need to be, and floats that are whole", () => {
    expect(read("1b0000000000000001")).toBe(1);
    expect(read("9b000000000000000101")).toEqual([1]);
    expect(read("7800")).toBe("");
    expect(read("fb3ff0000000000000")).toBe(1);
    expect(read("3b001ffffffffffffe")).toBe(-Number.MAX_SAFE_INTEGER);
    expect(read("3b001fffffffffffff")).toBe(-(2n ** 53n));
  });

  it("reads times as other languages write them", () => {
    const time = (text: string): Uint8Array => Uint8Array.from([0xc0, 0x78, text.length, ...new TextEncoder().encode(text)]);
    expect(cbor.decode([time("2026-01-31T12:00:00.125+01:00")])).toEqual(new Date("2026-01-31T11:00:00.125Z"));
    for (const bad of ["2026-01-31", "31 Jan 2026", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00", "1"]) {
      expect(refusal(cbor, time(bad)).message).toMatch(/no Date holds/);
    }
    for (const bad of ["c1fb7ff0000000000000", "c16130", "c1c100", "d903e9a0", "d903e9a12000", "d903e9a2010022f6"]) {
      expect(refusal(cbor, hex(bad)).message).toMatch(/no Date holds/);
    }
  });

  it("takes the last of two equal keys", () => {
    expect(read("a2616101616102")).toEqual({ a: 2 });
    expect(read("d90103a201010102")).toEqual(new Map([[1, 2]]));
  });
});

describe("cbor encode()", () => {
  it("writes numbers as short as they are exact", () => {
    expect([0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].map(write)).toEqual(
      ["00", "17", "1818", "18ff", "190100", "19ffff", "1a00010000", "1affffffff", "1b0000000100000000", "1b001fffffffffffff"],
    );
    expect([-1, -24, -25, -256, -257, -(2 ** 31), -(2 ** 32), 1 - 2 ** 53].map(write)).toEqual(
      ["20", "37", "3818", "38ff", "390100", "3a7fffffff", "3affffffff", "3b001ffffffffffffe"],
    );
    expect([-0, NaN, Infinity, -Infinity, 1.5, 0.1, 2 ** 53].map(write)).toEqual(
      ["f98000", "f97e00", "f97c00", "f9fc00", "fa3fc00000", "fb3fb999999999999a", "fa5a000000"],
    );
  });

  it("writes everything else as the table says", () => {
    const forms: [unknown, string][] = [
      [0n, "c240"],
      [1n, "c24101"],
      [-1n, "c340"],
      [256n, "c2420100"],
      [undefined, "f7"],
      [{ b: 1, a: undefined }, "a2 616201 6161f7"],
      [new Map([[{ a: 1 }, []]]), "d90103a1 a1616101 80"],
      [new Set(["a"]), "d9010281 6161"],
      [new Date(2000), "c102"],
      [new Date(1500), "c1fa3fc00000"],
      [new Date(NaN), "d903e9a101f97e00"],
      [new Date(-62135596800001), "d903e9a2 01 3b0000000e7791f700 22 1903e7"],
      [new Uint8Array([1, 2]), "420102"],
      [new Float32Array([1.5]), "d855440000c03f"],
      [new ArrayBuffer(1), "da507972014100"],
      [new DataView(new ArrayBuffer(1)), "da507972024100"],
      [
        Object.assign(new Error("m"), { stack: "s", code: 1 }),
        "da50797203a4 646e616d65 654572726f72 676d657373616765 616d 65737461636b 6173 64636f6465 01",
      ],
    ];
    for (const [value, text] of forms) expect(write(value)).toBe(text.replaceAll(" ", ""));
  });

  it("writes texts of all lengths and characters", () => {
    for (const unit of ["a", "\u00fc", "\u6c34", "\ud83d\ude00", "a\u00fc\u6c34"]) {
      for (const length of [0, 1, 7, 8, 11, 12, 23, 24, 31, 32, 33, 85, 86, 127, 128, 255, 256, 1_000, 22_000, 65_535, 65_536]) {
        const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, Math.ceil(length / unit.length) * unit.length);
        const [message] = cbor.encode([text, text]);
        expect(cbor.decode([message])).toEqual([text, text]);
        expect(decodeX(message)).toEqual([text, text]);
      }
    }
  });

  it("grows with what it writes, and keeps what was written", () => {
    const value = {
      texts: Array.from({ length: 3_000 }, (_, i) => `text ${i} `.repeat(i % 40)),
      views: Array.from({ length: 30 }, (_, i) => new Uint8Array(i * 400).fill(i)),
    };
    expect(difference(cbor.decode(cbor.encode(value)), value)).toBeUndefined();
  });

  it("refuses what is not canonical, and goes on after it", () => {
    for (const value of [() => 1, Symbol("x"), [new (class A {})()], { deep: new WeakMap() }]) {
      expect(() => cbor.encode(value)).toThrow(expect.objectContaining({ code: "PYROS_VALUE" }));
    }
    expect(write([1])).toBe("8101");
  });

  it("writes a value that is read while another is written", () => {
    const outer = {
      a: 1,
      get b() {
        return write([1, 2, 3]);
      },
      c: 2,
    };
    expect(cbor.decode(cbor.encode(outer))).toEqual({ a: 1, b: "83010203", c: 2 });
  });
});

describe("cbor and cbor-x", () => {
  /** What both write alike, bar numbers: cbor-x knows no -0 and makes floats of whole numbers beyond 32 bits. */
  const common = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.double({ noNaN: true }).filter((n) => !Number.isInteger(n)),
      fc.string({ unit: "grapheme" }),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.array(tie("value"), { maxLength: 30 }),
      fc.dictionary(fc.string().filter((key) => key !== "__proto__" && key !== "__proto_"), tie("value"), { noNullPrototype: true }),
    ),
  })).value;
  const other = new Encoder({ useRecords: false, variableMapSize: true, mapsAsObjects: true });

  it("read each other", () => {
    fc.assert(
      fc.property(common, (value) => {
        expect(difference(other.decode(cbor.encode(value)[0]), value)).toBeUndefined();
        expect(difference(cbor.decode([Uint8Array.from(other.encode(value))]), value)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("agree on what is well-formed", () => {
    fc.assert(
      fc.property(canonical, (value) => {
        const [first] = cbor.encode(value);
        expect(() => new Encoder({ useRecords: false, mapsAsObjects: false }).decode(first)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
