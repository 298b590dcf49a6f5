import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../src/value/copy.ts";
import { describeError } from "../../src/value/error.ts";
import { lastBytes } from "../../src/value/size.ts";
import { difference, sendable } from "./support.ts";

const throwing = {
  get: () => {
    throw new Error("getter");
  },
};

describe("describeError()", () => {
  it("tells name, message, code, data, stack and cause", () => {
    class PlanError extends Error {
      override name = "PlanError";
      code = "E_PLAN";
      data = { at: [1, 2] };
    }
    const error = new PlanError("no way", { cause: Object.assign(new RangeError("wall"), { code: 7 }) });
    const info = describeError(error);
    expect(info).toEqual({
      name: "PlanError",
      message: "no way",
      code: "E_PLAN",
      data: { at: [1, 2] },
      stack: error.stack,
      cause: { name: "RangeError", message: "wall", code: 7, stack: (error.cause as Error).stack },
    });
    expect(info.data).not.toBe(error.data);
  });

  it("tells what is no error", () => {
    expect(describeError("boom")).toEqual({ name: "Error", message: "boom" });
    expect(describeError("\ud800")).toEqual({ name: "Error", message: "\ufffd" });
    expect(describeError(null)).toEqual({ name: "Error", message: "null" });
    expect(describeError(undefined)).toEqual({ name: "Error", message: "undefined" });
    expect(describeError(12n)).toEqual({ name: "Error", message: "12" });
    expect(describeError(Symbol("s"))).toEqual({ name: "Error", message: "Symbol(s)" });
    expect(describeError({ reason: 3, code: "E" })).toEqual({
      name: "Error",
      message: 'a thrown value that is no error: {"reason":3,"code":"E"}',
      code: "E",
      data: { reason: 3, code: "E" },
    });
    expect(describeError({ name: "Odd", message: "like an error" })).toEqual({ name: "Odd", message: "like an error" });
    expect(describeError(() => 1).name).toBe("Error");
  });

  it("leaves out what cannot be read or sent", () => {
    const error = Object.defineProperties(new Error("m"), { stack: throwing, code: throwing, name: throwing, cause: throwing });
    expect(describeError(Object.assign(error, { data: { f() {} } }))).toEqual({ name: "Error", message: "m" });
    expect(describeError(Object.assign(new Error("m"), { code: {}, stack: 3 }))).toEqual({ name: "Error", message: "m" });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describeError(proxy).name).toBe("Error");
    expect(describeError(new Proxy(new Error("m"), throwing)).name).toBe("Error");
    expect(
      describeError({
        toJSON: () => {
          throw new Error("no");
        },
      }).message,
    ).toMatch(/cannot be shown/);
    expect(
      describeError({
        toString: () => {
          throw new Error("no");
        },
      }).name,
    ).toBe("Error");
    expect(
      describeError(
        new (class {
          get message(): string {
            throw new Error("no");
          }
        })(),
      ).name,
    ).toBe("Error");
  });

  it("ends where causes go round or too deep", () => {
    const a: Error = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    const info = describeError(a);
    expect([info.message, info.cause?.message, info.cause?.cause]).toEqual(["a", "b", undefined]);
    let chain = new Error("0");
    for (let i = 1; i < 100_000; i++) chain = new Error(String(i), { cause: chain });
    let depth = 0;
    for (let at = describeError(chain).cause; at !== undefined; at = at.cause) depth++;
    expect(depth).toBe(8);
  });

  it("tells anything in a form that can be sent, and throws never", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything({
            withNullPrototype: true,
            withSparseArray: true,
            withBigInt: true,
            withDate: true,
            withMap: true,
            withSet: true,
            withObjectString: true,
          }),
          sendable,
        ),
        (thrown) => {
          snapshot([1, 2, 3]);
          const info = describeError(thrown);
          expect(lastBytes()).toBe(40);
          expect(difference(snapshot(info), info)).toBeUndefined();
        },
      ),
    );
  });
});
