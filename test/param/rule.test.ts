import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRule, Constraint, isSubtree, type ParamRule, type ParamType, ruleProblem, typeOf } from "../../src/param/rule.ts";

describe("typeOf()", () => {
  it.each([
    [1, "number"],
    [Number.NaN, "number"],
    ["a", "string"],
    [true, "boolean"],
    [1n, "bigint"],
    [null, "null"],
    [[], "array"],
    [new Date(), "Date"],
    [new Map(), "Map"],
    [new Set(), "Set"],
    [new RangeError("x"), "Error"],
    [new Uint8Array(1), "Uint8Array"],
    [new Float32Array(1), "Float32Array"],
    [new ArrayBuffer(1), "ArrayBuffer"],
    [new DataView(new ArrayBuffer(1)), "DataView"],
    [undefined, undefined],
    [{}, undefined],
    [() => 1, undefined],
    [new (class A {})(), undefined],
  ])("names the type of %o: %s", (value, type) => expect(typeOf(value)).toBe(type));

  it("leaves plain objects to isSubtree", () => {
    expect([{}, Object.create(null)].map(isSubtree)).toEqual([true, true]);
    expect([[], null, 1, undefined, new Map(), new Date(), new (class A {})()].some(isSubtree)).toBe(false);
  });
});

describe("checkRule()", () => {
  it.each<[unknown, ParamRule, ParamType, string | undefined]>([
    [5, {}, "number", undefined],
    ["5", {}, "number", "a string is not allowed, the param is number"],
    [5, {}, "string", "a number is not allowed, the param is string"],
    [null, {}, "number", "null is not allowed, the param is number"],
    [undefined, {}, "number", "undefined is no value of a param; delete the param, or set it to null"],
    [[1], {}, "array", undefined],
    [{}, {}, "number", "an object is not allowed, the param is number"],
    [new Uint8Array(1), {}, "Float32Array", "an Uint8Array is not allowed, the param is Float32Array"],
    [0, { min: 0, max: 10 }, "number", undefined],
    [10, { min: 0, max: 10 }, "number", undefined],
    [-1, { min: 0 }, "number", "-1 is below the minimum of 0"],
    [11, { max: 10, unit: "m/s" }, "number", "11 is above the maximum of 10 m/s"],
    [Number.NaN, {}, "number", undefined],
    [Number.NaN, { min: 0 }, "number", "NaN is not within 0 and Infinity"],
    [Number.NaN, { integer: true }, "number", "NaN is not a whole number"],
    [Infinity, {}, "number", undefined],
    [Infinity, { min: 0 }, "number", undefined],
    [1.5, { integer: true }, "number", "1.5 is not a whole number"],
    [2, { integer: true }, "number", undefined],
    [5n, { min: 0n, max: 10 }, "bigint", undefined],
    [11n, { min: 0n, max: 10n }, "bigint", "11n is above the maximum of 10"],
    ["b", { oneOf: ["a", "b"] }, "string", undefined],
    ["c", { oneOf: ["a", "b"] }, "string", '"c" is not one of "a", "b"'],
    [3, { oneOf: [1, 2], min: 0 }, "number", "3 is not one of 1, 2"],
    ["xay", { pattern: "a" }, "string", undefined],
    ["xay", { pattern: "^a$" }, "string", '"xay" does not match the pattern ^a$'],
    [null, {}, "null", undefined],
    ["x", {}, "null", undefined],
    [null, { min: 0 }, "null", undefined],
    [1, { min: 0 }, "null", undefined],
    ["x", { min: 0 }, "null", "a string is not allowed, the param is number or null, min 0"],
    ["x", { pattern: "x" }, "null", undefined],
    [1, { oneOf: ["a"] }, "null", '1 is not one of "a"'],
    [null, { oneOf: ["a"] }, "null", undefined],
  ])("%o with %o of type %s: %s", (value, rule, type, reason) => expect(checkRule(value, rule, type)).toBe(reason));

  it("holds numbers to exactly the range of the rule", () => {
    fc.assert(
      fc.property(fc.double(), fc.double({ noNaN: true }), fc.double({ noNaN: true }), (value, a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        expect(checkRule(value, { min, max }, "number") === undefined).toBe(value >= min && value <= max);
      }),
    );
  });

  it("shortens long strings in its reasons", () => {
    expect(checkRule("x".repeat(1000), { pattern: "y" }, "string")!.length).toBeLessThan(120);
  });
});

describe("ruleProblem()", () => {
  it.each<[unknown, ParamType, string]>([
    [{ mim: 1 }, "number", 'a rule has no key "mim" (min?); it has min, max, oneOf, pattern, integer, description, unit'],
    [{ zzz: 1 }, "number", 'a rule has no key "zzz"; it has min, max, oneOf, pattern, integer, description, unit'],
    [{ min: 2, max: 1 }, "number", "min 2 is above max 1"],
    [{ min: Number.NaN }, "number", "min is NaN"],
    [{ min: "1" }, "number", "min is a number, not a string"],
    [{ min: 1n }, "number", "min is a number, not a bigint"],
    [{ min: 1 }, "string", "min is for numbers and bigints, the param is string"],
    [{ pattern: "(" }, "string", 'pattern "(" is no regular expression'],
    [{ pattern: "a" }, "number", "pattern is for type string, the param is number"],
    [{ pattern: 1 }, "string", "pattern is a string, not a number"],
    [{ integer: true }, "string", "integer is for type number, the param is string"],
    [{ integer: 1 }, "number", "integer is true or false, not a number"],
    [{ oneOf: [] }, "number", "oneOf is a list of at least one value"],
    [{ oneOf: [1, "a"] }, "number", "oneOf[1] is a string, the param is number"],
    [{ oneOf: [[1]] }, "array", "oneOf[0] is an array; it may hold"],
    [{ description: 1 }, "number", "description is a string, not a number"],
    [[], "number", "a rule is a plain object"],
    [null, "number", "a rule is a plain object"],
  ])("finds what is wrong with %o for type %s: %s", (rule, type, reason) => expect(ruleProblem(rule, type)).toContain(reason));

  it.each<[ParamRule, ParamType]>([
    [{}, "array"],
    [{ min: 0, max: 0, integer: true, oneOf: [0], description: "x", unit: "m" }, "number"],
    [{ min: 0, max: 5n }, "bigint"],
    [{ pattern: "^a", oneOf: ["a"] }, "string"],
    [{ min: 0, oneOf: [null, 1] }, "null"],
    [{ min: undefined, pattern: undefined }, "number"],
  ])("finds nothing wrong with %o for type %s", (rule, type) => expect(ruleProblem(rule, type)).toBeUndefined());
});

describe("Constraint", () => {
  it("equals another that allows the same in the same unit, whatever they are described as", () => {
    const of = (rule: ParamRule, type: ParamType = "number"): Constraint => new Constraint(rule, type);
    expect(of({ min: 0, description: "a" }).equals(of({ min: 0, description: "b" }))).toBe(true);
    expect(of({ oneOf: [1, 2] }).equals(of({ oneOf: [2, 1] }))).toBe(true);
    expect(of({}).equals(of({ integer: false }))).toBe(true);
    const others: [ParamRule, ParamType?][] = [
      [{ min: 1 }],
      [{ min: 0, max: 1 }],
      [{ min: 0, integer: true }],
      [{ min: 0, unit: "m" }],
      [{}],
      [{ min: 0, oneOf: [1] }],
      [{ min: 0 }, "bigint"],
      [{ min: 0 }, "null"],
    ];
    for (const [rule, type] of others) expect(of({ min: 0 }).equals(of(rule, type))).toBe(false);
  });

  it("describes what it allows", () => {
    expect(new Constraint({ min: 0, max: 1, integer: true, unit: "m", oneOf: [0, 1] }, "number").describe()).toBe(
      "number in m, integer, min 0, max 1, one of 0, 1",
    );
    expect(new Constraint({ pattern: "a" }, "null").describe()).toBe("string or null, pattern a");
    expect(new Constraint({}, "null").describe()).toBe("any type");
  });
});
