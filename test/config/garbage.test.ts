import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/config/create-engine.ts";
import { prepare } from "../../src/config/plan.ts";
import { parseText } from "../../src/config/text-source.ts";
import { ConfigError } from "../../src/errors.ts";
import { defineNode } from "../../src/node/define.ts";

const node = defineNode({ params: { gain: 1 } });
const name = fc.oneof(fc.constantFrom("/a", "/b", "/a/b", "a", "", "//", "/a b", "__proto__", "constructor"), fc.string());
const junk = fc.oneof(fc.jsonValue(), fc.constantFrom(node, () => {}, undefined, NaN, -0, 1n, Symbol("s"), new Map(), new Date(0), [node]));
const keys = [
  "rate",
  "clock",
  "seed",
  "speed",
  "development",
  "placement",
  "params",
  "paramsFile",
  "systems",
  "nodes",
  "restart",
  "log",
  "$schema",
];

/** Like a config: known keys more often than not, and junk everywhere. */
const config = fc.letrec((tie) => ({
  entry: fc.oneof(
    junk,
    fc.record({
      use: fc.oneof(fc.constant(node), tie("config"), junk),
      params: fc.oneof(fc.dictionary(name, junk), junk),
      remap: fc.oneof(fc.dictionary(name, fc.oneof(name, junk)), junk),
    }, { requiredKeys: [] }),
  ),
  config: fc.oneof(
    { maxDepth: 3 },
    junk,
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), junk),
    fc.record({
      rate: fc.oneof(fc.double(), junk),
      params: fc.oneof(fc.dictionary(name, junk), junk),
      nodes: fc.oneof(fc.dictionary(name, tie("entry")), junk),
      restart: fc.oneof(fc.record({ mode: fc.constantFrom("never", "always"), limit: fc.integer() }, { requiredKeys: [] }), junk),
      log: fc.oneof(fc.dictionary(name, junk), junk),
    }, { requiredKeys: [] }),
  ),
})).config;

describe("whatever is given as a config", () => {
  it("ends in a ConfigError or in an engine that starts and closes", async () => {
    let started = 0;
    await fc.assert(
      fc.asyncProperty(config.filter((value) => typeof value !== "string"), async (value) => {
        const sim = typeof value === "object" && value !== null && !Array.isArray(value)
          ? { ...value, clock: "sim", paramsFile: undefined }
          : value;
        try {
          await (await createEngine(sim as never)).close();
          started++;
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 1000 },
    );
    expect(started).toBeGreaterThan(10);
  });

  it("ends in a ConfigError or a plan when values are set", async () => {
    await fc.assert(
      fc.asyncProperty(config.filter((value) => typeof value !== "string"), fc.dictionary(name, junk), async (value, set) => {
        await prepare(value as never, { set }).catch((error: unknown) => expect(error).toBeInstanceOf(ConfigError));
      }),
      { numRuns: 300 },
    );
  });

  it("ends in problems or a value when it is text", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: fc.constantFrom("a", ":", " ", "\n", "-", "[", "]", "{", "}", "&", "*", '"', "/", "#", "|", "?", "!") }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("json", "yaml"), (content, end) => {
        const { problems, source } = parseText(content, new URL(`file:///x.${end}`));
        for (const { where } of problems) expect(where).toMatch(/x\.(json|yaml):\d+:\d+$/);
        source.where(["a", 0, "b"], "key");
      }),
      { numRuns: 2000 },
    );
  });
});
