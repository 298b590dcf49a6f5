import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as pyros from "pyros";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

type ErrorClass = new (...args: any[]) => pyros.PyrosError;

function isErrorClass(value: unknown): value is ErrorClass {
  return value === pyros.PyrosError || (typeof value === "function" && value.prototype instanceof pyros.PyrosError);
}

/** An error's code does not depend on what its constructor is given. */
function codeOf(cls: ErrorClass): string {
  const args: Record<string, unknown[]> = { ConfigError: [[]], ServiceError: ["/s", "/n", { name: "Error", message: "" }] };
  return new cls(...(args[cls.name] ?? [""])).code;
}

const classes = new Map(Object.values(pyros).filter(isErrorClass).map((cls) => [cls.name, codeOf(cls)]));

describe("docs/errors.md", () => {
  it("has a row and a section for every error class that pyros exports, and no other", () => {
    const rows = [...page.matchAll(/^\| \[`(\w+)`\]\(#(\w+)\) \| `(\w+)` \|/gm)].map(([, code, , name]) => [name, code]);
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, code]) => code);
    expect(new Map(rows as [string, string][])).toEqual(classes);
    expect(rows.length).toBe(classes.size);
    expect([...sections].sort()).toEqual([...classes.values()].sort());
  });

  it("links each row to its section", () => {
    for (const [, code, anchor] of page.matchAll(/^\| \[`(\w+)`\]\(#(\w+)\)/gm)) expect(anchor).toBe(code!.toLowerCase());
  });

  it("names no code that does not exist", () => {
    const known = new Set(classes.values());
    expect([...page.matchAll(/PYROS_[A-Z_]+/g)].map(([code]) => code).filter((code) => !known.has(code))).toEqual([]);
  });

  it("covers every error class of the sources: each is exported, and no two share a code", () => {
    const root = new URL("../../src/", import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const sources = files.map((file) => readFileSync(new URL(file.replaceAll("\\", "/"), root), "utf8")).join("\n");
    const names = [...sources.matchAll(/class (\w+) extends PyrosError\b/g)].map(([, name]) => name);
    expect([...names, "PyrosError"].sort()).toEqual([...classes.keys()].sort());
    expect(new Set(classes.values()).size).toBe(classes.size);
  });
});
