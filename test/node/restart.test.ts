import { expect, test } from "vitest";
import { defineNode, isNodeDefinition, toNodeDefinition } from "../../src/node/define.ts";
import { DeclarationError } from "../../src/errors.ts";
import { backoff, toPolicy } from "../../src/node/restart.ts";

test("toPolicy() fills in the defaults", () => {
  const byDefault = { mode: "on-failure", delay: 100, maxDelay: 10_000, limit: 5, window: 60_000 };
  expect(toPolicy(undefined, "/a")).toEqual(byDefault);
  expect(toPolicy("never", "/a")).toEqual({ ...byDefault, mode: "never" });
  expect(toPolicy({ limit: 0 }, "/a")).toEqual({ ...byDefault, limit: 0 });
});

test.each([["sometimes"], [{ mode: "no" }], [{ delay: -1 }], [{ limit: NaN }], [{ window: "x" }]])("toPolicy() refuses %j", (policy) => {
  expect(() => toPolicy(policy as never, "/a")).toThrow(DeclarationError);
});

test("backoff() doubles up to maxDelay", () => {
  const policy = toPolicy({ delay: 10, maxDelay: 100 }, "/a");
  expect([0, 1, 2, 3, 4, 2000].map((recent) => backoff(policy, recent))).toEqual([10, 20, 40, 80, 100, 100]);
});

test("toNodeDefinition() takes definitions and functions, and nothing else", () => {
  const node = defineNode({ services: {} });
  expect(toNodeDefinition(node)).toBe(node);
  const update = () => {};
  expect(toNodeDefinition(update)).toMatchObject({ update });
  for (const other of [undefined, null, {}, "x", { services: {} }]) {
    expect([toNodeDefinition(other), isNodeDefinition(other)]).toEqual([undefined, false]);
  }
});
