import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { expand, expandedText } from "../../src/config/expand.ts";
import { prepare } from "../../src/config/plan.ts";
import { dangling } from "../../src/config/wiring.ts";
import { defineSystem } from "../../src/frame/system.ts";
import { client, from, param, stream } from "../../src/node/declare.ts";
import { defineNode } from "../../src/node/define.ts";
import { files } from "./support.ts";

const pyros = JSON.stringify(new URL("../../src/mod.ts", import.meta.url).href);
const node = `import { defineNode, param } from ${pyros};\nexport default defineNode({ rate: 5, params: { gain: param(1), bias: 0 } });\n`;

describe("expand()", () => {
  it("dissolves mounts, fills in defaults, and says where each value came from", async () => {
    const folder = files({
      "pyros.config.yaml":
        "rate: 20\nparams: { speed: 3 }\nnodes:\n  /a:\n    use: ./node.ts\n    params: { gain: 2 }\n    restart: never\n  /m: { use: ./m.yaml, rate: 7 }\n",
      "m.yaml": "nodes:\n  /b: ./plain.ts\n",
      "node.ts": node,
      "plain.ts": "export default () => {};\n",
    });
    const at = (place: string) => `${join(folder, "pyros.config.yaml")}:${place}`;
    const { config, from } = expand(await prepare(folder, { set: { "/a/bias": 4 } }));
    expect(config).toEqual({
      rate: 20,
      clock: "live",
      development: true,
      placement: "loop",
      codec: "cbor",
      link: "zmtp",
      params: { speed: 3 },
      systems: [],
      nodes: {
        "/a": { use: join(folder, "node.ts"), params: { gain: 2, bias: 4 }, rate: 5, restart: "never", placement: "loop" },
        "/m/b": { use: join(folder, "plain.ts"), rate: 7, restart: "on-failure", placement: "loop" },
      },
    });
    expect(from).toMatchObject({
      rate: at("1:7"),
      clock: "default",
      "params.speed": at("2:18"),
      'nodes["/a"].use': at("5:10"),
      'nodes["/a"].params.gain': at("6:21"),
      'nodes["/a"].params.bias': "--set",
      'nodes["/a"].rate': "definition",
      'nodes["/a"].restart': at("7:14"),
      'nodes["/a"].placement': "default",
      'nodes["/m/b"].rate': at("8:30"),
      'nodes["/m/b"].restart': "default",
    });
  });

  it("prints YAML with a comment for each value", async () => {
    const config = {
      clock: "sim" as const,
      seed: 3,
      nodes: { "/a": { use: defineNode({ params: { gain: param(1), pid: { p: 1 } } }), remap: { x: "/y" } } },
      systems: [defineSystem({ name: "s" })],
    };
    const expanded = expand(await prepare(config));
    const text = expandedText(expanded);
    expect(parse(text)).toEqual(expanded.config);
    expect(text).toMatch(/^ {6}gain: 1 +# definition$/m);
    expect(text).toMatch(/^rate: 60 +# default$/m);
    expect(text).toMatch(/^seed: 3 +# config$/m);
    for (const line of text.split("\n")) expect(line).toMatch(/# |:$/);
  });
});

describe("dangling()", () => {
  it("names what is read or called and does not exist, with the nearest that does", async () => {
    const sender = defineNode({ streams: { pose: stream<number>() } });
    const reader = defineNode({
      inputs: { a: from("sender/pose"), b: from("sender/pos") },
      needs: { s: client("sender"), t: client("sendr") },
    });
    const watcher = defineSystem({ name: "watcher", inputs: { c: from("/m/sender/pose"), d: from("~own") } });
    const { graph } = await prepare({ systems: [watcher], nodes: { "/m": { use: { nodes: { "/sender": sender, "/reader": reader } } } } });
    expect(dangling(graph).map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'nodes["/m"].use.nodes["/reader"]: reads /m/sender/pos, and nobody publishes it in this config; did you mean /m/sender/pose?',
      'nodes["/m"].use.nodes["/reader"]: calls /m/sendr, and there is no such node in this config; did you mean /m/sender?',
      "systems[0]: reads /watcher/own, and nobody publishes it in this config",
    ]);
  });
});
