import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/config/create-engine.ts";
import { files, mistakes, problemsOf } from "./support.ts";

const pyros = JSON.stringify(new URL("../../src/mod.ts", import.meta.url).href);
const node =
  `import { defineNode, param } from ${pyros};\nexport default defineNode({ params: { gain: param(1, { min: 0 }) }, services: { twice: (x: number) => 2 * x } });\n`;

/** Mistakes of a file, as `line:column path: message`. */
async function placed(folder: string, file: string): Promise<string[]> {
  return (await problemsOf(join(folder, file))).map(({ where, path, message }) =>
    `${where!.replace(`${join(folder, file)}:`, "")} ${path}: ${message}`
  );
}

describe("a config in YAML", () => {
  it("runs, with modules relative to it", async () => {
    const folder = files({
      "pyros.config.yaml": "rate: 20\nnodes:\n  /a:\n    use: ./nodes/a.ts\n    params: { gain: 3 }\n  /b: ./nodes/a.ts\n",
      "nodes/a.ts": node,
    });
    await using engine = await createEngine(join(folder, "pyros.config.yaml"));
    expect(engine.frameStats.rate).toBe(20);
    expect(engine.params.get("/a/gain")).toBe(3);
    expect(await engine.call("/b/twice", 4)).toBe(8);
  });

  it("names line and column of every mistake, in their order", async () => {
    const folder = files({
      "a.yaml": "rate: fast\nnods: {}\nnodes:\n  /a:\n    use: ./node.ts\n    params:\n      gian: 2\n      gain: -1\n",
      "node.ts": node,
    });
    expect(await placed(folder, "a.yaml")).toEqual([
      '1:7 rate: must be a number above 0, in Hz, not "fast"',
      '2:1 nods: there is no key "nods" here; did you mean "nodes"?',
      '7:7 nodes["/a"].params.gian: the node declares no param "gian"; did you mean "gain"?',
      '8:13 nodes["/a"].params.gain: -1 is below the minimum of 0',
    ]);
  });

  it("refuses two nodes of one name, and names both lines", async () => {
    const folder = files({ "a.yaml": "nodes:\n  /a: ./node.ts\n  /a: ./node.ts\nrate: 5\nrate: 6\n", "node.ts": node });
    const file = join(folder, "a.yaml");
    expect(await placed(folder, "a.yaml")).toEqual([
      `3:3 nodes["/a"]: two nodes have this name; the other one is at ${file}:2:3`,
      `5:1 rate: this key stands twice; the other one is at ${file}:4:1`,
    ]);
  });

  it("follows aliases to the line of what they stand for", async () => {
    const folder = files({
      "a.yaml": "nodes:\n  /a:\n    use: ./node.ts\n    params: &p\n      gain: -1\n  /b:\n    use: ./node.ts\n    params: *p\n",
      "node.ts": node,
    });
    expect(await placed(folder, "a.yaml")).toEqual([
      '5:13 nodes["/a"].params.gain: -1 is below the minimum of 0',
      '5:13 nodes["/b"].params.gain: -1 is below the minimum of 0',
    ]);
  });

  it.each([
    ["a: [1", "Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ["\ta: 1", "Tabs are not allowed as indentation"],
    ["a: *nowhere", "Unresolved alias (the anchor must be set before the alias): nowhere"],
  ])("tells where the syntax of %j is wrong", async (text, message) => {
    const folder = files({ "a.yaml": text });
    const [problem] = await problemsOf(join(folder, "a.yaml"));
    expect(problem!.message).toContain(message);
    expect(problem!.where).toMatch(/a\.yaml:\d+:\d+$/);
  });

  it("refuses aliases that would grow without bound", async () => {
    const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (let i = 0; i < 9; i++) lines.push(`${"bcdefghij"[i]}: &${"bcdefghij"[i]} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(", ")}]`);
    const folder = files({ "a.yaml": lines.join("\n") });
    expect(await mistakes(join(folder, "a.yaml"))).toEqual(["Excessive alias count indicates a resource exhaustion attack"]);
  });

  it("tells of an empty file", async () => {
    const folder = files({ "a.yaml": "" });
    expect(await mistakes(join(folder, "a.yaml"))).toEqual(["must be a config: an object such as { nodes: { … } }, not null"]);
  });
});

describe("a config in JSON", () => {
  it("runs", async () => {
    const folder = files({ "pyros.config.json": '{ "nodes": { "/a": "./a.ts" } }', "a.ts": node });
    await using engine = await createEngine(pathToFileURL(join(folder, "pyros.config.json")));
    expect(await engine.call("/a/twice", 4)).toBe(8);
  });

  it("names line and column of every mistake", async () => {
    const folder = files({ "a.json": '{\n  "rate": "fast",\n  "nodes": { "/a": "./a.ts",\n    "/a": "./a.ts" }\n}', "a.ts": node });
    const [rate, twice] = await placed(folder, "a.json");
    expect(rate).toBe('2:11 rate: must be a number above 0, in Hz, not "fast"');
    expect(twice).toContain('4:5 nodes["/a"]: two nodes have this name; the other one is at');
  });

  it("is strict", async () => {
    const folder = files({ "a.json": '{ "rate": 5, }' });
    const [problem] = await problemsOf(join(folder, "a.json"));
    expect(problem!.message).toMatch(/^this is no JSON: /);
    expect(problem!.where).toMatch(/a\.json:1:1\d$/);
  });
});

describe("a config in TypeScript", () => {
  it("may be an object, or a function of the arguments, and a folder stands for it", async () => {
    const folder = files({
      "one/pyros.config.ts": `export default { params: { x: 1 as number } };\n`,
      "two/pyros.config.ts": `export default async (args: readonly string[]) => ({ params: { x: args.length } });\n`,
    });
    await using one = await createEngine(join(folder, "one"));
    expect(one.params.get("/x")).toBe(1);
    await using two = await createEngine("two", { base: folder, args: ["a", "b"] });
    expect(two.params.get("/x")).toBe(2);
  });

  it("is named in the mistakes", async () => {
    const folder = files({ "a.ts": "export default { rate: 0 };\n" });
    expect(await problemsOf(join(folder, "a.ts"))).toEqual([{
      path: "rate",
      message: "must be a number above 0, in Hz, not 0",
      where: join(folder, "a.ts"),
    }]);
  });
});

describe("a module that a config names is refused", () => {
  const use = (path: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> =>
    mistakes({ nodes: { "/a": { use: path } } }, { base: files({ "node.ts": node, "other.txt": "", ...more }) });

  it("when it is missing, with the nearest name", async () => {
    const [message] = await use("./nod.ts");
    expect(message).toMatch(/^nodes\["\/a"\]\.use: there is no file \.\/nod\.ts \(looked for .*nod\.ts\); did you mean "\.\/node\.ts"\?$/);
    expect((await use("./node"))[0]).toMatch(/did you mean "\.\/node\.ts"\?$/);
    expect((await use("./node.js"))[0]).toMatch(/did you mean "\.\/node\.ts"\?$/);
    expect((await use("./far/away.ts"))[0]).toMatch(/there is no file \.\/far\/away\.ts \(looked for .*\)$/);
  });

  it("when it exports nothing by default", async () => {
    expect(await use("./a.ts", { "a.ts": "export const guide = 1;\n" })).toEqual([
      'nodes["/a"].use: ./a.ts exports nothing by default (only guide); write: export default defineNode({ … })',
    ]);
  });

  it("when it exports something else by default", async () => {
    expect(await use("./a.ts", { "a.ts": "export default 7;\n" })).toEqual([
      'nodes["/a"].use: ./a.ts exports no node and no config by default; it must be what defineNode returns, a function, or a config, not 7',
    ]);
  });

  it("when it exports the parts of a node", async () => {
    expect(await use("./a.ts", { "a.ts": "export default { update() {} };\n" })).toEqual([
      'nodes["/a"].use: ./a.ts looks like a node that defineNode has not made; write defineNode({ … })',
    ]);
  });

  it("when it throws while it loads", async () => {
    const [message] = await use("./a.ts", { "a.ts": '\nthrow new RangeError("no model");\n' });
    expect(message).toMatch(/^nodes\["\/a"\]\.use: \.\/a\.ts does not load: RangeError: no model( \(.*a\.ts:2:\d+\))?$/);
    expect(await use("./b.ts", { "b.ts": "throw null;\n" })).toEqual(['nodes["/a"].use: ./b.ts does not load: it throws null']);
  });

  it("when what it imports is missing", async () => {
    const [message] = await use("./a.ts", { "a.ts": 'import "./missing.ts";\nexport default () => {};\n' });
    expect(message).toMatch(/^nodes\["\/a"\]\.use: \.\/a\.ts does not load: .*missing\.ts/);
  });

  it("when its syntax is wrong", async () => {
    const [message] = await use("./a.ts", { "a.ts": "export default ;\n" });
    expect(message).toMatch(/^nodes\["\/a"\]\.use: \.\/a\.ts does not load: /);
    expect(message).not.toContain("\n");
  });

  it("when its kind is unknown, or it is a folder without a config", async () => {
    expect(await use("./other.txt")).toEqual([
      'nodes["/a"].use: ./other.txt is no file that can be loaded; its name must end in .ts, .mts, .js, .mjs, .yaml, .yml, .json',
    ]);
    expect((await use("./sub", { "sub/x.ts": "" }))[0]).toMatch(
      /^nodes\["\/a"\]\.use: the folder \.\/sub holds no config; a config is called pyros\.config\.ts, /,
    );
  });

  it("when it is to be a system and is none", async () => {
    const base = files({ "s.ts": "export default { name: 's' };\n" });
    expect(await mistakes({ systems: ["./s.ts"] }, { base })).toEqual([
      "systems[0]: ./s.ts exports no system by default; it must be what defineSystem returns, not an object",
    ]);
  });
});

describe("schema/pyros.config.schema.json", () => {
  it("is up to date (tsx scripts/config-schema.ts writes it)", async () => {
    const { configSchema } = await import("../../src/config/fields.ts");
    expect(JSON.parse(readFileSync(new URL("../../schema/pyros.config.schema.json", import.meta.url), "utf8"))).toEqual(configSchema());
  });
});
