import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../src/param/decode.ts";
import { encode } from "../../src/param/encode.ts";
import { formatOf, type ParamFormat, parseParams, printParams } from "../../src/param/text.ts";
import { stepsOf } from "../../src/param/steps.ts";
import { ParamTree } from "../../src/param/tree.ts";
import { snapshot } from "../../src/value/copy.ts";
import { anyPart, anyTree } from "./values.ts";

const formats: ParamFormat[] = ["yaml", "json"];

/** Equal to the last bit and prototype; the matcher of the test runner stumbles over keys like `constructor`. */
function same(a: unknown, b: unknown): void {
  if (!isDeepStrictEqual(a, b)) expect(a).toStrictEqual(b);
  expect(isDeepStrictEqual(a, b)).toBe(true);
}

describe("encode()", () => {
  it("turns every canonical value into JSON, from which decode() makes the same value again", () => {
    fc.assert(
      fc.property(anyPart, (value) => {
        const own = snapshot(value);
        same(decode(JSON.parse(JSON.stringify(encode(own)))), own);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps a date that is invalid", () => {
    expect(decode(JSON.parse(JSON.stringify(encode({ at: new Date(NaN) }))))).toEqual({ at: new Date(NaN) });
    for (const format of formats) expect(parseParams(printParams({ at: new Date(NaN) }, format), format)).toEqual({ at: new Date(NaN) });
  });

  it("keeps what looks like a form", () => {
    for (const value of [{ $date: 1 }, { $object: { $map: [] } }, [{ $: 1 }], { $a: 1, $b: 2 }]) {
      expect(decode(encode(value))).toStrictEqual(value);
    }
  });

  it("keeps keys with characters that JSON escapes, whatever keys were read before", () => {
    const read = (value: unknown): unknown => decode(JSON.parse(JSON.stringify(encode(value))));
    for (const key of ["\\", '"', "\n", "\\x", "\u2028", "\u0000"]) {
      expect(Object.keys(read({ a: 1, [key]: 2 }) as object)).toEqual(["a", key]);
    }
  });

  it("makes bytes that have a buffer of their own", () => {
    const bytes = decode(encode(new Uint8Array([1, 2, 3]))) as Uint8Array;
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it.each([[() => 1], [Symbol.iterator], [new (class A {})()], [JSON.parse('{ "__proto__": 1 }')]])(
    "refuses what is no value: %o",
    (value) => {
      expect(() => encode([value])).toThrow(/(cannot|can) be written/);
    },
  );
});

describe("decode()", () => {
  it.each([
    [{ $bigint: 5 }, "$.$bigint: this holds a string of digits"],
    [[1, { a: { $date: "yesterday" } }], "$[1].a.$date: this holds a date such as 2026-01-31T12:00:00.000Z, or null"],
    [{ $number: "5" }, '$.$number: this holds "NaN", "Infinity", "-Infinity" or "-0"'],
    [{ $undefined: 1 }, "$.$undefined: this holds true"],
    [{ $bytes: "a" }, "$.$bytes: this holds base64"],
    [{ $buffer: 1 }, "$.$buffer: this holds base64"],
    [{ $view: "===" }, "$.$view: this holds base64"],
    [{ $map: [[1]] }, "$.$map[0]: this holds a pair of key and value"],
    [{ $map: 1 }, "$.$map: this holds a list"],
    [{ $set: {} }, "$.$set: this holds a list"],
    [{ $Float32Array: [1, "2"] }, "$.$Float32Array[1]: this holds a number"],
    [{ $BigInt64Array: [1] }, "$.$BigInt64Array[0]: this holds a string of digits"],
    [{ $error: { name: "x" } }, "$.$error: this holds name, message and stack"],
    [{ $object: 1 }, "$.$object: this holds an object, or pairs of key and value"],
    [{ $object: [[1, 1]] }, "$.$object: this holds keys that are strings, and none that is __proto__"],
    [{ $object: [["__proto__", {}]] }, "$.$object: this holds keys that are strings, and none that is __proto__"],
    [{ $json: "{" }, "$.$json: this holds the text of a value in JSON"],
    [{ $json: 5 }, "$.$json: this holds the text of a value in JSON"],
    [{ $foo: 1 }, '$.$foo: no value is written as $foo; write an object of that one key as { "$object": { "$foo": … } }'],
    [[JSON.parse('{ "__proto__": { "a": 1 } }')], "$[0]: a key __proto__ cannot be read; name it otherwise"],
  ])("refuses %o by its path", (coded, message) => {
    expect(() => decode(coded, "/a/b")).toThrow(
      expect.objectContaining({ name: "ValueError", message: expect.stringContaining(`/a/b: ${message}`) }),
    );
  });

  it("is not exhausted by depth", () => {
    expect(() => decode(JSON.parse(`${"[".repeat(9_000)}${"]".repeat(9_000)}`))).toThrow("it is nested too deep");
  });
});

describe.each(formats)("printParams() and parseParams() in %s", (format) => {
  it("bring back every tree as it was", () => {
    fc.assert(
      fc.property(anyTree, (content) => {
        const tree = new ParamTree();
        tree.set("/", snapshot(content));
        const text = printParams(tree.get("/"), format);
        const again = new ParamTree();
        again.apply({ changes: stepsOf(parseParams(text, format)) });
        same(again.get("/"), tree.get("/"));
      }),
      { numRuns: 500 },
    );
  });

  it("bring back values as deep, and keys as long, as the canonical form allows", () => {
    let deep: unknown = new Map([[1, 2]]);
    for (let i = 0; i < 990; i++) deep = new Map([["k", deep]]);
    const value = { deep, long: [{ ["k".repeat(5_000)]: 1, ["\u0001".repeat(900)]: 2 }] };
    same(snapshot(parseParams(printParams(value, format), format)), snapshot(value));
  });

  it("bring back a single value", () => {
    for (const value of [5, "x", [1], null, 5n, new Date(0)]) expect(parseParams(printParams(value, format), format)).toStrictEqual(value);
  });
});

describe("printParams()", () => {
  const value = {
    guide: {
      gain: 2,
      name: "steer me",
      mode: "auto",
      list: [1, { a: "b" }],
      none: {},
      none2: null,
      at: new Date(0),
      lost: Number.NaN,
      zero: -0,
    },
    "1e5": true,
  };

  it("writes YAML that people read", () => {
    expect(printParams(value, "yaml")).toBe(
      `"1e5": true
guide:
  at: {"$date":"1970-01-01T00:00:00.000Z"}
  gain: 2
  list: [1,{"a":"b"}]
  lost: .nan
  mode: auto
  name: "steer me"
  none: {}
  none2: null
  zero: -0.0
`,
    );
    expect(printParams({}, "yaml")).toBe("{}\n");
  });

  it("writes JSON that people read", () => {
    expect(printParams({ guide: { gain: 2, list: [1, 2], none: {} } }, "json")).toBe(
      '{\n  "guide": {\n    "gain": 2,\n    "list": [1,2],\n    "none": {}\n  }\n}\n',
    );
  });
});

describe("parseParams()", () => {
  it("reads YAML as people write it", () => {
    const text =
      "# speeds\nguide:\n  gain: 2 # a comment\n  name: steer me\n  list:\n    - 1\n    - {a: b}\n  off: no\n  same: &x [1, 2]\n  alias: *x\n  big: .inf\n";
    expect(parseParams(text, "yaml")).toEqual({
      guide: { gain: 2, name: "steer me", list: [1, { a: "b" }], off: "no", same: [1, 2], alias: [1, 2], big: Infinity },
    });
  });

  it.each<[ParamFormat, string, string]>([
    ["yaml", "a: 1\nb: [1\nc: 2\n", "p.yaml:3:1: "],
    ["yaml", "a: 1\nb:\n  a: 1\n  c: 2\n  a: 3\n", "p.yaml:5:3: the key a stands here a second time"],
    ["yaml", "a: 1\nb: !date 5\n", "p.yaml:2:4: Unresolved tag: !date"],
    ["yaml", "a: !!binary aGk=\n", "p.yaml:1:4: Unresolved tag"],
    ["yaml", "a: *x\n", "p.yaml: Unresolved alias"],
    ["yaml", "a: 1\n---\nb: 2\n", "p.yaml:2:1: Source contains multiple documents"],
    ["yaml", "? [1]\n: 2\n", "p.yaml:1:3: With stringKeys, all keys must be strings"],
    ["yaml", "__proto__: {a: 1}\n", "p.yaml: /__proto__: no param can be called __proto__"],
    ["yaml", "a: {$bigint: x}\n", "p.yaml: /a: $.$bigint: this holds a string of digits"],
    ["json", '{\n  "a": 1,\n  "b": }\n', 'p.json:3:8: "}" is not expected here'],
    ["json", "{\n", "p.json:2:1: the text ends too early"],
    ["json", "", "p.json:1:1: the text ends too early"],
    ["json", '{"a": [1, 2,]}', 'p.json:1:13: "]" is not expected here'],
    ["json", '{"a": 1,}', 'p.json:1:9: "}" is not expected here'],
    ["json", '{"a": 1]', 'p.json:1:8: "]" is not expected here'],
    ["json", '{"a" 1}', 'p.json:1:6: "1" is not expected here'],
    ["json", "{a: 1}", 'p.json:1:2: "a" is not expected here'],
    ["json", '["\\x"]', "p.json:1:2: "],
    ["json", "[1] 2", 'p.json:1:5: "2" is not expected here'],
    ["json", "[1] ,", 'p.json:1:5: "," is not expected here'],
    ["json", '{ "__proto__": {} }', "p.json: /__proto__: no param can be called __proto__"],
  ])("tells where the mistake is: %s %j", (format, text, message) => {
    expect(() => parseParams(text, format, `p.${format}`)).toThrow(
      expect.objectContaining({ name: "ValidationError", message: expect.stringContaining(message) }),
    );
  });

  it.each<[ParamFormat, string]>([
    ["yaml", "[".repeat(50_000)],
    ["yaml", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["json", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["json", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    [
      "yaml",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${
        Array.from("bcdefghi", (c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefgh"[i]}`).join()}]`).join("\n")
      }\n`,
    ],
  ])("refuses a bomb in time: %s", (format, text) => {
    expect(() => parseParams(text, format)).toThrow(expect.objectContaining({ name: "ValidationError" }));
  });

  it("reads a map of many keys in time", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: ${i}\n`).join("");
    expect(Object.keys(parseParams(text, "yaml") as object).length).toBe(20_000);
  });
});

describe("stepsOf()", () => {
  it("sets each leaf and leaves everything else as it is", () => {
    const tree = new ParamTree();
    tree.set("/", { a: { b: 1, c: 2 }, d: 3 });
    tree.apply({ changes: stepsOf({ a: { b: 5, e: {} }, f: [1] }) });
    expect(tree.get("/")).toEqual({ a: { b: 5, c: 2, e: {} }, d: 3, f: [1] });
    tree.apply({ changes: stepsOf({ x: 1 }, "/a/e") });
    tree.apply({ changes: stepsOf(7, "/d") });
    expect(tree.get("/")).toEqual({ a: { b: 5, c: 2, e: { x: 1 } }, d: 7, f: [1] });
    expect(stepsOf({})).toEqual([]);
  });

  it("does not empty a subtree for which it has nothing", () => {
    const tree = new ParamTree();
    tree.set("/", { a: { b: 1 } });
    tree.apply({ changes: stepsOf({ b: 2 }, "/a") });
    expect(tree.get("/a")).toEqual({ b: 2 });
  });
});

describe("formatOf()", () => {
  it("goes by the end of the name", () => {
    expect(["a.yaml", "b.YML", "c.json"].map(formatOf)).toEqual(["yaml", "yaml", "json"]);
    expect(() => formatOf("params.txt")).toThrow("params.txt: a file of params ends in .yaml, .yml or .json");
  });
});
