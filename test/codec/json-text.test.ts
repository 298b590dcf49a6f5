import fc from "fast-check";
import { CodecError, fromJson, toJson, ValueError } from "pyros";
import { describe, expect, it } from "vitest";
import { canonical } from "./support.ts";

describe("toJson and fromJson", () => {
  it("give every value back, in a text that is JSON", () => {
    fc.assert(fc.property(canonical, (value) => {
      const text = toJson(value);
      JSON.parse(text);
      expect(fromJson(text)).toEqual(value);
      expect(fromJson(new TextEncoder().encode(text))).toEqual(value);
    }));
  });

  it("write in the documented forms, however large", () => {
    expect(JSON.parse(toJson({ a: 1n, b: new Uint8Array([1, 2, 3]), c: -Infinity, d: -0, e: { $bytes: 5 } }))).toEqual({
      a: { $bigint: "1" },
      b: { $bytes: "AQID" },
      c: { $number: "-Infinity" },
      d: { $number: "-0" },
      e: { $object: ["$bytes", 5] },
    });
    const large = new Float32Array(100_000).map((_, i) => i);
    expect(fromJson(toJson({ large }))).toEqual({ large });
    expect(Object.keys(JSON.parse(toJson(large)) as object)).toEqual(["$Float32Array"]);
  });

  it("refuse what is no value, by its path, and what is no such text", () => {
    const path = (value: unknown): string => {
      try {
        toJson(value);
      } catch (error) {
        if (error instanceof ValueError) return error.path;
      }
      return "written";
    };
    expect([path({ a: [() => 1] }), path({ b: new URL("http://a") }), path(1)]).toEqual(["$.a[0]", "$.b", "written"]);
    for (
      const text of [
        "",
        "{",
        '{"$bigint":"x"}',
        '{"$bytes":5}',
        '{"$part":["$bytes",1]}',
        '{"$what":1}',
        '{"__proto__":1}',
        "[".repeat(5000),
      ]
    ) {
      expect(() => fromJson(text), text.slice(0, 30)).toThrow(CodecError);
    }
    expect(fromJson('{"x":[1,"two",null]}')).toEqual({ x: [1, "two", null] });
  });
});
