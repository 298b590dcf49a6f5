import fc from "fast-check";
import { expect, test } from "vitest";
import { NameError } from "../../src/errors.ts";
import { checkAbsolute, checkRelative, namespaceOf, nearest, remapped } from "../../src/graph/names.ts";
import { NodeNames, Scope } from "../../src/graph/scope.ts";

const segment = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);
const absolute = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);

test.each(["", "x", "/", "//", "/a//b", "/a/", "/a b", "/ä", "/a.b", "/a\n", "~a", "/a/~b", undefined, 3])(
  "checkAbsolute() refuses %j and quotes it with the rule",
  (name) => {
    expect(() => checkAbsolute(name as string, "node")).toThrow(NameError);
    expect(() => checkAbsolute(name as string, "node")).toThrow(typeof name === "string" ? JSON.stringify(name) : String(name));
    expect(() => checkAbsolute(name as string, "node")).toThrow("segments of letters, digits and _");
  },
);

test("checkAbsolute() refuses names of more than 255 characters, and shows only their beginning", () => {
  expect(checkAbsolute(`/${"a".repeat(254)}`)).toHaveLength(255);
  expect(() => checkAbsolute(`/${"a".repeat(1e6)}`)).toThrow(/^name "\/a+"… has 1000001 characters, 255 are allowed$/);
});

test.each(["", "~", "a/", "/~a", "~~a", "a//b", " "])("checkRelative() refuses %j", (name) => {
  expect(() => checkRelative(name)).toThrow(NameError);
});

test("any text is either refused with NameError or is a name", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    try {
      expect(`/${checkRelative(text).replace(/^[/~]/, "")}`).toMatch(/^(\/[A-Za-z0-9_]+)+$/);
    } catch (error) {
      expect(error).toBeInstanceOf(NameError);
    }
  }));
});

test("namespaceOf() is what stands before the last segment", () => {
  expect(["/guide", "/arm/guide", "/a/b/c"].map(namespaceOf)).toEqual(["", "/arm", "/a/b"]);
});

test("remapped() replaces the longest leading part, whole segments only", () => {
  const remap = new Map([["/a", "/x"], ["/a/b", "/y/z"]]);
  expect(["/a", "/a/c", "/a/b", "/a/b/c", "/ab", "/b/a"].map((name) => remapped(name, remap))).toEqual([
    "/x",
    "/x/c",
    "/y/z",
    "/y/z/c",
    undefined,
    undefined,
  ]);
});

test("nearest() finds what was mistyped, and nothing where nothing is near", () => {
  expect(nearest("/planer/plan", ["/planner/plan", "/guide/reset"])).toBe("/planner/plan");
  expect(nearest("/planer/plan", ["/completely/other"])).toBe(undefined);
  expect(nearest("/a", [])).toBe(undefined);
});

test("NodeNames: what a node declares lives under it, what it refers to in its namespace, ~ under it, / is absolute", () => {
  const names = new NodeNames("/arm/guide", new Scope());
  expect(["steer", "a/b", "~own", "/abs"].map((name) => names.declared(name))).toEqual([
    "/arm/guide/steer",
    "/arm/guide/a/b",
    "/arm/guide/own",
    "/abs",
  ]);
  expect(["pose", "a/b", "~own", "/abs"].map((name) => names.referred(name))).toEqual(["/arm/pose", "/arm/a/b", "/arm/guide/own", "/abs"]);
});

test("NodeNames: remap leads the node's words elsewhere, as they are written and as they resolve", () => {
  const names = new NodeNames("/arm/guide", new Scope(), { pose: "/world/pose", "~own": "other", "/abs": "~mine" });
  expect(["pose", "~own", "/abs", "/abs/x", "still"].map((name) => names.referred(name))).toEqual([
    "/world/pose",
    "/arm/other",
    "/arm/guide/mine",
    "/arm/guide/mine/x",
    "/arm/still",
  ]);
  expect(names.declared("own")).toBe("/arm/other");
});

test("Scope: /x inside a mount is /mount/x outside, through any number of mounts, and leaves it only by remap", () => {
  const outer = new Scope("/outer", { "/clock": "/time" }, new Scope());
  const inner = new Scope("/inner", { "/pose": "/clock" }, outer);
  expect([outer.absolute("/x"), outer.absolute("/clock"), inner.absolute("/x"), inner.absolute("/pose"), inner.absolute("/pose/z")])
    .toEqual(["/outer/x", "/time", "/outer/inner/x", "/time", "/time/z"]);
});

test("Scope: whatever a node inside a mount writes, without remap it stays inside", () => {
  fc.assert(
    fc.property(
      absolute,
      absolute,
      fc.constantFrom("", "/", "~"),
      fc.array(segment, { minLength: 1, maxLength: 3 }),
      (mount, node, lead, parts) => {
        const names = new NodeNames(node, new Scope(mount, {}, new Scope()));
        const word = `${lead}${parts.join("/")}`;
        for (const name of [names.node, names.referred(word), names.declared(word)]) {
          expect(name.startsWith(`${mount}/`)).toBe(true);
          checkAbsolute(name);
        }
      },
    ),
  );
});
