import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/config/create-engine.ts";
import { defineConfig, type EngineConfig } from "../../src/config/define.ts";
import { prepare } from "../../src/config/plan.ts";
import { defineSystem } from "../../src/frame/system.ts";
import { client, from, param, stream } from "../../src/node/declare.ts";
import { defineNode } from "../../src/node/define.ts";
import { files, mistakes } from "./support.ts";

const adder = defineNode({ params: { by: param(1, { max: 9 }) }, services: { add: (x: number, { params }) => x + params.by } });
const user = defineNode({
  needs: { adder: client<typeof adder>("adder") },
  services: { use: (x: number, { needs }) => needs.adder.add(x) as Promise<number> },
});
const arm = defineConfig({ params: { speed: 1, pid: { p: 2 } }, nodes: { "/adder": { use: adder, params: { by: 5 } }, "/user": user } });

describe("a config mounted under a name", () => {
  it("is a root of its own", async () => {
    await using engine = await createEngine({ nodes: { "/left": { use: arm }, "/right": { use: arm }, "/adder": adder } });
    expect(engine.nodes.map(({ name }) => name).toSorted()).toEqual(["/adder", "/left/adder", "/left/user", "/right/adder", "/right/user"]);
    expect(await engine.call("/left/user/use", 1)).toBe(6);
    expect(await engine.call("/adder/add", 1)).toBe(2);
    expect(engine.params.get("/right/pid/p")).toBe(2);
  });

  it("leaves its root only by remap", async () => {
    const sender = defineNode({
      streams: { "/pose": stream<number>({ latched: true }) },
      update: ({ streams }) => streams["/pose"].emit(1),
    });
    const reader = defineNode({
      inputs: { pose: from<number>("/pose") },
      services: { latest: (_: void, { inputs }) => inputs.pose.latest },
    });
    const nodes = {
      "/sender": sender,
      "/in": { use: { nodes: { "/reader": reader } } },
      "/out": { use: { nodes: { "/reader": reader } }, remap: { "/pose": "/pose" } },
    };
    await using engine = await createEngine({ clock: "sim", nodes });
    await engine.step(2);
    const latest = (name: string) => engine.run({ until: engine.time }).then(() => engine.call(name));
    expect(await latest("/in/reader/latest")).toBeUndefined();
    expect(await latest("/out/reader/latest")).toBe(1);
  });

  it("takes params from the entry before its own, and from the outer tree before both", async () => {
    const config: EngineConfig = {
      params: { b: { speed: 30 } },
      nodes: { "/a": { use: arm, params: { speed: 10 } }, "/b": { use: arm, params: { speed: 20, pid: { p: 3 } } } },
    };
    const { plan } = await prepare(config);
    expect(plan.params).toEqual({ a: { speed: 10, pid: { p: 2 } }, b: { speed: 30, pid: { p: 3 } } });
  });

  it("keeps its rate and restart for its nodes, unless the entry says otherwise", async () => {
    const inner = defineConfig({
      rate: 20,
      restart: "never",
      clock: "sim",
      nodes: { "/n": () => {}, "/own": { use: () => {}, rate: 7, restart: "always" } },
    });
    const { plan } = await prepare({
      rate: 60,
      restart: "always",
      nodes: { "/n": () => {}, "/a": { use: inner }, "/b": { use: inner, rate: 10, restart: "on-failure" } },
    });
    expect(plan.clock).toBe("live");
    expect(plan.nodes.map(({ name, scope, rate, restart }) => [scope.absolute(name), rate, restart])).toEqual([
      ["/n", undefined, "always"],
      ["/a/n", 20, "never"],
      ["/a/own", 7, "always"],
      ["/b/n", 10, "on-failure"],
      ["/b/own", 7, "always"],
    ]);
  });

  it("brings its systems, below the mount", async () => {
    let runs = 0;
    const count = defineSystem({ name: "count", params: { step: 2 }, run: ({ params }) => void (runs += params.step) });
    await using engine = await createEngine({
      clock: "sim",
      nodes: { "/a": { use: { systems: [count] } }, "/b": { use: { systems: [count] } } },
    });
    await engine.step(1);
    expect(runs).toBe(4);
    expect(engine.params.get("/b/count/step")).toBe(2);
  });

  it("may be a file, a folder, or a function of the arguments", async () => {
    const folder = files({
      "arm.yaml": "params: { x: 1 }\n",
      "leg/pyros.config.json": '{ "params": { "x": 2 } }',
      "head.ts": `import { defineConfig } from ${
        JSON.stringify(new URL("../../src/mod.ts", import.meta.url).href)
      };\nexport default defineConfig((args) => ({ params: { x: args[0]! } }));\n`,
      "all.yaml": "nodes:\n  /arm: ./arm.yaml\n  /leg: ./leg\n  /head: { use: ./head.ts }\n  /inline: { use: { params: { x: 3 } } }\n",
    });
    const { plan } = await prepare(join(folder, "all.yaml"), { args: ["h"] });
    expect(plan.params).toEqual({ arm: { x: 1 }, leg: { x: 2 }, head: { x: "h" }, inline: { x: 3 } });
  });

  it("tells of mistakes inside with its own file, or with the path through the mount", async () => {
    const folder = files({ "arm.yaml": "rate: 0\n", "all.yaml": "nodes:\n  /arm: ./arm.yaml\n  /in:\n    use: { rate: -1 }\n" });
    expect(await mistakes(join(folder, "all.yaml"))).toEqual([
      "rate: must be a number above 0, in Hz, not 0",
      'nodes["/in"].use.rate: must be a number above 0, in Hz, not -1',
    ]);
  });
});

describe("mounts are refused", () => {
  it("when they are cyclic: a value", async () => {
    const a: EngineConfig = { nodes: {} };
    a.nodes!["/b"] = { use: { nodes: { "/a": { use: a } } } };
    expect(await mistakes(a)).toEqual([
      'nodes["/b"].use.nodes["/a"].use: mounts itself: this config -> nodes["/b"].use -> nodes["/b"].use.nodes["/a"].use',
    ]);
  });

  it("when they are cyclic: files", async () => {
    const folder = files({
      "a.yaml": "nodes:\n  /b: ./b.yaml\n",
      "b.yaml": "nodes:\n  /c: { use: ./c.json }\n",
      "c.json": '{ "nodes": { "/b": { "use": "./b.yaml" } } }',
    });
    const name = (file: string) => join(folder, file);
    expect(await mistakes(name("a.yaml"))).toEqual([
      `nodes["/b"].use: mounts itself: ${name("b.yaml")} -> ${name("c.json")} -> ${name("b.yaml")}`,
    ]);
  });

  it("when a function makes ever new ones", async () => {
    const make = (): EngineConfig => ({ nodes: { "/a": { use: defineConfig(() => make()) } } });
    const [message] = await mistakes(make());
    expect(message).toMatch(/mounts itself: this config -> .* -> …$/);
  });

  it("when two nodes come to have one name", async () => {
    const config = {
      nodes: { "/a/adder": adder, "/a": { use: arm }, "/b": { use: { nodes: { "/x": adder } }, remap: { "/x": "/a/adder" } } },
    };
    expect(await mistakes(config)).toEqual([
      'nodes["/a"].use.nodes["/adder"]: two nodes have the name /a/adder; the other one is nodes["/a/adder"]',
      'nodes["/b"].use.nodes["/x"]: two nodes have the name /a/adder; the other one is nodes["/a/adder"]',
    ]);
  });

  it("when a remap is not absolute", async () => {
    const [message] = await mistakes({ nodes: { "/a": { use: arm, remap: { pose: "/pose" } } } });
    expect(message).toMatch(
      /^nodes\["\/a"\]\.remap: remap of "pose" does not begin with \/: .*; in a mounted config, both sides begin with \/$/,
    );
  });

  it("when a param would be both a value and a subtree", async () => {
    expect(await mistakes({ params: { a: 5 }, nodes: { "/a": { use: arm } } })).toEqual([
      'nodes["/a"].use.params.speed: /a/speed is given a value, and something above it too; one of the two names must change',
      'nodes["/a"].use.params.pid.p: /a/pid/p is given a value, and something above it too; one of the two names must change',
    ]);
  });

  it("when a param in the tree of a mount breaks a rule", async () => {
    expect(await mistakes({ nodes: { "/a": { use: arm, params: { adder: { by: 10 } } } } })).toEqual([
      'nodes["/a"].params.adder.by: 10 is above the maximum of 9',
    ]);
  });
});
