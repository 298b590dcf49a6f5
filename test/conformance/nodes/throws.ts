import { defineNode } from "pyros";

class Coded extends Error {
  override name = "Coded";
  code = "E_CODED";
  data = { at: [1, 2], when: new Date(0) };
}

const things: Record<string, () => unknown> = {
  error: () => new RangeError("out of range"),
  coded: () => new Coded("with data", { cause: new TypeError("the cause") }),
  string: () => "a string",
  null: () => null,
  undefined: () => undefined,
  number: () => 42,
  getter: () =>
    Object.defineProperties(new Error("x"), {
      message: {
        get: () => {
          throw new Error("hidden");
        },
      },
      stack: {
        get: () => {
          throw new Error("hidden");
        },
      },
    }),
  proxy: () =>
    new Proxy({}, {
      get: () => {
        throw new Error("trap");
      },
      ownKeys: () => {
        throw new Error("trap");
      },
    }),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  symbol: () => Symbol("s"),
  function: () => () => {},
  frozen: () => Object.freeze(new Error("frozen")),
};

/** Fails in every way a handler can. */
export default defineNode({
  services: {
    now(kind: string) {
      throw things[kind]!();
    },
    async later(kind: string) {
      await Promise.resolve();
      throw things[kind]!();
    },
    /** Returns what only looks like a promise. */
    thenable(kind: "getter" | "throws" | "twice" | "both" | "works") {
      switch (kind) {
        case "getter":
          return {
            get then(): never {
              throw new Error("then cannot be read");
            },
          } as never;
        case "throws":
          return {
            then() {
              throw new Error("then throws");
            },
          } as never;
        case "twice":
          return {
            then(yes: (n: number) => void) {
              yes(1);
              yes(2);
            },
          } as never;
        case "both":
          return {
            then(yes: (n: number) => void, no: (e: Error) => void) {
              yes(1);
              no(new Error("also"));
            },
          } as never;
        case "works":
          return {
            then(yes: (n: number) => void) {
              setTimeout(yes, 1, 7);
            },
          } as never;
      }
    },
    fine() {
      return "fine";
    },
  },
});
