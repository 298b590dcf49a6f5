import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PyrosError } from "../../src/errors.ts";
import type { ParamChange } from "../../src/param/nodes.ts";
import { type ParamStep, ParamTree, type ParamWrite } from "../../src/param/tree.ts";

/** The simplest tree that could be: an object in an object, copied for each write. */
type Model = { [key: string]: unknown };
const isTree = (value: unknown): value is Model => typeof value === "object" && value !== null && !Array.isArray(value);
const segments = (name: string): string[] => name.split("/").filter((part) => part !== "");
const find = (model: Model, name: string): unknown =>
  segments(name).reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), model);

function flat(model: unknown, name = ""): [string, unknown][] {
  if (!isTree(model)) return [[name, model]];
  return [[name === "" ? "/" : name, "subtree"], ...Object.keys(model).flatMap((key) => flat(model[key], `${name}/${key}`))];
}

class Refused extends Error {}

/** Declared are numbers up to 5 at these names. */
function step(model: Model, declared: readonly string[], set: Set<string>, { name, ...what }: ParamStep): Model {
  const next = structuredClone(model);
  const parts = segments(name);
  const value = "value" in what ? what.value : undefined;
  if ("delete" in what && find(next, name) === undefined) throw new Refused();
  if (parts.length === 0) {
    if ("value" in what && !isTree(value)) throw new Refused();
    for (const key of Object.keys(next)) delete next[key];
    if ("value" in what) Object.assign(next, value);
  } else {
    let at = next;
    for (const key of parts.slice(0, -1)) {
      if (!(key in at)) at[key] = {};
      if (!isTree(at[key])) throw new Refused();
      at = at[key];
    }
    if ("value" in what) at[parts.at(-1)!] = structuredClone(value);
    else delete at[parts.at(-1)!];
  }
  for (const own of declared) {
    const now = find(next, own);
    if (find(model, own) !== undefined && !(typeof now === "number" && now <= 5)) throw new Refused();
  }
  if ("value" in what) { for (const [below, leaf] of flat(value, name === "/" ? "" : name)) if (leaf !== "subtree") set.add(below); }
  return next;
}

const key = fc.constantFrom("a", "b", "c");
const name = fc.oneof({ weight: 1, arbitrary: fc.constant("/") }, {
  weight: 15,
  arbitrary: fc.array(key, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`),
});
const leafValue = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom("s", null, true), fc.array(fc.integer(), { maxLength: 2 }));
const { tree: anyValue } = fc.letrec((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, leafValue, fc.dictionary(key, tie("tree"), { maxKeys: 3, noNullPrototype: true })),
}));
const oneStep: fc.Arbitrary<ParamStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ name, value: anyValue }) },
  { weight: 1, arbitrary: fc.record({ name, delete: fc.constant(true as const) }) },
);
const writes = fc.array(
  fc.record({
    steps: fc.oneof(fc.tuple(oneStep), fc.array(oneStep, { minLength: 2, maxLength: 4 })),
    expectName: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, name),
    offset: fc.constantFrom(0, 0, 0, -1),
    declare: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, name),
  }),
  { minLength: 3, maxLength: 20, size: "max" },
);

describe("ParamTree", () => {
  it("does what the simplest tree does, and tells watchers and replicas exactly that", () => {
    let applied = 0;
    let refused = 0;
    fc.assert(
      fc.property(writes, name, (writes, watched) => {
        const tree = new ParamTree();
        const replica = new ParamTree();
        let model: Model = {};
        const revisions = new Map<string, number>();
        const declared: string[] = [];
        const seen: ParamChange[] = [];
        tree.watch(
          watched,
          (change) => seen.push({ ...change, exists: change.exists, name: change.name, value: change.value, revision: change.revision }),
        );
        for (const { steps, expectName, offset, declare } of writes) {
          if (declare !== null && declare !== "/") {
            const before = tree.get(declare);
            try {
              replica.replay(tree.declare(declare, { default: 1, rule: { max: 5 }, owner: `/${declared.length}` }), tree.revision);
              declared.push(declare);
              if (before === undefined) {
                model = step(model, [], new Set(), { name: declare, value: 1 });
                revisions.set(declare, tree.revision);
              }
            } catch (error) {
              expect(error).toBeInstanceOf(PyrosError);
            }
            seen.length = 0;
          }
          const write: ParamWrite = {
            changes: steps,
            expect: expectName === null ? undefined : [{ name: expectName, revision: tree.revisionOf(expectName) + offset }],
          };
          const touched = new Set<string>();
          let next: Model | undefined = expectName !== null && offset !== 0 ? undefined : model;
          try {
            for (const one of steps) next = next && step(next, declared, touched, one);
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            next = undefined;
          }
          const { revision } = tree;
          seen.length = 0;
          let changes: readonly ParamChange[] = [];
          try {
            changes = tree.apply(structuredClone(write));
            expect(next).toBeDefined();
            applied++;
          } catch (error) {
            if (!(error instanceof PyrosError)) throw error;
            expect(next, error.message).toBeUndefined();
            refused++;
          }
          if (next !== undefined) {
            // Leaves that were set and are there; leaves and subtrees that are no more, or leaves that became subtrees.
            const now = new Map(flat(next));
            const isLeaf = (name: string): boolean => now.has(name) && now.get(name) !== "subtree";
            const expected = [
              ...[...touched].filter(isLeaf).map((name) => `set ${name}`),
              ...flat(model).filter(([name, was]) =>
                !now.has(name) || (was !== "subtree" && !isLeaf(name) && (Object.keys(find(next, name) as object).length > 0))
              ).map(([name]) => `gone ${name}`),
            ];
            const told = changes.filter(({ name, exists }) => !exists || isLeaf(name)).map(({ name, exists }) =>
              `${exists ? "set" : "gone"} ${name}`
            );
            expect(told.filter((what) => !expected.includes(what) && !(what.startsWith("gone") && now.has(what.slice(5))))).toEqual([]);
            expect(expected.filter((what) => !told.includes(what))).toEqual([]);
            for (const one of touched) revisions.set(one, tree.revision);
            model = next;
          }
          expect(tree.revision).toBe(revision + (next === undefined ? 0 : 1));
          expect(tree.get("/")).toEqual(model);
          const leaves = flat(model).filter(([, value]) => value !== "subtree").map(([name]) => name);
          expect(tree.list()).toEqual([...leaves].sort());
          for (const leaf of leaves) expect([leaf, tree.revisionOf(leaf)]).toEqual([leaf, revisions.get(leaf)]);
          expect(seen.map(({ name }) => name)).toEqual(
            changes.map(({ name }) => name).filter((name) => watched === "/" || name === watched || name.startsWith(`${watched}/`)),
          );
          if (next !== undefined) replica.replay(changes, tree.revision);
          expect(replica.contents().map(({ name, value }) => [name, value])).toEqual(
            tree.contents().map(({ name, value }) => [name, value]),
          );
          for (const part of tree.contents()) if (replica.leaf(part.name)) expect(replica.revisionOf(part.name)).toBe(part.revision);
        }
      }),
      { numRuns: 600 },
    );
    expect(applied).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  });
});
