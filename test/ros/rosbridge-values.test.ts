import { Encoder } from "cbor-x";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cbor } from "../../src/codec/cbor.ts";
import { parseDefinition, splitDefinitions } from "../../systems/ros/message/definition.ts";
import { layOut } from "../../systems/ros/message/layout.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { fromText, fromTypedefs, type RosVersion } from "../../systems/ros/rosbridge/definition.ts";
import { Fragments } from "../../systems/ros/rosbridge/fragments.ts";
import { exactOf, parse } from "../../systems/ros/rosbridge/parse.ts";
import { readAny } from "../../systems/ros/rosbridge/read.ts";
import { WireType } from "../../systems/ros/rosbridge/wire-type.ts";
import { isCanonical } from "./canonical.ts";

/** A type `test/All` of that definition. */
function typeOf(text: string, version: RosVersion = 1): WireType {
  const library = new Library({ installed: [] });
  const { text: plain, isBounded } = fromText(text, version);
  const layouts = layOut("test/All", (type) => type === "test/All" ? parseDefinition(type, plain) : library.definition(type));
  return new WireType(layouts, version, isBounded);
}

const all = typeOf(
  "bool b\nint8 i8\nuint8 u8\nbyte by\nchar c\nint16 i16\nuint32 u32\nint64 i64\nuint64 u64\nfloat32 f32\nfloat64 f64\nstring s\ntime t\nduration d\n" +
    "uint8[] bytes\nint8[] signed\nuint8[3] three\nint64[] longs\nfloat32[] floats\nstring[] texts\nbool[2] flags\nstd_msgs/Header h\nstd_msgs/String[] list",
);

describe("values by rosbridge", () => {
  it("are read as rosbridge_suite writes them, in canonical form", () => {
    const text = `{"b": true, "i8": -128, "u8": 255, "by": -1, "c": 65, "i16": -32768, "u32": 4294967295, "i64": -9223372036854775808,
      "u64": 18446744073709551615, "f32": null, "f64": 9007199254740993, "s": "s\\u00fc\\ud83d\\ude00 12345678901234567890 NaN",
      "t": {"secs": 5, "nsecs": 7}, "d": {"secs": -5, "nsecs": 7}, "bytes": "AQID/w==", "signed": [-1, 2], "three": "AQID",
      "longs": [1, 9007199254740993], "floats": [1.5, NaN, Infinity, -Infinity, null], "texts": ["a", ""], "flags": [true, false],
      "h": {"seq": 1, "stamp": {"secs": 1, "nsecs": 2}, "frame_id": "map"}, "list": [{"data": "x"}]}`;
    const value = all.read(parse(text)) as Record<string, unknown>;
    expect(isCanonical(value)).toBe(true);
    expect(value).toEqual({
      b: true,
      i8: -128,
      u8: 255,
      by: -1,
      c: 65,
      i16: -32_768,
      u32: 4_294_967_295,
      i64: -(2n ** 63n),
      u64: 2n ** 64n - 1n,
      f32: NaN,
      f64: 2 ** 53,
      s: "sü😀 12345678901234567890 NaN",
      t: { sec: 5, nsec: 7 },
      d: { sec: -5, nsec: 7 },
      bytes: new Uint8Array([1, 2, 3, 255]),
      signed: new Int8Array([-1, 2]),
      three: new Uint8Array([1, 2, 3]),
      longs: new BigInt64Array([1n, 2n ** 53n + 1n]),
      floats: new Float32Array([1.5, NaN, Infinity, -Infinity, NaN]),
      texts: ["a", ""],
      flags: [true, false],
      h: { seq: 1, stamp: { sec: 1, nsec: 2 }, frame_id: "map" },
      list: [{ data: "x" }],
    });
    const zero = all.read({}) as Record<string, unknown>;
    expect(zero).toMatchObject({ b: false, i64: 0n, s: "", t: { sec: 0, nsec: 0 }, three: new Uint8Array(3), flags: [false, false] });
  });

  it("are read from CBOR with typed arrays", () => {
    const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });
    const sent = {
      f32: 0.5,
      i64: 2n ** 60n,
      bytes: new Uint8Array(20_000).fill(7),
      longs: new BigInt64Array([-1n]),
      floats: new Float32Array([0.5]),
    };
    const value = all.read(cbor.decode([encoder.encode(sent)]));
    expect(value).toMatchObject(sent);
    // Little-endian floats of 32 bits behind tag 85, as the draft that servers follow has it.
    const hex = "a166666c6f617473d855480000003f0000c0bf";
    const bytes = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
    expect(all.read(cbor.decode([bytes]))).toMatchObject({ floats: new Float32Array([0.5, -1.5]) });
  });

  it.each([
    ["b", 1, "test/All.b must be true or false, not 1"],
    ["i8", 128, "test/All.i8 must be a whole number from -128 to 127, not 128"],
    ["u32", 1.5, "test/All.u32 must be a whole number"],
    ["i64", "12", "test/All.i64 must be a whole number"],
    ["s", 5, "test/All.s must be a text, not 5"],
    ["s", "\ud800", "test/All.s has half a character"],
    ["t", 5, "test/All.t must be an object, not 5"],
    ["t", { secs: "1" }, "test/All.t.sec must be a whole number"],
    ["bytes", "A", "test/All.bytes must be base64"],
    ["bytes", "A===", "test/All.bytes must be base64"],
    ["three", "AQI=", "test/All.three must have 3 items, not 2"],
    ["floats", "AQI=", "test/All.floats must be an array of numbers"],
    ["floats", [1, "x"], "test/All.floats must be a number"],
    ["flags", [true], "test/All.flags must have 2 items, not 1"],
    ["h", [], "std_msgs/Header must be an object"],
    ["h", { sec: 1 }, "std_msgs/Header has no field"],
    ["list", {}, "test/All.list must be an array"],
  ])("that do not fit are refused by name: %s %j", (key, value, why) => {
    expect(() => all.read({ [key]: value })).toThrow(why);
  });

  it("come back as they were written", () => {
    const time = fc.record({ sec: fc.nat(), nsec: fc.nat(999_999_999) });
    const value = fc.record({
      b: fc.boolean(),
      i8: fc.integer({ min: -128, max: 127 }),
      u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      f64: fc.double(),
      s: fc.string({ unit: "binary" }),
      t: time,
      bytes: fc.uint8Array(),
      signed: fc.int8Array(),
      longs: fc.bigInt64Array(),
      floats: fc.float32Array(),
      texts: fc.array(fc.string({ unit: "grapheme" })),
      list: fc.array(fc.record({ data: fc.string() })),
    });
    fc.assert(
      fc.property(value, (one) => {
        const back = all.read(parse(all.write(one))) as Record<string, unknown>;
        for (const [key, sent] of Object.entries(one)) expect(back[key], key).toEqual(sent);
      }),
    );
  });

  it("are written as servers of each version read them", () => {
    const message = { t: new Date(1500), d: { sec: -1, nanosec: 5 }, f64: -Infinity, f32: -0, i64: 5, bytes: [1, 2], floats: [NaN, -0] };
    const text = all.write(message);
    expect(text).toContain('"t":{"secs":1,"nsecs":500000000},"d":{"secs":-1,"nsecs":5}');
    expect(text).toContain('"f32":-0.0,"f64":-Infinity');
    expect(text).toContain('"i64":5,');
    expect(text).toContain('"bytes":"AQI="');
    expect(text).toContain('"floats":[NaN,-0.0]');
    expect(typeOf("builtin_interfaces/Time t\nbuiltin_interfaces/msg/Duration d", 2).write({ t: new Date(1500), d: { sec: 1, nsec: 2 } }))
      .toBe(
        '{"t":{"sec":1,"nanosec":500000000},"d":{"sec":1,"nanosec":2}}',
      );
    expect(() => all.write({ i8: 300 })).toThrow("test/All.i8 must be a whole number from -128 to 127, not 300");
    expect(() => all.write({ frame: 1 })).toThrow(/test\/All has no field "frame"/);
  });

  it("have definitions of ROS 2, as its files and its rosapi tell them", () => {
    const text =
      "# a comment\nstring<=10 name \"x # y\"\nfloat64[<=3] few\nint32[] many [1, 2]\nwstring wide\nbyte raw\nint8 X=5\nstring TEXT='a # b'\n" +
      "std_msgs/msg/Header header\nbuiltin_interfaces/Time stamp # when";
    const type = typeOf(text, 2);
    expect(type.fields).toEqual(["name", "few", "many", "wide", "raw", "header", "stamp"]);
    expect(type.read({ raw: 255, few: [1] })).toMatchObject({ raw: 255, few: new Float64Array([1]), many: new Int32Array(0) });
    expect(type.suitsCbor).toBe(false);
    expect(typeOf("uint8[] data\nstring s").suitsCbor).toBe(true);
    expect(typeOf("uint8[] data\nstring[] s").suitsCbor).toBe(false); // rosbridge_suite of ROS 1 fails to write it
    expect(typeOf("uint8[] data\nfloat64[36] covariance").suitsCbor).toBe(false);
    const { texts, hasBounds, root } = fromTypedefs([{
      type: "a/B",
      fieldnames: ["_x", "_y", "_z", "_name"],
      fieldtypes: ["double", "builtin_interfaces/Time", "double, 3", "string<10>"],
      fieldarraylen: [-1, -1, 0, -1],
    }, { type: "builtin_interfaces/Time", fieldnames: ["_sec"], fieldtypes: ["int32"], fieldarraylen: [-1] }], 2);
    expect([...texts]).toEqual([["a/B", "float64 x\ntime y\nfloat64[] z\nstring name"]]);
    expect([hasBounds, root]).toEqual([true, "a/B"]);
    for (const bad of [undefined, [], [null], [{ type: 5 }], "x"]) expect(() => fromTypedefs(bad, 1)).toThrow("knows no definition");
    expect(splitDefinitions("a").own).toBe("a");
  });

  it("whose type is not known are taken as they are said", () => {
    expect(readAny(parse('{"a": [1, 9007199254740993, "x"], "b": {"c": null}}'))).toEqual({ a: [1, 2n ** 53n + 1n, "x"], b: { c: null } });
    expect(() => readAny(parse('{"__proto__": 1}'))).toThrow("__proto__");
    expect(() => readAny(parse("[".repeat(100) + "]".repeat(100)))).toThrow("nested deeper");
    expect(exactOf("12")).toBeUndefined();
  });

  it("are bounded before they take memory", () => {
    expect(() => parse(`[${"[],".repeat(2_100_000)}1]`)).toThrow("more than 2000000 parts");
    expect(() => parse(`["${"x".repeat(2_000_000)}`)).toThrow("it is no JSON");
    expect(parse(`[${"1".repeat(30)}, -${"1".repeat(19)}.5, 1${"0".repeat(15)}e3]`)).toEqual([
      Number("1".repeat(30)),
      -Number(`${"1".repeat(19)}.5`),
      1e18,
    ]);
    const fragments = new Fragments();
    const part = (id: unknown, num: unknown, total: unknown, data: unknown): unknown => fragments.take({ id, num, total, data });
    expect(part("a", 1, 2.7, "cd")).toBeUndefined();
    expect(() => part("a", 1, 2, "cd")).toThrow("came twice");
    expect(part("a", 0, 2.7, "ab")).toBe("abcd");
    for (const [num, total] of [[0, 1e9], [-1, 2], [2, 2], [0, NaN], [0.5, 2], [0, 0]]) {
      expect(() => part("b", num, total, "x")).toThrow(/fragment/);
    }
    expect(() => part({}, 0, 2, "x")).toThrow("without id");
    for (let i = 0; i < 16; i++) expect(part(i, 0, 2, "x")).toBeUndefined();
    expect(() => part(16, 0, 2, "x")).toThrow("more than 16 messages");
    expect(() => {
      for (let i = 1; i < 100; i++) part(0, 0, i + 2, "x".repeat(4_000_000));
    }).not.toThrow(); // each begins anew
    expect(() => {
      for (let i = 0; i < 30; i++) part(1, i + 1, 50, "x".repeat(4_000_000));
    }).toThrow("more memory");
  });
});
