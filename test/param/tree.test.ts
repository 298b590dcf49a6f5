import { describe, expect, it } from "vitest";
import { DeclarationError, NameError, RevisionError, StateError, UnknownParamError, ValidationError } from "../../src/errors.ts";
import type { ParamChange } from "../../src/param/nodes.ts";
import { ParamTree } from "../../src/param/tree.ts";

function treeWith(value: object): ParamTree {
  const tree = new ParamTree();
  tree.set("/", value);
  return tree;
}

/** What was changed, without revisions. */
function brief(changes: readonly ParamChange[]): unknown[] {
  return changes.map(({ name, value, exists }) => (exists ? [name, value] : [name]));
}

/** Runs a write that is refused, and checks that nothing has changed. */
function refused(tree: ParamTree, write: () => unknown): unknown {
  const before = [tree.get("/"), tree.revision, tree.contents()];
  const told: string[] = [];
  const end = tree.watch("/", (change) => told.push(change.name));
  let error: unknown;
  try {
    write();
  } catch (thrown) {
    error = thrown;
  }
  end();
  expect(error).toBeDefined();
  expect([tree.get("/"), tree.revision, tree.contents()]).toEqual(before);
  expect(told).toEqual([]);
  return error;
}

describe("ParamTree", () => {
  it("holds leaves by absolute names, and reads a subtree as a plain object", () => {
    const tree = treeWith({ guide: { gain: 1, pid: { p: 2, i: 3 } }, rate: 60 });
    expect(tree.get("/guide/gain")).toBe(1);
    expect(tree.get("/guide")).toEqual({ gain: 1, pid: { p: 2, i: 3 } });
    expect(tree.get("/")).toEqual({ guide: { gain: 1, pid: { p: 2, i: 3 } }, rate: 60 });
    expect(tree.get("/guide/none")).toBeUndefined();
    expect(["/", "/guide", "/guide/gain", "/guide/none"].map((name) => tree.has(name))).toEqual([true, true, true, false]);
    expect(tree.list()).toEqual(["/guide/gain", "/guide/pid/i", "/guide/pid/p", "/rate"]);
    expect(tree.list("/guide/pid")).toEqual(["/guide/pid/i", "/guide/pid/p"]);
    expect(tree.list("/rate")).toEqual(["/rate"]);
    expect(tree.list("/none")).toEqual([]);
  });

  it("reads a subtree in the order of names, whatever the order of writes was", () => {
    const tree = new ParamTree();
    for (const key of ["c", "a", "b"]) tree.set(`/x/${key}`, 1);
    expect(Object.keys(tree.get("/x") as object)).toEqual(["a", "b", "c"]);
  });

  it("hands out a new object for a subtree each time", () => {
    const tree = treeWith({ a: { b: 1 } });
    (tree.get("/a") as { b: number }).b = 2;
    expect(tree.get("/a")).toEqual({ b: 1 });
  });

  it("freezes arrays, and the objects in arrays and Maps", () => {
    const tree = treeWith({ plain: [1], deep: [{ a: [1] }], map: new Map([["k", { a: 1 }]]) });
    expect(Object.isFrozen(tree.get("/plain"))).toBe(true);
    const [object] = tree.get("/deep") as [{ a: number[] }];
    expect(() => (object.a[0] = 2)).toThrow(TypeError);
    expect(() => ((tree.get("/map") as Map<string, { a: number }>).get("k")!.a = 2)).toThrow(TypeError);
    tree.set("/plain", [2]);
    expect(Object.isFrozen(tree.get("/plain"))).toBe(true);
  });

  it("counts its revision by one a write, however many leaves it sets", () => {
    const tree = treeWith({ a: 1, b: { c: 2 } });
    expect(tree.revision).toBe(1);
    expect(tree.set("/a", 2)).toBe(2);
    expect(tree.set("/a", 2)).toBe(3);
    expect(tree.set("/new/d", 2)).toBe(4);
    tree.apply({ changes: [{ name: "/a", value: 1 }, { name: "/b/c", value: 1 }] });
    expect(tree.revision).toBe(5);
    expect(["/a", "/b/c", "/b", "/new", "/new/d", "/", "/none"].map((name) => tree.revisionOf(name))).toEqual([5, 5, 5, 4, 4, 5, 0]);
    expect(tree.delete("/b/c")).toBe(6);
    expect(tree.revisionOf("/b")).toBe(6);
    expect(tree.apply({ changes: [] })).toEqual([]);
    expect(tree.revision).toBe(6);
  });
});

describe("ParamTree.set()", () => {
  it("replaces a subtree: what the object leaves out is deleted", () => {
    const tree = treeWith({ a: { b: 1, c: { d: 2 }, e: 3 } });
    expect(brief(tree.apply({ changes: [{ name: "/a", value: { e: 4, f: { g: 5 } } }] }))).toEqual([["/a/b"], ["/a/c/d"], ["/a/c"], [
      "/a/e",
      4,
    ], ["/a/f/g", 5]]);
    expect(tree.get("/")).toEqual({ a: { e: 4, f: { g: 5 } } });
  });

  it("makes the subtrees on the way to a new name", () => {
    const tree = new ParamTree();
    tree.set("/a/b/c", 1);
    expect(tree.get("/")).toEqual({ a: { b: { c: 1 } } });
  });

  it("keeps an empty object as an empty subtree", () => {
    const tree = treeWith({ a: {}, b: 1 });
    expect(tree.get("/")).toEqual({ a: {}, b: 1 });
    expect(brief(tree.contents())).toEqual([["/a", {}], ["/b", 1]]);
    expect(tree.list()).toEqual(["/b"]);
    tree.delete("/b");
    tree.delete("/a");
    expect(tree.get("/")).toEqual({});
    expect(tree.contents()).toEqual([]);
  });

  it("lets a leaf become a subtree and a subtree a leaf where just that is set", () => {
    const tree = treeWith({ a: 1 });
    expect(brief(tree.apply({ changes: [{ name: "/a", value: { b: 1 } }] }))).toEqual([["/a"], ["/a/b", 1]]);
    expect(brief(tree.apply({ changes: [{ name: "/a", value: 5 }] }))).toEqual([["/a/b"], ["/a", 5]]);
    expect(brief(tree.apply({ changes: [{ name: "/a", value: {} }] }))).toEqual([["/a", {}]]);
    expect(tree.get("/")).toEqual({ a: {} });
  });

  it("refuses a name below a leaf", () => {
    const tree = treeWith({ a: 1 });
    const error = refused(tree, () => tree.set("/a/b/c", 2));
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as Error).message).toBe("/a/b/c: /a is a value (1) and no subtree, so nothing can be set below it; delete /a first");
  });

  it("refuses undefined, wherever it stands in an object, and what is no data", () => {
    const tree = treeWith({ a: 1 });
    expect(refused(tree, () => tree.set("/a", undefined))).toMatchObject({
      message: "/a: undefined is no value of a param; delete the param, or set it to null",
    });
    expect(refused(tree, () => tree.set("/x", { b: 1, c: { d: undefined } }))).toMatchObject({ subject: "/x/c/d" });
    expect(refused(tree, () => tree.set("/a", () => 1))).toMatchObject({ message: "/a: function is no value of a param" });
    expect(refused(tree, () => tree.set("/n", Symbol.iterator))).toMatchObject({ message: "/n: symbol is no value of a param" });
  });

  it("refuses keys that are no names", () => {
    const tree = treeWith({ a: 1 });
    expect(refused(tree, () => tree.set("/x", { "b c": 1 }))).toBeInstanceOf(NameError);
    expect(refused(tree, () => tree.set("/x", { "": 1 }))).toBeInstanceOf(NameError);
    expect(refused(tree, () => tree.set("/x", { "b/c": { d: 1 } }))).toBeDefined();
    expect(refused(tree, () => tree.set("/x", { ["y".repeat(300)]: 1 }))).toBeInstanceOf(NameError);
  });

  it("cannot reach any prototype", () => {
    const tree = treeWith({ a: 1 });
    expect(refused(tree, () => tree.set("/__proto__/polluted", 1))).toMatchObject({
      message: "/__proto__: no param can be called __proto__",
    });
    expect(refused(tree, () => tree.set("/x", JSON.parse('{ "__proto__": { "polluted": 1 } }')))).toBeInstanceOf(ValidationError);
    tree.set("/constructor/prototype/polluted", 1);
    tree.set("/toString", 2);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(tree.get("/constructor") as object).toEqual({ prototype: { polluted: 1 } });
    expect(tree.get("/hasOwnProperty")).toBeUndefined();
    expect((tree.get("/") as { toString: unknown }).toString).toBe(2);
  });

  it("keeps the root a subtree", () => {
    const tree = treeWith({ a: 1 });
    expect(refused(tree, () => tree.set("/", 5))).toMatchObject({ message: "/: the root is always a subtree; give it a plain object" });
    tree.delete("/");
    expect(tree.get("/")).toEqual({});
    tree.set("/", { b: 1 });
    expect(tree.get("/")).toEqual({ b: 1 });
  });
});

describe("ParamTree.leaf()", () => {
  it("gives a handle that sets the leaf directly, and its name once it is gone", () => {
    const tree = treeWith({ a: 1, b: {} });
    const leaf = tree.leaf("/a")!;
    expect(tree.setLeaf(leaf, 2)).toBe(2);
    expect([leaf.value, leaf.revision, leaf.exists]).toEqual([2, 2, true]);
    expect([tree.leaf("/b"), tree.leaf("/none")]).toEqual([undefined, undefined]);
    tree.delete("/a");
    expect(leaf.exists).toBe(false);
    tree.setLeaf(leaf, 3);
    expect(tree.get("/a")).toBe(3);
    tree.setLeaf(tree.leaf("/a")!, { x: 1 });
    expect(tree.get("/a")).toEqual({ x: 1 });
  });
});

describe("ParamTree.delete()", () => {
  it("deletes a leaf or a whole subtree, and leaves the subtree around it", () => {
    const tree = treeWith({ a: { b: { c: 1, d: 2 }, e: 3 } });
    expect(brief(tree.apply({ changes: [{ name: "/a/b", delete: true }] }))).toEqual([["/a/b/c"], ["/a/b/d"], ["/a/b"]]);
    tree.delete("/a/e");
    expect(tree.get("/")).toEqual({ a: {} });
  });

  it("says what there is when the name is unknown", () => {
    const tree = treeWith({ guide: { gain: 1 } });
    const error = refused(tree, () => tree.delete("/guide/gian"));
    expect(error).toBeInstanceOf(UnknownParamError);
    expect((error as Error).message).toBe("there is no param /guide/gian; did you mean /guide/gain?");
    expect(refused(tree, () => tree.delete("/zzzzz/gian"))).toMatchObject({ message: "there is no param /zzzzz/gian" });
  });
});

describe("ParamTree.apply()", () => {
  it("does all steps in their order", () => {
    const tree = treeWith({ a: 1 });
    const changes = tree.apply({
      changes: [{ name: "/a", delete: true }, { name: "/a/b", value: 1 }, { name: "/c", value: 1 }, { name: "/c", value: 2 }],
    });
    expect(brief(changes)).toEqual([["/a"], ["/a/b", 1], ["/c", 2]]);
    expect(tree.get("/")).toEqual({ a: { b: 1 }, c: 2 });
  });

  it("does none where one is refused", () => {
    const tree = treeWith({ a: { b: 1 }, c: 2, d: {} });
    tree.declare("/e", { default: 1, rule: { max: 5 }, owner: "/n" });
    const leaf = tree.leaf("/c")!;
    const steps = [{ name: "/c", value: 9 }, { name: "/a", value: 3 }, { name: "/d/x/y", value: 1 }, { name: "/c", value: { f: 1 } }, {
      name: "/d",
      delete: true,
    }] as const;
    expect(refused(tree, () => tree.apply({ changes: [...steps, { name: "/e", value: 6 }] }))).toMatchObject({
      message: "/e: 6 is above the maximum of 5",
    });
    expect(refused(tree, () => tree.apply({ changes: [...steps, { name: "/none", delete: true }] }))).toBeInstanceOf(UnknownParamError);
    expect(leaf.exists).toBe(true);
    expect(tree.leaf("/c")).toBe(leaf);
    tree.set("/c", 10);
    expect(leaf.value).toBe(10);
  });

  it("writes only at the expected revisions", () => {
    const tree = treeWith({ a: 1, b: { c: 1, d: 1 } });
    tree.set("/b/c", 2);
    const set = (expect: { name: string; revision: number }[]): unknown => tree.apply({ changes: [{ name: "/a", value: 5 }], expect });
    expect(refused(tree, () => set([{ name: "/b/c", revision: 1 }]))).toBeInstanceOf(RevisionError);
    expect(refused(tree, () => set([{ name: "/b", revision: 1 }]))).toMatchObject({
      message: "/b is at revision 2, but is expected at revision 1; read it again and decide anew",
    });
    expect(refused(tree, () => set([{ name: "/a", revision: 0 }]))).toMatchObject({
      message: "/a is at revision 1, but is expected not to exist; read it again and decide anew",
    });
    expect(refused(tree, () => set([{ name: "/x", revision: 1 }]))).toMatchObject({
      message: "/x does not exist, but is expected at revision 1; read it again and decide anew",
    });
    expect(refused(tree, () => set([{ name: "/b", revision: 2 }, { name: "/", revision: 1 }]))).toBeInstanceOf(RevisionError);
    set([{ name: "/b", revision: 2 }, { name: "/b/d", revision: 1 }, { name: "/x", revision: 0 }, { name: "/", revision: 2 }]);
    expect(tree.get("/a")).toBe(5);
  });

  it("tells a deletion by the revision of the subtree around it", () => {
    const tree = treeWith({ a: { b: 1, c: 1 } });
    const { revision } = tree;
    tree.delete("/a/b");
    expect(() => tree.apply({ changes: [{ name: "/a/c", value: 2 }], expect: [{ name: "/a", revision }] })).toThrow(RevisionError);
  });
});

describe("ParamTree.declare()", () => {
  it("gives a param its default, type and rule", () => {
    const tree = new ParamTree();
    expect(brief(tree.declare("/guide/gain", { default: 1, rule: { min: 0, description: "gain" }, owner: "/guide" }))).toEqual([[
      "/guide/gain",
      1,
    ]]);
    expect(tree.leaf("/guide/gain")).toMatchObject({
      value: 1,
      type: "number",
      rule: { min: 0, description: "gain" },
      declared: 1,
      owners: ["/guide"],
    });
    expect(refused(tree, () => tree.set("/guide/gain", -1))).toMatchObject({
      message: "/guide/gain: -1 is below the minimum of 0",
      issues: [{ path: "/guide/gain" }],
    });
    expect(refused(tree, () => tree.set("/guide/gain", "2"))).toMatchObject({
      message: "/guide/gain: a string is not allowed, the param is number, min 0",
    });
    expect(refused(tree, () => tree.set("/guide", { gain: -1 }))).toBeInstanceOf(ValidationError);
  });

  it("prefers the value that is there, then the given one, then the default", () => {
    const tree = treeWith({ a: 5 });
    expect(tree.declare("/a", { default: 1, given: 2, owner: "/n" })).toEqual([]);
    tree.declare("/b", { default: 1, given: 2, owner: "/n" });
    tree.declare("/c", { default: 1, owner: "/n" });
    expect(tree.get("/")).toEqual({ a: 5, b: 2, c: 1 });
  });

  it("declares each leaf of an object, and the subtree itself", () => {
    const tree = treeWith({ n: { pid: { i: 7 } } });
    const changes = tree.declare("/n/pid", {
      default: { p: 1, i: 2, lim: { max: 3 }, more: {} },
      given: { lim: { max: 4 } },
      rule: { min: 0 },
      owner: "/n",
    });
    expect(brief(changes)).toEqual([["/n/pid/p", 1], ["/n/pid/lim/max", 4], ["/n/pid/more", {}]]);
    expect(tree.get("/n/pid")).toEqual({ p: 1, i: 7, lim: { max: 4 }, more: {} });
    expect(refused(tree, () => tree.set("/n/pid/i", -1))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.set("/n/pid", { p: 1 }))).toMatchObject({
      message: "/n/pid/i: it is declared by /n, so it cannot be left out of what replaces /n/pid",
    });
    expect(refused(tree, () => tree.delete("/n/pid/more"))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.set("/n/pid", 5))).toBeInstanceOf(ValidationError);
    tree.set("/n/pid", { p: 9, i: 9, lim: { max: 9, extra: 1 }, more: { x: 1 }, extra: 2 });
    expect(tree.get("/n/pid")).toEqual({ p: 9, i: 9, lim: { max: 9, extra: 1 }, more: { x: 1 }, extra: 2 });
  });

  it("takes an empty object for a subtree of any content", () => {
    const tree = new ParamTree();
    tree.declare("/n/any", { default: {}, given: { x: 1 }, owner: "/n" });
    expect(tree.get("/n")).toEqual({ any: { x: 1 } });
  });

  it("never takes one rule for another", () => {
    const tree = new ParamTree();
    tree.declare("/a", { default: 5, rule: { min: 1, oneOf: [1, 5] }, owner: "/n" });
    const others = [{ min: "1", oneOf: [1, 5] }, { min: "number 1", oneOf: [1, 5] }, { min: 1n, oneOf: [1, 5] }, {
      min: 1,
      oneOf: [1, "number 5"],
    }, { min: 1, oneOf: [1, 5], f: () => 1 }];
    for (const rule of others) {
      expect(refused(tree, () => tree.declare("/b", { default: 5, rule: rule as object, owner: "/n" }))).toBeInstanceOf(DeclarationError);
    }
    const rule = { min: 1, oneOf: [1, 5] };
    tree.declare("/c", { default: 5, rule, owner: "/n" });
    rule.min = 5;
    rule.oneOf[0] = 7;
    tree.declare("/d", { default: 7, rule, owner: "/n" });
    expect([tree.leaf("/c")!.rule, tree.leaf("/d")!.rule]).toEqual([{ min: 1, oneOf: [1, 5] }, { min: 5, oneOf: [7, 5] }]);
    expect(tree.leaf("/c")!.constraint).toBe(tree.leaf("/a")!.constraint);
  });

  it("keeps its own copy of default, given value and rule", () => {
    const tree = new ParamTree();
    const [list, given, rule] = [[1], [2], { min: 0 }];
    tree.declare("/a", { default: list, owner: "/n" });
    tree.declare("/b", { default: [0], given, owner: "/n" });
    tree.declare("/c", { default: 1, rule, owner: "/n" });
    list[0] = given[0] = rule.min = 9;
    expect(tree.get("/")).toEqual({ a: [1], b: [2], c: 1 });
    expect(tree.set("/c", 1)).toBe(4);
    expect(Object.isFrozen(list)).toBe(false);
  });

  it("does not let a declared param be deleted, replaced by a subtree, or lost with the subtree around it", () => {
    const tree = new ParamTree();
    tree.declare("/n/a", { default: 1, owner: "/n" });
    expect(refused(tree, () => tree.delete("/n/a"))).toMatchObject({ message: "/n/a: it is declared by /n, so it cannot be deleted" });
    expect(refused(tree, () => tree.delete("/n"))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.delete("/"))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.set("/n/a", { b: 1 }))).toMatchObject({
      message: "/n/a: an object is not allowed, the param is number",
    });
    expect(refused(tree, () => tree.set("/n", 1))).toMatchObject({ message: "/n/a: it is declared by /n, so it cannot be replaced by 1" });
    expect(refused(tree, () => tree.set("/", {}))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.set("/n/a/b", 1))).toBeInstanceOf(ValidationError);
    tree.declare("/n/any", { default: null, owner: "/n" });
    expect(refused(tree, () => tree.set("/n/any", { b: 1 }))).toMatchObject({ message: "/n/any: a subtree cannot take its place" });
  });

  it("accepts a like declaration of another node, and refuses one that conflicts", () => {
    const tree = new ParamTree();
    tree.declare("/rate", { default: 60, rule: { min: 1 }, owner: "/a" });
    expect(tree.declare("/rate", { default: 30, rule: { min: 1, description: "frames a second" }, owner: "/b" })).toEqual([]);
    expect(tree.leaf("/rate")!.owners).toEqual(["/a", "/b"]);
    const error = refused(tree, () => tree.declare("/rate", { default: "60", owner: "/c" }));
    expect(error).toBeInstanceOf(DeclarationError);
    expect((error as Error).message).toBe(
      "/rate is declared by /a, /b as number, min 1, and /c declares it as string; declare both alike, or use another name",
    );
    expect(refused(tree, () => tree.declare("/rate", { default: 60, owner: "/c" }))).toBeInstanceOf(DeclarationError);
    expect(refused(tree, () => tree.declare("/rate", { default: { x: 1 }, owner: "/c" }))).toMatchObject({
      message: expect.stringContaining("/a, /b"),
    });
    expect(refused(tree, () => tree.declare("/rate/x", { default: 1, owner: "/c" }))).toMatchObject({
      message: expect.stringContaining("/a, /b"),
    });
    tree.declare("/s/x", { default: 1, owner: "/a" });
    expect(refused(tree, () => tree.declare("/s", { default: 1, owner: "/c" }))).toMatchObject({
      message: expect.stringContaining("/s/x is declared by /a"),
    });
    tree.declare("/e", { default: {}, owner: "/a" });
    expect(refused(tree, () => tree.declare("/e", { default: 1, owner: "/c" }))).toMatchObject({
      message: expect.stringContaining("/e is declared by /a as a subtree"),
    });
  });

  it("refuses a value that is there and does not fit, and says what to do", () => {
    const tree = treeWith({ a: 20, sub: { x: 1 }, leaf: 1 });
    expect(refused(tree, () => tree.declare("/a", { default: 1, rule: { max: 10 }, owner: "/n" }))).toMatchObject({
      name: "ValidationError",
      message:
        "/a: the value that it has does not fit what /n declares: 20 is above the maximum of 10; set it to a right one, or delete it",
    });
    expect(refused(tree, () => tree.declare("/sub", { default: 1, owner: "/n" }))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.declare("/leaf", { default: {}, owner: "/n" }))).toBeInstanceOf(ValidationError);
    expect(refused(tree, () => tree.declare("/leaf/x", { default: 1, owner: "/n" }))).toBeInstanceOf(DeclarationError);
    expect(refused(tree, () => tree.declare("/new", { default: { b: 1, c: 1 }, rule: { min: 1 }, given: { c: 0 }, owner: "/n" })))
      .toBeInstanceOf(ValidationError);
    expect(tree.leaf("/a")!.declared).toBe(0);
  });

  it("refuses a given value that does not fit, also where another value is there already", () => {
    const tree = treeWith({ a: 1 });
    for (const name of ["/a", "/b"]) {
      expect(refused(tree, () => tree.declare(name, { default: 1, rule: { max: 10 }, given: 11, owner: "/n" }))).toMatchObject({
        name: "ValidationError",
        message: `${name}: the given value does not fit what /n declares: 11 is above the maximum of 10`,
      });
    }
    expect(refused(tree, () => tree.declare("/o", { default: { p: 1, i: 2 }, given: { pp: 1 }, owner: "/n" }))).toMatchObject({
      message: "/o/pp: /n declares no such param; did you mean p? There are: p, i",
    });
    expect(refused(tree, () => tree.declare("/o", { default: { p: 1 }, given: 1, owner: "/n" }))).toMatchObject({
      message: "/o: the given value is 1, but /n declares a subtree; give an object",
    });
  });

  it("refuses a declaration that makes no sense", () => {
    const tree = new ParamTree();
    const declare = (standard: unknown, rule: object) => (): unknown => tree.declare("/n/a", { default: standard, rule, owner: "/n" });
    expect(refused(tree, declare(11, { max: 10 }))).toMatchObject({
      name: "DeclarationError",
      message: "/n/a: the default breaks its own rule: 11 is above the maximum of 10",
    });
    expect(refused(tree, declare(1, { max: 0, min: 2 }))).toMatchObject({ message: "/n/a: min 2 is above max 0" });
    expect(refused(tree, declare(1, null as unknown as object))).toMatchObject({
      message: "/n/a: a rule is a plain object, such as { min: 0 }",
    });
    expect(refused(tree, declare(1, { maximum: 0 }))).toMatchObject({ message: expect.stringContaining('a rule has no key "maximum"') });
    expect(refused(tree, declare("a", { pattern: "(" }))).toMatchObject({ message: expect.stringContaining("no regular expression") });
    expect(refused(tree, declare(undefined, {}))).toMatchObject({
      message: "/n/a: the default of a param cannot be undefined; null says that there is none yet",
    });
    expect(refused(tree, declare({ x: 1, y: "a" }, { min: 0 }))).toMatchObject({
      message: "/n/a/y: min is for numbers and bigints, the param is string",
    });
    expect(refused(tree, declare({ "x y": 1 }, {}))).toBeInstanceOf(NameError);
    expect(tree.has("/n")).toBe(false);
  });

  it("lets a default of null be set to any type", () => {
    const tree = new ParamTree();
    tree.declare("/a", { default: null, owner: "/n" });
    for (const value of [1, "a", [1], null]) tree.set("/a", value);
    expect(tree.leaf("/a")!.type).toBeUndefined();
  });
});

describe("ParamTree.undeclare()", () => {
  it("keeps values, and frees them when nobody declares them any more", () => {
    const tree = new ParamTree();
    tree.declare("/rate", { default: 60, owner: "/a" });
    tree.declare("/rate", { default: 60, owner: "/b" });
    tree.declare("/own", { default: { x: 1 }, owner: "/a" });
    tree.undeclare("/a");
    expect(tree.get("/")).toEqual({ rate: 60, own: { x: 1 } });
    expect(() => tree.set("/rate", "x")).toThrow(ValidationError);
    expect(tree.leaf("/rate")!.owners).toEqual(["/b"]);
    tree.undeclare("/b");
    tree.undeclare("/b");
    tree.set("/rate", "x");
    tree.delete("/own");
    expect(tree.get("/")).toEqual({ rate: "x" });
    expect(tree.leaf("/rate")).toMatchObject({ declared: 0, type: undefined, rule: undefined });
  });

  it("lets a node declare its params again, in any order, any number of times", () => {
    const tree = new ParamTree();
    for (let i = 0; i < 3; i++) {
      tree.declare("/n/a", { default: 1, rule: { max: 10 - i }, owner: "/n" });
      tree.declare("/n/b", { default: { c: i }, owner: "/n" });
      tree.undeclare("/n");
    }
    expect(tree.get("/")).toEqual({ n: { a: 1, b: { c: 0 } } });
    expect(tree.leaf("/n/a")!.owners).toEqual([]);
  });
});

describe("ParamTree.watch()", () => {
  it("tells of a leaf, and of everything below a subtree, once the whole write is in", () => {
    const tree = treeWith({ a: { b: 1, c: 1 }, d: 1 });
    const told: unknown[] = [];
    tree.watch("/a/b", ({ name, value, revision, exists }) => told.push(["leaf", name, value, revision, exists]));
    tree.watch("/a", ({ name }) => told.push(["subtree", name, tree.get("/d")]));
    tree.set("/a/b", 2);
    tree.set("/d", 2);
    tree.apply({ changes: [{ name: "/a/c", value: 3 }, { name: "/d", value: 4 }] });
    tree.set("/a/new/x", 1);
    tree.delete("/a/b");
    tree.set("/ab", 1);
    tree.set("/a/b", 9);
    expect(told).toEqual([
      ["leaf", "/a/b", 2, 2, true],
      ["subtree", "/a/b", 1],
      ["subtree", "/a/c", 4],
      ["subtree", "/a/new/x", 4],
      ["leaf", "/a/b", undefined, 6, false],
      ["subtree", "/a/b", 4],
      ["leaf", "/a/b", 9, 8, true],
      ["subtree", "/a/b", 4],
    ]);
  });

  it("tells of a name that is not there yet, of its own name, and of the root", () => {
    const tree = new ParamTree();
    const told: string[] = [];
    tree.watch("/a", ({ name, exists }) => told.push(`/a sees ${name} ${exists}`));
    tree.watch("/", ({ name, exists }) => told.push(`/ sees ${name} ${exists}`));
    tree.set("/a", 1);
    tree.delete("/a");
    tree.set("/a", {});
    tree.set("/a", { b: 1 });
    tree.declare("/a/c", { default: 1, owner: "/n" });
    expect(told).toEqual(
      ["/a true", "/a false", "/a true", "/a/b true", "/a/c true"].flatMap((what) => [`/a sees ${what}`, `/ sees ${what}`]),
    );
  });

  it("ends at once, also for a listener that is still to be told", () => {
    const tree = treeWith({ a: 1 });
    const told: string[] = [];
    let endSecond: () => void = () => {};
    const endFirst = tree.watch("/a", () => {
      told.push("first");
      endSecond();
    });
    endSecond = tree.watch("/a", () => told.push("second"));
    tree.set("/a", 2);
    endFirst();
    endFirst();
    tree.set("/a", 3);
    expect(told).toEqual(["first"]);
  });

  it("leaves nothing at a leaf that nobody watches any more", () => {
    const tree = treeWith({ a: 1 });
    const end = tree.watch("/", () => {});
    tree.set("/a", 2);
    expect(tree.leaf("/a")!.watchers.length).toBe(1);
    end();
    tree.set("/a", 3);
    expect(tree.leaf("/a")!.watchers.length).toBe(0);
  });

  it("begins with the next write for a listener that is added while others are told", () => {
    const tree = treeWith({ a: 1 });
    const told: unknown[] = [];
    const end = tree.watch("/a", () => {
      end();
      tree.watch("/a", ({ value }) => told.push(value));
    });
    tree.set("/a", 2);
    tree.set("/a", 3);
    expect(told).toEqual([3]);
  });

  it("refuses writes of a listener, in all ways", () => {
    const tree = treeWith({ a: 1, b: 1 });
    const errors: unknown[] = [];
    const writes = [
      () => tree.set("/b", 2),
      () => tree.delete("/b"),
      () => tree.apply({ changes: [{ name: "/c", value: 1 }, { name: "/d", value: 1 }] }),
    ];
    tree.watch("/a", () => {
      for (const write of writes) {
        try {
          write();
        } catch (error) {
          errors.push(error);
        }
      }
    });
    tree.set("/a", 2);
    expect(errors.every((error) => error instanceof StateError)).toBe(true);
    expect([errors.length, tree.get("/"), tree.revision]).toEqual([3, { a: 2, b: 1 }, 2]);
    tree.set("/b", 3);
  });

  it("can be written after a listener has thrown", () => {
    const tree = treeWith({ a: 1 });
    const end = tree.watch("/a", () => {
      throw new Error("x");
    });
    expect(() => tree.set("/a", 2)).toThrow("x");
    end();
    expect(tree.set("/a", 3)).toBe(3);
  });
});

describe("ParamTree.replay()", () => {
  it("repeats what another tree has done, with its revision, and forgives what is missing", () => {
    const [tree, copy] = [treeWith({ a: { b: 1 }, c: 2 }), new ParamTree()];
    copy.replay(tree.contents(), tree.revision);
    const told: string[] = [];
    copy.watch("/", ({ name }) => told.push(name));
    copy.replay(tree.apply({ changes: [{ name: "/a", value: 5 }, { name: "/c", delete: true }] }), tree.revision);
    expect([copy.get("/"), copy.revision, copy.revisionOf("/a")]).toEqual([{ a: 5 }, 2, 2]);
    expect(told).toEqual(["/a/b", "/c", "/a"]);
    copy.replay(
      [{ name: "/none", value: undefined, exists: false, revision: 9 }, { name: "/a/x", value: 1, exists: true, revision: 9 }],
      9,
    );
    expect([copy.get("/"), copy.revision]).toEqual([{ a: { x: 1 } }, 9]);
  });
});
