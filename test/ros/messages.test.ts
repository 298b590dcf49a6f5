import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cbor, RosError } from "pyros";
import { parseDefinition, splitDefinitions } from "../../systems/ros/message/definition.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { joined, Output } from "../../systems/ros/message/output.ts";
import { type MessageType, typeOfText } from "../../systems/ros/message/type.ts";
import { isCanonical } from "./canonical.ts";

/** Without what may be installed: the definitions of the package of npm, and those that are built in. */
const library = new Library({ installed: [] });
const output = new Output();

function type(text: string, needed: Record<string, string> = {}): MessageType {
  return typeOfText("test/Type", text, new Map(Object.entries(needed)));
}

function messageOf(run: () => unknown): string {
  try {
    run();
    return "nothing";
  } catch (error) {
    return error instanceof RosError ? error.message : String(error);
  }
}

function back(type: MessageType, value: unknown): unknown {
  return type.read(type.write(output, value).slice(4));
}

describe("MessageType", () => {
  it.each([
    ["std_msgs/Empty", "d41d8cd98f00b204e9800998ecf8427e"],
    ["std_msgs/String", "992ce8a1687cec8c8bd883ec73ca41d1"],
    ["std_msgs/Header", "2176decaecbce78abc3b96ef049fabed"],
    ["geometry_msgs/PoseStamped", "d3812c3cbc69362b77dc0b19b345f8f5"],
    ["sensor_msgs/Image", "060021388200f6f0f447d0fcd9c64743"],
    ["sensor_msgs/PointCloud2", "1158d486dd51d683ce2f1be655c3c181"],
    ["nav_msgs/OccupancyGrid", "3381f2d731d4076ec5c71b0759edbe4e"],
    ["visualization_msgs/Marker", "4048c9de2a16f4ae8e0538085ebf1b97"],
  ])("%s has the MD5 that all of ROS knows", (name, sum) => {
    expect(library.message(name).md5).toBe(sum);
  });

  it.each([
    ["std_srvs/Empty", "d41d8cd98f00b204e9800998ecf8427e"],
    ["std_srvs/Trigger", "937c9679a518e3a18d831e57125ea522"],
    ["std_srvs/SetBool", "09fb03525b03e7ea1fd3992bafd87e16"],
  ])("the service %s, too", (name, sum) => {
    expect(library.service(name).md5).toBe(sum);
  });

  it("gives its text so that the other end has the same type", () => {
    for (const name of ["geometry_msgs/PoseStamped", "nav_msgs/Odometry", "visualization_msgs/MarkerArray", "std_msgs/Empty"]) {
      const own = library.message(name);
      const { own: text, needed } = splitDefinitions(own.text);
      expect(typeOfText(name, text, needed).md5).toBe(own.md5);
    }
  });

  it("goes in pieces where a large array is in it, which are the same bytes", () => {
    const pair = type("string head\nuint8[] a\nuint16 between\nfloat64[] b\nstring tail");
    const value = (a: number, b: number) => ({
      head: "head",
      a: new Uint8Array(a).map((_, i) => i),
      between: 7,
      b: new Float64Array(b).map((_, i) => i / 3),
      tail: "tail",
    });
    for (const [a, b, pieces] of [[10, 10, 1], [100_000, 10, 3], [10, 10_000, 3], [100_000, 10_000, 5], [70_000, 30_000, 5]] as const) {
      const written = pair.pieces(output, value(a, b));
      expect(written instanceof Uint8Array ? 1 : written.parts.length).toBe(pieces);
      const whole = joined(written);
      expect(new DataView(whole.buffer, whole.byteOffset).getUint32(0, true)).toBe(written.length - 4);
      expect(pair.read(whole.slice(4))).toEqual(value(a, b));
      expect(back(pair, value(1, 2))).toEqual(value(1, 2)); // the next one is whole again
    }
    expect(() => pair.pieces(output, { ...value(100_000, 1), tail: 5 })).toThrow(/tail/);
    expect(back(pair, value(3, 4))).toEqual(value(3, 4));
    expect(() => pair.pieces(output, value(40 * 2 ** 20, 4 * 2 ** 20))).toThrow(/more than 64 MiB/);
  });

  it("written one behind the other, each is what it would be alone, and stays so", () => {
    const mixed = type("string name\nfloat32[] numbers\nuint8[] bytes\nbool[] flags\ntime[] times\nfloat64[3] three\nTest/Inner[] inner", {
      "Test/Inner": "int64 a\nuint16[] b",
    });
    const length = fc.oneof(fc.nat(20), fc.nat(20_000));
    const message = fc.record({ text: length, numbers: length, bytes: length, flags: fc.nat(50), times: fc.nat(50), inner: fc.nat(5) }).map(
      (n) => ({
        name: "é".repeat(n.text >> 2),
        numbers: new Float32Array(n.numbers).map((_, k) => k + n.text),
        bytes: new Uint8Array(n.bytes).map((_, k) => k * 7 + n.numbers),
        flags: Array.from({ length: n.flags }, (_, k) => k % 3 === 0),
        times: Array.from({ length: n.times }, (_, k) => ({ sec: k, nsec: n.bytes })),
        three: new Float64Array([n.text, n.numbers, n.bytes]),
        inner: Array.from({ length: n.inner }, (_, k) => ({ a: BigInt(k), b: new Uint16Array(n.flags).fill(k) })),
      }),
    );
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 40 }), (messages) => {
        const output = new Output();
        const written = messages.map((message) => mixed.pieces(output, message));
        written.forEach((one, i) => {
          expect(Buffer.compare(joined(one), joined(mixed.pieces(new Output(), messages[i])))).toBe(0);
          expect(mixed.read(joined(one).slice(4))).toEqual(messages[i]);
        });
      }),
      { numRuns: 25 },
    );
  });

  it("carries every primitive, to the end of its range", () => {
    const all = type(
      "bool a\nint8 b\nuint8 c\nbyte d\nchar e\nint16 f\nuint16 g\nint32 h\nuint32 i\nint64 j\nuint64 k\nfloat32 l\nfloat64 m\nstring n\ntime o\nduration p",
    );
    const most = {
      a: true,
      b: -128,
      c: 255,
      d: 127,
      e: 200,
      f: -32768,
      g: 65535,
      h: -2147483648,
      i: 4294967295,
      j: -(2n ** 63n),
      k: 2n ** 64n - 1n,
      l: -0,
      m: NaN,
      n: "ä\u0000€😀",
      o: { sec: 4294967295, nsec: 999999999 },
      p: { sec: -1, nsec: 5 },
    };
    expect(back(all, most)).toEqual(most);
    expect(back(all, {})).toEqual({
      a: false,
      b: 0,
      c: 0,
      d: 0,
      e: 0,
      f: 0,
      g: 0,
      h: 0,
      i: 0,
      j: 0n,
      k: 0n,
      l: 0,
      m: 0,
      n: "",
      o: { sec: 0, nsec: 0 },
      p: { sec: 0, nsec: 0 },
    });
    expect(back(type("float64 a\nfloat64 b"), { a: Infinity, b: -Infinity })).toEqual({ a: Infinity, b: -Infinity });
  });

  it("carries lists: numbers as typed arrays, fixed lengths, messages, texts, times, truth values", () => {
    const lists = type("uint8[] a\nfloat32[] b\nint64[] c\nint8[3] d\nstring[] e\ntime[] f\nbool[] g\nInner[] h\nInner[2] i\nstring[2] j", {
      "test/Inner": "float64 x\nint32[] y",
    });
    const value = {
      a: new Uint8Array([1, 2]),
      b: new Float32Array([1.5]),
      c: new BigInt64Array([-5n]),
      d: new Int8Array([1, -2, 3]),
      e: ["x", ""],
      f: [{ sec: 1, nsec: 2 }],
      g: [true, false],
      h: [{ x: 1, y: new Int32Array([7]) }],
      i: [{ x: 2, y: new Int32Array() }, { x: 3, y: new Int32Array([1, 2]) }],
      j: ["a", "b"],
    };
    expect(back(lists, value)).toEqual(value);
    expect(isCanonical(back(lists, value))).toBe(true);
    expect(cbor.decode(cbor.encode(back(lists, value)))).toEqual(value);
    const plain = { ...value, a: [1, 2], b: [1.5], c: [-5n], d: [1, -2, 3], h: [{ x: 1, y: [7] }] };
    expect(back(lists, plain)).toEqual(value);
    expect((back(lists, {}) as { i: unknown }).i).toEqual([{ x: 0, y: new Int32Array() }, { x: 0, y: new Int32Array() }]);
  });

  it("does not copy an image when it reads it, and copies small arrays out", () => {
    const image = library.message("sensor_msgs/Image");
    const bytes = image.write(output, { data: new Uint8Array(1 << 20).fill(7), encoding: "rgb8" }).slice(4);
    const { data } = image.read(bytes) as { data: Uint8Array };
    expect([data.length, data[99], data.buffer === bytes.buffer]).toEqual([1 << 20, 7, true]);
    const small = image.read(image.write(output, { data: new Uint8Array(100) }).slice(4)) as { data: Uint8Array };
    expect(small.data.buffer.byteLength).toBe(100);
  });

  it("takes a bigint for every whole number that it fits into", () => {
    for (const [name, bits] of [["int8", 8], ["byte", 8], ["int16", 16], ["int32", 32]] as const) {
      const [least, most] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
      expect(back(type(`${name} a\n${name} b`), { a: least, b: most })).toEqual({ a: Number(least), b: Number(most) });
    }
    for (const [name, bits] of [["uint8", 8], ["char", 8], ["uint16", 16], ["uint32", 32]] as const) {
      expect(back(type(`${name} a\n${name} b`), { a: 0n, b: 2n ** BigInt(bits) - 1n })).toEqual({ a: 0, b: 2 ** bits - 1 });
    }
    const lists = type("int8[] a\nuint32[2] b\nint16[] c\nint64[] d");
    expect(back(lists, { a: [1n, -2], b: [4294967295n, 0], c: new BigUint64Array([7n]), d: [5, -6n] })).toEqual({
      a: new Int8Array([1, -2]),
      b: new Uint32Array([4294967295, 0]),
      c: new Int16Array([7]),
      d: new BigInt64Array([5n, -6n]),
    });
  });

  it.each([
    ["int8 a", { a: 128 }, /test\/Type\.a must be a whole number from -128 to 127, not 128/],
    ["uint32 a", { a: -1 }, /from 0 to 4294967295, not -1/],
    ["int64 a", { a: 2 ** 53 }, /as a bigint from 2\^53 on/],
    ["uint64 a", { a: -1n }, /not -1n/],
    ["int32 a", { a: 1.5 }, /not 1\.5/],
    ["int8 a", { a: 128n }, /test\/Type\.a must be a whole number from -128 to 127, not 128n/],
    ["uint32 a", { a: 2n ** 32n }, /from 0 to 4294967295, not 4294967296n/],
    ["uint16[] a", { a: [1n, -1n] }, /test\/Type\.a must be a whole number from 0 to 65535, not -1n/],
    ["int32[2] a", { a: new BigInt64Array([1n, 2n ** 31n]) }, /from -2147483648 to 2147483647, not 2147483648n/],
    ["float32 a", { a: 1n }, /must be a number, not 1n/],
    ["float64[] a", { a: [1n] }, /must be a number, not 1n/],
    ["int16 a", { a: Object.create(null) }, /must be a whole number from -32768 to 32767, not an object/],
    ["uint8 a", { a: Symbol("one") }, /must be a whole number from 0 to 255, not Symbol\(one\)/],
    ["bool a", { a: 1n }, /must be true or false, not 1n/],
    ["float64 a", { a: "1" }, /must be a number, not "1"/],
    ["string a", { a: 1 }, /must be a text, not 1/],
    ["bool a", { a: 1 }, /must be true or false, not 1/],
    ["time a", { a: 5 }, /a time, \{ sec, nsec \}, or a Date, not 5/],
    ["time a", { a: { sec: -1 } }, /a\.sec must be a whole number/],
    ["float64[] a", { a: 5 }, /must be an array of numbers, not 5/],
    ["uint8[] a", { a: [1, 256] }, /from 0 to 255, not 256/],
    ["float32[3] a", { a: [1] }, /must have 3 items, not 1/],
    ["string[] a", { a: "x" }, /must be an array, not "x"/],
    ["float64 speed", { sped: 1 }, /has no field "sped"; did you mean speed\?/],
    ["float64 a", 5, /test\/Type must be an object, not 5/],
    ["", { a: 1 }, /has no field "a"; it has none/],
  ])("%s refuses %o", (text, value, why) => {
    expect(() => type(text).write(output, value)).toThrow(RosError);
    expect(() => type(text).write(output, value)).toThrow(why);
    expect(type("uint8 a").write(output, { a: 1 })).toEqual(new Uint8Array([1, 0, 0, 0, 1])); // the next one is whole
  });

  it("names what does not fit by its type and by the way there", () => {
    const inner = { "Test/Mid": "Test/Point[] points\nstring name", "Test/Point": "float64 x\nint8[2] pair\ntime at" };
    const outer = type("uint8 n\nTest/Mid first\nTest/Mid[] more", inner);
    const point = { x: 1, pair: [1, 2], at: { sec: 1, nsec: 2 } };
    const cases: [unknown, string][] = [
      [{ n: 300, more: [{ name: 5 }] }, "test/Type.n must be a whole number from 0 to 255, not 300"],
      [{ first: { points: [point, { x: "a" }] } }, `Test/Point.x must be a number, not "a": first.points[1].x of test/Type`],
      [{ first: { name: "" }, more: [{}, {}, { name: 7 }] }, "Test/Mid.name must be a text, not 7: more[2].name of test/Type"],
      [{ more: [{ points: [{ pair: [1] }] }] }, "Test/Point.pair must have 2 items, not 1: more[0].points[0].pair of test/Type"],
      [
        { more: [{ points: [{ at: { sec: -1 } }] }] },
        "Test/Point.at.sec must be a whole number from 0 to 4294967295, not -1: more[0].points[0].at.sec of test/Type",
      ],
      [{ first: { points: [{ y: 1 }] } }, `Test/Point has no field "y"; did you mean x?: first.points[0] of test/Type`],
      [{ first: { points: [5] } }, "Test/Point must be an object, not 5: first.points[0] of test/Type"],
      [
        { first: { points: [point, { pair: [1n, 128n] }] } },
        "Test/Point.pair must be a whole number from -128 to 127, not 128n: first.points[1].pair of test/Type",
      ],
      [{ first: { points: 5 } }, "Test/Mid.points must be an array, not 5: first.points of test/Type"],
    ];
    for (const [value, message] of cases) expect(messageOf(() => outer.write(output, value))).toBe(message);
  });

  it("takes times as both languages of ROS spell them, and dates", () => {
    const time = type("time a");
    expect(back(time, { a: { secs: 3, nsecs: 4 } })).toEqual({ a: { sec: 3, nsec: 4 } });
    expect(back(time, { a: new Date(1500) })).toEqual({ a: { sec: 1, nsec: 500_000_000 } });
  });

  it("refuses a message that takes more than the most, and bytes that are none", () => {
    const text = type("string a\nstring b");
    expect(() => text.write(output, { a: "x".repeat(2 ** 26) })).toThrow(/more than 64 MiB/);
    for (
      const bytes of [[], [1, 0, 0, 0], [0, 0, 0, 0], [255, 255, 255, 255, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 9], [
        1,
        0,
        0,
        0,
        255,
        0,
        0,
        0,
        0,
      ]]
    ) {
      expect(() => text.read(new Uint8Array(bytes))).toThrow(RosError);
    }
  });

  it("a length that nothing follows costs nothing", () => {
    const start = performance.now();
    const huge = new Uint8Array([255, 255, 255, 255]);
    for (const text of ["string[] a", "uint8[] a", "float64[] a", "bool[] a", "time[] a", "Empty[] a", "Flag[] a"]) {
      const needed = { "test/Empty": "", "test/Flag": "bool x" };
      expect(() => type(text, needed).read(huge)).toThrow(RosError);
    }
    expect(() => type("Flag[] a", { "test/Flag": "bool x" }).read(Object.assign(new Uint8Array(5_000_004), { 0: 64, 1: 75, 2: 76 })))
      .toThrow(/more than 2000000 parts/);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("ends on changed bytes with an error or a value", () => {
    const marker = library.message("visualization_msgs/Marker");
    const good = marker.write(output, { ns: "abc", points: [{ x: 1 }, { y: 2 }], colors: [{ r: 1 }], text: "text", mesh_resource: "ä" })
      .slice(4);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length % 3 === 0 ? length : good.length);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          expect(isCanonical(marker.read(bytes))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RosError);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("parseDefinition()", () => {
  it("reads fields, constants and comments", () => {
    const { fields, constants } = parseDefinition(
      "a/B",
      "# comment\nHeader header\r\nC[] cs # more\nb/D[4]  d\nint32 X=5 # five\nstring S = a # b \n",
    );
    expect(fields).toEqual([
      { name: "header", type: "std_msgs/Header", count: undefined },
      { name: "cs", type: "a/C", count: "any" },
      { name: "d", type: "b/D", count: 4 },
    ]);
    expect(constants).toEqual([{ name: "X", type: "int32", text: "5" }, { name: "S", type: "string", text: "a # b" }]);
  });

  it.each([
    "int32",
    "int32 1a",
    "int32[ a",
    "int32[-1] a",
    "in-t a",
    "int32 a\nint32 a",
    "time T=5",
    "C X=5",
    "int32 a b",
    "uint8[99999999999] a",
  ])("refuses %j, by its line", (text) => {
    expect(() => parseDefinition("a/B", text)).toThrow(RosError);
  });

  it("refuses types that contain themselves, are too large, or are not known", () => {
    expect(() => type("Type a")).toThrow(/contains itself: test\/Type -> test\/Type/);
    expect(() => type("A a", { "test/A": "B b", "test/B": "A a" })).toThrow(/contains itself/);
    expect(() => type("A[1000] a", { "test/A": "B[1000] b", "test/B": "C[1000] c", "test/C": "" })).toThrow(/larger than any message/);
    expect(() => type("float64[60000000] a")).toThrow(/larger than any message/);
    expect(() => type("Missing a")).toThrow(/needs test\/Missing/);
    expect(() => library.message("no_such/Thing")).toThrow(
      /no definition of no_such\/Thing was found: looked for no_such\/msg\/Thing\.msg in/,
    );
    expect(() => library.message("../../etc/passwd")).toThrow(/is no type/);
  });

  it("ends on changed definitions with an error or a type", () => {
    const good = library.message("geometry_msgs/PoseStamped").text;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length), fc.nat(6), fc.string({ maxLength: 6 })), { minLength: 1, maxLength: 4 }),
        (changes) => {
          let text = good;
          for (const [at, cut, put] of changes) text = text.slice(0, at) + put + text.slice(at + cut);
          try {
            const { own, needed } = splitDefinitions(text);
            back(typeOfText("geometry_msgs/PoseStamped", own, needed), {});
          } catch (error) {
            expect(error).toBeInstanceOf(RosError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
