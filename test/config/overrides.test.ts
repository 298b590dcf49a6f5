import { describe, expect, it } from "vitest";
import { defineSystem } from "../../src/frame/system.ts";
import { createEngine } from "../../src/config/create-engine.ts";
import { parseSet } from "../../src/config/overrides.ts";
import { param } from "../../src/node/declare.ts";
import { defineNode } from "../../src/node/define.ts";
import { files, mistakes } from "./support.ts";

const guide = defineNode({ params: { gain: param(1, { min: 0, max: 10 }), pid: { p: 1, i: 0 }, "/limit": 5, label: "x" } });
const config = {
  params: { speed: 1, b: { gain: 9 }, deep: { x: 1, y: 2 } },
  nodes: { "/a": { use: guide, params: { gain: 2, pid: { i: 3 } } }, "/b": guide },
};

describe("parseSet()", () => {
  it.each([
    ["/a/gain=3", ["/a/gain", 3]],
    ["/a=text of =", ["/a", "text of ="]],
    ['/a={"x":[1,null]}', ["/a", { x: [1, null] }]],
    ['/a="3"', ["/a", "3"]],
    ["/a=", ["/a", ""]],
    ["/a", undefined],
  ])("reads %s", (text, expected) => {
    expect(parseSet(text)).toEqual(expected);
  });
});

describe("values that are set", () => {
  it("replace those of nodes, of their subtrees, of the tree and of mounts, and defaults", async () => {
    const set = { "/a/gain": 3, "/a/pid/p": 7, "/b/gain": 4, "/limit": 8, "/speed": 2, "/deep": { z: 1 }, "/m/a/gain": 5 };
    await using engine = await createEngine({
      ...config,
      nodes: { ...config.nodes, "/m": { use: { nodes: { "/a": defineNode({ params: { gain: 0 } }) } } } },
    }, { set });
    expect(engine.params.get("/")).toEqual({
      a: { gain: 3, pid: { p: 7, i: 3 }, label: "x" },
      b: { gain: 4, pid: { p: 1, i: 0 }, label: "x" },
      deep: { z: 1 },
      limit: 8,
      m: { a: { gain: 5 } },
      speed: 2,
    });
  });

  it("replace what the file of params holds, which beats the config", async () => {
    const base = files({});
    const kept = { ...config, paramsFile: "params.yaml" };
    const first = await createEngine(kept, { base });
    await first.params.set({ "/a/gain": 8, "/a/label": "file", "/speed": 8 });
    await first.close();
    await using engine = await createEngine(kept, { base, set: { "/a/gain": 3 } });
    expect(engine.params.get("/a")).toEqual({ gain: 3, pid: { p: 1, i: 3 }, label: "file" });
    expect(engine.params.get("/speed")).toBe(8);
  });

  it("replace those of systems", async () => {
    await using engine = await createEngine({ systems: [defineSystem({ name: "s", params: { n: 1 } })] }, { set: { "/s/n": 2 } });
    expect(engine.params.get("/s/n")).toBe(2);
  });

  it("are refused where nothing has that name, or a rule is broken", async () => {
    const set = { "/a/gian": 1, "/a/gain": 11, "/b/label": 3, speed: 1, "/nothing": 1, "/a/pid/d": 1 };
    expect(await mistakes(config, { set })).toEqual([
      '--set /a/gian: there is no param /a/gian; did you mean "/a/gain"?',
      "--set /a/gain: 11 is above the maximum of 10",
      "--set /b/label: a number is not allowed, the param is string",
      '--set speed: param "speed" does not begin with /: a name is made of segments of letters, digits and _, joined by single /, such as /arm/guide',
      "--set /nothing: there is no param /nothing",
      '--set /a/pid/d: d: the node declares no param "d"; it declares p, i',
    ]);
  });

  it("are refused where a system's rule is broken", async () => {
    expect(await mistakes({ systems: [defineSystem({ name: "s", params: { n: param(1, { max: 2 }) } })] }, { set: { "/s/n": 3 } })).toEqual(
      ["--set /s/n: 3 is above the maximum of 2"],
    );
  });
});
