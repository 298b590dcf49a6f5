import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { version } from "../../src/cli/version.ts";
import { files } from "../config/support.ts";
import { cli, pyros } from "./support.ts";

const node =
  `import { defineNode, param } from ${pyros};\nexport default defineNode({ params: { gain: param(1, { max: 10 }) }, setup: () => { console.log("started"); } });\n`;
const config = "nodes:\n  /a:\n    use: ./node.ts\n    params: { gain: 2 }\n";
const folder = files({
  "pyros.config.yaml": config,
  "node.ts": node,
  "bad.yaml": "nods: 1\nnodes:\n  /a: ./nod.ts\n",
  "sub/pyros.config.json": "{}",
});

describe("pyros", () => {
  it.each([[[]], [["help"]], [["run", "--help"]]])("prints its help for %j", async (args) => {
    const { code, out, err } = await cli(folder, ...args);
    expect([code, err]).toEqual([0, ""]);
    for (
      const word of ["pyros run [config]", "pyros validate [config]", "pyros expand [config]", "--frames N", "--set NAME=VALUE", "--watch"]
    ) expect(out).toContain(word);
  });

  it("makes a file of keys that only this user can read, and prints the public one", async () => {
    const { code, out, err } = await cli(folder, "keys", "my.keys");
    const file = join(folder, "my.keys");
    expect([code, err, statSync(file).mode & 0o777]).toEqual([0, "", 0o600]);
    const { public: key, secret } = JSON.parse(readFileSync(file, "utf8")) as { public: string; secret: string };
    expect([out, key.length, secret.length]).toEqual([`${key}\n`, 40, 40]);
    const again = await cli(folder, "keys", "my.keys");
    expect(again).toEqual({
      code: 1,
      out: "",
      err: "error: the file of keys my.keys cannot be made: it is there already; remove it, or take another name\n",
    });
  });

  it("prints its version, which is that of the package", async () => {
    expect(await cli(folder, "--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
    for (const file of ["package.json", "deno.json"]) {
      expect(JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).version).toBe(version);
    }
  });

  it.each([
    [["rum"], 'pyros has no command "rum"; did you mean run?'],
    [["run", "--frams", "3"], "pyros run has no option --frams; did you mean --frames?"],
    [["run", "--frames"], "--frames needs a value: --frames N"],
    [["run", "--frames", "1.5"], '--frames must be a whole number above 0, not "1.5"'],
    [["run", "--until", "soon"], '--until must be a number above 0, not "soon"'],
    [["run", "--watch=yes"], "--watch takes no value"],
    [["run", "--frames", "1", "--frames", "2"], "--frames is given twice"],
    [["run", "a.yaml", "b.yaml"], "pyros run takes one config, not 2: a.yaml, b.yaml"],
    [["run", "--placement", "moon"], 'there is no placement "moon"; did you mean loop?'],
    [["run", "--placement", "/guide=proces"], 'there is no placement "proces"; did you mean process?'],
    [["run", "--log-level", "warn"], 'there is no log level "warn"; did you mean warning?'],
    [["validate", "--set", "/a/gain"], "--set /a/gain sets nothing; write --set /a/gain=VALUE"],
    [["validate", "--set", "/a/gain=11"], "--set /a/gain: 11 is above the maximum of 10"],
    [["validate", "missing.yaml"], "there is no file missing.yaml (looked for missing.yaml)"],
  ])("refuses %j with exit code 2", async (args, message) => {
    expect(await cli(folder, ...args)).toEqual({ code: 2, out: "", err: `error: ${message}\n` });
  });

  it("says so where there is no config", async () => {
    const { code, err } = await cli(files({}), "validate");
    expect([code, err]).toEqual([
      2,
      "error: there is no config in this folder; a config is called pyros.config.ts, pyros.config.js, pyros.config.mjs, pyros.config.json, pyros.config.yaml, pyros.config.yml\n",
    ]);
  });
});

describe("pyros validate", () => {
  it("checks the config of the folder, and starts nothing", async () => {
    expect(await cli(folder, "validate")).toEqual({ code: 0, out: "pyros.config.yaml: ok, 1 node, 0 systems\n", err: "" });
  });

  it("checks the config in a folder that is named", async () => {
    expect(await cli(folder, "validate", "sub")).toEqual({ code: 0, out: "sub/pyros.config.json: ok, 0 nodes, 0 systems\n", err: "" });
  });

  it("tells every mistake with its place, with exit code 2", async () => {
    expect(await cli(folder, "validate", "bad.yaml")).toEqual({
      code: 2,
      out: "",
      err: 'error: bad.yaml:1:1: nods: there is no key "nods" here; did you mean "nodes"?\n' +
        'error: bad.yaml:3:7: nodes["/a"]: there is no file ./nod.ts (looked for nod.ts); did you mean "./node.ts"?\n2 mistakes\n',
    });
  });

  it("warns of what nobody publishes", async () => {
    const at = files({
      "pyros.config.yaml": "nodes:\n  /r: ./r.ts\n",
      "r.ts": `import { defineNode, from } from ${pyros};\nexport default defineNode({ inputs: { x: from("pose") } });\n`,
    });
    const { code, err } = await cli(at, "validate");
    expect([code, err]).toEqual([0, 'warning: pyros.config.yaml:2:7: nodes["/r"]: reads /pose, and nobody publishes it in this config\n']);
  });
});

describe("pyros expand", () => {
  it("prints YAML, and where each value came from", async () => {
    const { code, out } = await cli(folder, "expand", "--set", "/a/gain=3");
    expect(code).toBe(0);
    expect(parse(out).nodes["/a"]).toEqual({ use: "node.ts", params: { gain: 3 }, restart: "on-failure", placement: "loop" });
    expect(out).toMatch(/^ {6}gain: 3 +# --set$/m);
  });

  it("prints JSON", async () => {
    const { code, out } = await cli(folder, "expand", "--json");
    expect(code).toBe(0);
    const { config, from } = JSON.parse(out) as { config: Record<string, any>; from: Record<string, string> };
    expect(config.nodes["/a"].params).toEqual({ gain: 2 });
    expect(from['nodes["/a"].params.gain']).toBe("pyros.config.yaml:4:21");
  });
});
