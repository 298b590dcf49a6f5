import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzCodecs } from "../../scripts/fuzz/codec.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { codecOf } from "../../src/codec/codecs.ts";
import { MAX_LEVELS, MAX_OBJECTS } from "../../src/codec/limits.ts";
import { CodecError } from "../../src/errors.ts";
import { snapshot } from "../../src/value/copy.ts";
import { canonical, hex, refusal, toHex } from "./support.ts";

const [cbor, json, msgpack] = await Promise.all(["cbor", "json", "msgpack"].map(codecOf));
const codecs: Codec[] = [cbor, json, msgpack];
const text = (source: string): Uint8Array => new TextEncoder().encode(source);

/** `item` that many times behind `head`. */
function repeat(head: string, item: string, times: number, tail = ""): Uint8Array {
  const [a, b, c] = [hex(head), hex(item), hex(tail)];
  const bytes = new Uint8Array(a.length + b.length * times + c.length);
  bytes.set(a);
  for (let i = 0; i < times; i++) bytes.set(b, a.length + i * b.length);
  bytes.set(c, bytes.length - c.length);
  return bytes;
}

describe.each(codecs)("$name decode()", (codec) => {
  it("throws nothing but CodecError for any bytes, and gives only canonical values", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 3 }), (parts) => {
        try {
          snapshot(codec.decode(parts));
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("refuses every message that is cut off, or goes on", () => {
    fc.assert(
      fc.property(canonical, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), (value, cut, more) => {
        const [first] = codec.encode([value]);
        expect(refusal(codec, first.subarray(0, cut % first.length)).code).toBe("PYROS_CODEC");
        // JSON may end with blanks.
        const longer = Uint8Array.from([...first, ...more]);
        if (codec !== json) refusal(codec, longer);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a message without parts, and parts that belong nowhere, are missing or stand twice", () => {
    expect(refusal(codec).message).toMatch(/without parts/);
    const [first, part] = codec.encode([new Uint8Array(20_000)]);
    expect(refusal(codec, first).message).toMatch(/part 1 is not there/);
    expect(refusal(codec, first, part, part).message).toMatch(/1 parts that belong nowhere/);
    expect(refusal(codec, ...codec.encode(1), part).message).toMatch(/belong nowhere/);
    const [twice, one] = codec.encode([new Uint8Array(20_000), new Uint8Array(20_000)]);
    // The index of the second part, which ends the message but for the brackets of JSON.
    twice[twice.length - (codec === json ? 4 : 1)]--;
    expect(refusal(codec, twice, one).message).toMatch(/belongs elsewhere/);
    const [floats, bytes] = codec.encode(new Float64Array(4_000));
    expect(refusal(codec, floats, bytes.slice(1)).message).toMatch(/Float64Array/);
  });

  it("leaves prototypes alone, and refuses keys __proto__", () => {
    const before = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(canonical, (value) => {
        codec.decode(codec.encode({ constructor: value, prototype: value, toString: 1 }));
      }),
      { numRuns: 50 },
    );
    for (const value of [{ a: { __proto_x: 1 } }, { __proto_x: { polluted: 1 } }, new Error("x", { cause: { __proto_x: 1 } })]) {
      const parts = codec.encode(value);
      for (let i = 0; i + 9 <= parts[0].length; i++) {
        if (toHex(parts[0].subarray(i, i + 9)) === toHex(text("__proto_x"))) parts[0].set(text("__proto__"), i);
      }
      expect(refusal(codec, ...parts).message).toMatch(/__proto__/);
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("takes values as deep as can be sent and a little more, and no deeper", () => {
    const wraps: ((value: unknown) => unknown)[] = [
      (value) => [value],
      (value) => ({ $a: value }),
      (value) => new Map([[1, value]]),
      (value) => new Map([[value, 1]]),
      (value) => new Set([value]),
      (value) => new Error("x", { cause: value }),
    ];
    for (const wrap of wraps) {
      let value: unknown = [new Uint8Array(20_000), 5n];
      for (let i = 1; i < MAX_LEVELS; i++) value = wrap(value);
      const parts = codec.encode(value);
      expect(() => codec.decode(parts)).not.toThrow();
      expect(() => codec.encode(wrap(value))).toThrow(/nested deeper than 1016/);
    }
    const batch = codec.batch();
    let value: unknown = 1;
    for (let i = 0; i < MAX_LEVELS; i++) value = [value];
    expect(() => batch.add(value)).toThrow(/nested deeper/);
    batch.add((value as unknown[])[0]);
    expect(() => codec.decode(batch.finish())).not.toThrow();
  });

  it("refuses keys that were chosen to make a Set or a Map slow", () => {
    // The runtime looks at the lowest 64 bits of a bigint only.
    const keys = Array.from({ length: 50_000 }, (_, i) => (BigInt(i) << 64n) + 7n);
    const items = codec.encode(keys)[0];
    const parts = codec === cbor
      ? [Uint8Array.from([0xd9, 0x01, 0x02, ...items])]
      : codec === json
      ? [text(`{"$set":${new TextDecoder().decode(items)}}`)]
      : [Uint8Array.from([0x81, 0xa4, ...text("$set"), ...items])];
    expect(refusal(codec, ...parts).message).toMatch(/takes too long/);
  });
});

describe("cbor decode()", () => {
  it("refuses more items than there are bytes before it makes room for them", () => {
    for (const head of ["9affffffff", "9b000fffffffffffff", "baffffffff", "d901029affffffff", "d90103baffffffff", "9a7fffffff00"]) {
      expect(refusal(cbor, hex(head)).message).toMatch(/more items than there are bytes/);
    }
    // Each of them would fit, all of them do not.
    expect(refusal(cbor, repeat("", "9a000186a0", 30_000)).message).toMatch(/more items|nested deeper/);
  });

  it("refuses lengths beyond the message before it makes room for them", () => {
    for (const head of ["5affffffff", "7affffffff", "5b000fffffffffffff", "c25affffffff", "d8565affffffff", "da507972015affffffff"]) {
      expect(refusal(cbor, hex(head)).message).toMatch(/cut off/);
    }
  });

  it("bounds levels of everything", () => {
    for (const level of ["81", "a16161", "d9010281", "d90103a101", "d90103a1", "da50797203a16161"]) {
      expect(refusal(cbor, repeat("", level, 2_000, "00")).message).toMatch(/nested deeper/);
    }
    for (const level of ["c1", "c0", "c2", "d840", "d903e9", "da50797204", "da50797203"]) refusal(cbor, repeat("", level, 500_000, "00"));
  });

  it("bounds objects, and counts buffers as several", () => {
    const head = (n: number): string => `9a${n.toString(16).padStart(8, "0")}`;
    expect(refusal(cbor, repeat(head(MAX_OBJECTS), "80", MAX_OBJECTS)).message).toMatch(/more than/);
    expect(refusal(cbor, repeat(head(MAX_OBJECTS / 4), "40", MAX_OBJECTS / 4)).message).toMatch(/more than/);
  });

  it("refuses texts that are no UTF-8, short and long, kept or not", () => {
    const bad = ["ff", "c3", "c080", "eda080", "f4908080", "e282", "80", "f8888080"];
    for (const tail of bad) {
      for (const length of [0, 5, 28, 40, 300]) {
        const body = `${"61".repeat(length)}${tail}`;
        const head = `79${(body.length / 2).toString(16).padStart(4, "0")}`;
        expect(refusal(cbor, hex(head + body)).message).toMatch(/no UTF-8/);
        expect(refusal(cbor, hex(`a1${head}${body}00`)).message).toMatch(/no UTF-8/);
      }
    }
    // A byte that would be this character, were each byte one.
    expect(cbor.decode([hex("62c3a9")])).toBe("\u00e9");
    expect(refusal(cbor, hex("61e9")).message).toMatch(/no UTF-8/);
    expect(cbor.decode([hex("63efbfbd")])).toBe("\ufffd");
    expect(cbor.decode([hex("64efbbbf61")])).toBe("\ufeffa");
  });

  it("refuses errors and parts that are none", () => {
    const bad = ["a0", "a1646e616d6501", "80", `a4 646e616d65 6161 676d657373616765 6161 65737461636b 6161 6178 01`];
    for (const body of bad) refusal(cbor, hex(`da50797203${body}`));
    for (const body of ["80", "82184001", "8218402000", "8218ff01", "82018001", "8318400101", "1840"]) {
      refusal(cbor, hex(`da50797204${body}`));
    }
    const error = cbor.decode([
      hex("da50797203a3 646e616d65 6b436f6e7374727563746f72 676d657373616765 6161 65737461636b 6162"),
    ]) as Error;
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect([error.name, error.message, error.stack]).toEqual(["Constructor", "a", "b"]);
  });
});

describe("json decode()", () => {
  const bad: [string, RegExp][] = [
    ["", /JSON/],
    ["\ufeff1", /JSON/],
    ["[1,]", /JSON/],
    ["1 2", /JSON/],
    ['"\\ud800"', /lone surrogate/],
    ['{"\\udc00":1}', /key that is no text/],
    ['{"$nothing":1}', /no value is written as \$nothing/],
    ['{"$":1}', /no value is written/],
    ['{"$Uint8Array":""}', /no value is written/],
    ['{"$number":"1"}', /\$number holds/],
    ['{"$bigint":12}', /\$bigint holds/],
    ['{"$bigint":"1e3"}', /\$bigint holds/],
    [`{"$bigint":"${"9".repeat(30)}"}`, /\$bigint holds/],
    ['{"$undefined":false}', /\$undefined holds/],
    ['{"$date":"yesterday"}', /\$date holds/],
    ['{"$date":1}', /\$date holds/],
    ['{"$bytes":"a"}', /\$bytes holds/],
    ['{"$bytes":[1]}', /\$bytes holds/],
    ['{"$Float64Array":"AAAA"}', /\$Float64Array holds/],
    ['{"$map":[1]}', /as many values as keys/],
    ['{"$map":{}}', /\$map holds a list/],
    ['{"$set":1}', /\$set holds a list/],
    ['{"$object":[1,2]}', /key that is no text/],
    ['{"$object":["__proto__",2]}', /__proto__/],
    ['{"$error":[]}', /\$error holds/],
    ['{"$error":{"name":"a","message":"b"}}', /\$error holds/],
    ['{"$part":["$bytes",1]}', /part 1 is not there/],
    ['{"$part":["$bytes",0]}', /part 0 is not there/],
    ['{"$part":["$bytes",-1]}', /is not there/],
    ['{"$part":["$x",1]}', /\$part holds/],
    ['{"$part":"a"}', /\$part holds/],
  ];

  it.each(bad)("refuses %s", (source, problem) => {
    expect(refusal(json, text(source)).message).toMatch(problem);
  });

  it("refuses what is no UTF-8, and what is nested too deep", () => {
    expect(refusal(json, hex("22ff22")).message).toMatch(/UTF-8/);
    expect(refusal(json, text(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).message).toMatch(/nested deeper/);
  });

  it("reads what JSON has as it is", () => {
    expect(json.decode([text(' {"a": [1, -2.5e3, true, null, "\\u00e9"], "$a": 1} ')])).toEqual({ a: [1, -2500, true, null, "é"], $a: 1 });
  });
});

describe("msgpack decode()", () => {
  const bad: [string, RegExp][] = [
    ["", /cut off/],
    ["c1", /extension/],
    ["d600000000", /extension/],
    ["c70500", /extension/],
    ["ddffffffff", /more items/],
    ["dfffffffff", /more items/],
    ["dd0000ffff", /more items/],
    ["c6ffffffff", /cut off/],
    ["dbffffffff", /cut off/],
    ["a1ff", /no UTF-8/],
    ["8101c0", /key that is no text/],
    ["81", /more items/],
    ["81a161", /cut off/],
    ["cf0020000000000000", /beyond 2\^53/],
    ["d3ffe0000000000000", /beyond 2\^53/],
    ["c0c0", /stands after/],
    ["81a9 5f5f70726f746f5f5f 80", /__proto__/],
    ["81a4 24736574 c0", /\$set holds a list/],
  ];

  it.each(bad)("refuses %s", (source, problem) => {
    expect(refusal(msgpack, hex(source)).message).toMatch(problem);
  });

  it("reads its own numbers, texts and bytes", () => {
    expect(msgpack.decode([hex("cf001fffffffffffff")])).toBe(2 ** 53 - 1);
    expect(msgpack.decode([hex("d3ffe0000000000001")])).toBe(1 - 2 ** 53);
    expect(msgpack.decode([hex("ca3fc00000")])).toBe(1.5);
    expect(msgpack.decode([hex("92 d9026162 c4020102")])).toEqual(["ab", new Uint8Array([1, 2])]);
    expect(refusal(msgpack, repeat("", "91", 5_000, "c0")).message).toMatch(/nested too deep/);
    expect(msgpack.decode([msgpack.encode([1])[0]])).toEqual([1]);
  });
});

describe("fuzzCodecs()", () => {
  it("crashes no codec, and throws the same for the same seed", async () => {
    const counts = await fuzzCodecs({ frames: 15_000, seed: 4711 });
    expect(counts.crash).toBeUndefined();
    expect(counts.crashed).toBe(0);
    expect(counts.decoded).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(500);
    expect(counts.decoded + counts.refused).toBe(15_000);
    expect(await fuzzCodecs({ frames: 300, seed: 1 })).toEqual(await fuzzCodecs({ frames: 300, seed: 1 }));
  });
});
