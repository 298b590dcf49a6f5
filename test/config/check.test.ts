import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/config/create-engine.ts";
import { defineSystem } from "../../src/frame/system.ts";
import { param } from "../../src/node/declare.ts";
import { defineNode } from "../../src/node/define.ts";
import { mistakes } from "./support.ts";

const guide = defineNode({ params: { gain: param(1, { min: 0, max: 10 }), pid: { p: 1, i: 0 } } });
const nameRule = "a name is made of segments of letters, digits and _, joined by single /, such as /arm/guide";

describe("createEngine() refuses, before anything starts,", () => {
  const cases: [what: string, config: unknown, mistake: string][] = [
    ["what is no config", 7, "must be a config: an object such as { nodes: { … } }, not 7"],
    ["an unknown key, and names the nearest", { nods: {} }, 'nods: there is no key "nods" here; did you mean "nodes"?'],
    [
      "an unknown key that is near to none, and names all",
      { zzzzzz: 1 },
      'zzzzzz: there is no key "zzzzzz" here; there are $schema, name, join, listen, keys, allow, serverKey, rate, clock, seed, speed, development, placement, hosts, heartbeat, control, codec, link, params, paramsFile, systems, nodes, restart, log',
    ],
    ["a rate that is no number", { rate: "fast" }, 'rate: must be a number above 0, in Hz, not "fast"'],
    ["a heartbeat of 0", { heartbeat: 0 }, "heartbeat: must be a number above 0, in ms, or false, not 0"],
    [
      "a checkpoint that is no number",
      { nodes: { "/a": { use: () => {}, checkpoint: true } } },
      'nodes["/a"].checkpoint: must be a number above 0, in ms, not true',
    ],
    ["a rate of 0", { rate: 0 }, "rate: must be a number above 0, in Hz, not 0"],
    ["a rate without end", { rate: Infinity }, "rate: must be a number above 0, in Hz, not Infinity"],
    ["another clock", { clock: "sym" }, 'clock: must be one of "live", "sim", not "sym"; did you mean "sim"?'],
    ["a seed that is no text", { seed: {} }, "seed: must be a string or a number, not an object"],
    ["nodes as a list", { nodes: [] }, "nodes: must be an object of nodes, by name, not a list"],
    ["an empty name", { nodes: { "": guide } }, `nodes[""]: node "" is empty: ${nameRule}`],
    ["a name without /", { nodes: { guide } }, `nodes.guide: node "guide" does not begin with /: ${nameRule}; did you mean "/guide"?`],
    ["a name with a space", { nodes: { "/a b": guide } }, `nodes["/a b"]: node "/a b" has the segment "a b": ${nameRule}`],
    ["a name with //", { nodes: { "/a//b": guide } }, `nodes["/a//b"]: node "/a//b" has an empty segment: ${nameRule}`],
    ["a node that is none", { nodes: { "/a": 3 } }, 'nodes["/a"]: must be a node, the path of its module, or { use: "./node.ts" }, not 3'],
    [
      "an unknown option of a node",
      { nodes: { "/a": { use: guide, parms: {} } } },
      'nodes["/a"].parms: there is no key "parms" here; did you mean "params"?',
    ],
    [
      "an entry without use",
      { nodes: { "/a": { rate: 5 } } },
      'nodes["/a"]: "use" is missing: a node (what defineNode returns, or a function), a config, or the path of a file that holds one of these',
    ],
    [
      "the parts of a node",
      { nodes: { "/a": { update() {} } } },
      'nodes["/a"]: this looks like a node that defineNode has not made; write defineNode({ … })',
    ],
    [
      "the parts of a node in use",
      { nodes: { "/a": { use: { state() {} } } } },
      'nodes["/a"].use: this looks like a node that defineNode has not made; write defineNode({ … })',
    ],
    [
      "a node given as a value that is to run elsewhere",
      { nodes: { "/a": { use: guide, placement: "thread" } } },
      'nodes["/a"].placement: /a is given as a value, so it can run in the loop only; put it into a module of its own, and give its path',
    ],
    [
      "a node given as a value where the config wants all elsewhere",
      { placement: "process", nodes: { "/a": { use: guide } } },
      "placement: /a is given as a value, so it can run in the loop only; put it into a module of its own, and give its path",
    ],
    [
      "a host that lists a node that is not there",
      { hosts: { vision: { placement: "thread", nodes: ["/b"] } }, nodes: { "/a": { use: guide } } },
      'hosts.vision.nodes[0]: there is no node /b; did you mean "/a"?',
    ],
    [
      "a host in the loop",
      { hosts: { vision: { placement: "loop", nodes: [] } } },
      'hosts.vision.placement: must be one of "thread", "process", not "loop"',
    ],
    [
      "an unknown placement",
      { placement: "moon" },
      'placement: must be one of "loop", "thread", "process", not "moon"; did you mean "loop"?',
    ],
    [
      "an unknown restart",
      { restart: "alway" },
      'restart: must be one of "never", "on-failure", "always", not "alway"; did you mean "always"?',
    ],
    [
      "a key that a policy does not have",
      { restart: { limits: 2 } },
      'restart.limits: there is no key "limits" here; did you mean "limit"?',
    ],
    ["a negative delay", { restart: { delay: -1 } }, "restart.delay: must be a number from 0, in ms, not -1"],
    [
      "a param that the node does not declare",
      { nodes: { "/a": { use: guide, params: { gian: 2 } } } },
      'nodes["/a"].params.gian: the node declares no param "gian"; did you mean "gain"?',
    ],
    [
      "a param of a node without params",
      { nodes: { "/a": { use: () => {}, params: { x: 2 } } } },
      'nodes["/a"].params.x: the node declares no param "x"; it declares none',
    ],
    [
      "a param that breaks its rule",
      { nodes: { "/a": { use: guide, params: { gain: 11 } } } },
      'nodes["/a"].params.gain: 11 is above the maximum of 10',
    ],
    [
      "a param of another type",
      { nodes: { "/a": { use: guide, params: { gain: "2" } } } },
      'nodes["/a"].params.gain: a string is not allowed, the param is number, min 0, max 10',
    ],
    [
      "an unknown part of a declared subtree",
      { nodes: { "/a": { use: guide, params: { pid: { d: 1 } } } } },
      'nodes["/a"].params.pid.d: the node declares no param "d"; it declares p, i',
    ],
    [
      "a value in the place of a declared subtree",
      { nodes: { "/a": { use: guide, params: { pid: 1 } } } },
      'nodes["/a"].params.pid: must be an object with p, i, not 1',
    ],
    [
      "a param in the tree that breaks a declared rule",
      { params: { a: { gain: -1 } }, nodes: { "/a": guide } },
      "params.a.gain: -1 is below the minimum of 0",
    ],
    [
      "a param in the tree that the node's subtree does not have",
      { params: { a: { pid: { x: 1 } } }, nodes: { "/a": guide } },
      'params.a.pid.x: the node declares no param "x"; it declares p, i',
    ],
    ["params that are no tree", { params: [1] }, "params: must be a tree of params: an object, not a list"],
    [
      "params that are no data",
      { params: { f: () => {} } },
      "params: no param can hold this: $.f: a function cannot be sent; send data, and provide what it does as a service",
    ],
    [
      "a bad name of a param",
      { params: { "a/b": 1 } },
      'params["a/b"]: "a/b" is no name of a param: letters, digits and _; what is below another name is nested: { arm: { gain: 1 } }',
    ],
    [
      "a remap of a bad name",
      { nodes: { "/a": { use: guide, remap: { "a b": "/x" } } } },
      `nodes["/a"].remap["a b"]: name "a b" has the segment "a b": ${nameRule}`,
    ],
    [
      "a remap to a bad name",
      { nodes: { "/a": { use: guide, remap: { pose: "/x//y" } } } },
      `nodes["/a"].remap.pose: name "/x//y" has an empty segment: ${nameRule}`,
    ],
    ["a remap to no name", { nodes: { "/a": { use: guide, remap: { pose: 3 } } } }, 'nodes["/a"].remap.pose: must be a name, not 3'],
    [
      "an unknown log level",
      { log: { level: "warn" } },
      'log.level: must be one of "trace", "debug", "info", "warning", "error", "fatal", not "warn"; did you mean "warning"?',
    ],
    [
      "a log level of a bad name",
      { log: { nodes: { guide: "info" } } },
      `log.nodes.guide: node "guide" does not begin with /: ${nameRule}; did you mean "/guide"?`,
    ],
    [
      "a system that is none",
      { systems: [{ name: "x" }] },
      "systems[0]: must be a system (what defineSystem returns), or the path of its module, not an object",
    ],
    [
      "two systems of one name",
      { systems: [defineSystem({ name: "s" }), defineSystem({ name: "s" })] },
      "systems[1]: two systems or nodes have the name /s; the other one is systems[0]",
    ],
    [
      "a node with the name of a system",
      { systems: [defineSystem({ name: "s" })], nodes: { "/s": guide } },
      'nodes["/s"]: two nodes have the name /s; the other one is systems[0]',
    ],
    [
      "a file for params of another kind",
      { paramsFile: "params.txt" },
      'paramsFile: must be the path of a .yaml, .yml or .json file, not "params.txt"',
    ],
    [
      "a definition with a bad name",
      { nodes: { "/a": defineNode({ services: { "a b": () => 1 } }) } },
      `nodes["/a"]: the definition is wrong: service "a b" has the segment "a b": ${nameRule}`,
    ],
    ["a config's function that throws", () => {
      throw new RangeError("no");
    }, "the config's function threw RangeError: no"],
    ["a config's function that returns nothing", () => undefined, "must be a config: an object such as { nodes: { … } }, not undefined"],
  ];
  it.each(cases)("%s", async (_what, config, mistake) => {
    expect(await mistakes(config)).toContain(mistake);
  });

  it("all mistakes in one error", async () => {
    const found = await mistakes({ rate: 0, nods: 1, nodes: { "/a": { use: guide, params: { gain: -1, gian: 1 } }, b: 7 } });
    expect(found).toHaveLength(6);
  });
});

describe("createEngine()", () => {
  it("starts nodes given as definitions, functions and entries", async () => {
    let updates = 0;
    const nodes = { "/a": guide, "/b": () => void updates++, "/c": { use: guide, params: { gain: 3 } } };
    await using engine = await createEngine({ clock: "sim", nodes });
    await engine.step(3);
    expect(updates).toBe(3);
    expect(engine.nodes.map(({ name }) => name)).toEqual(["/a", "/b", "/c"]);
    expect(engine.params.get("/c/gain")).toBe(3);
  });

  it("calls a config's function with the arguments", async () => {
    await using engine = await createEngine(async (args) => ({ params: { first: args[0]! } }), { args: ["x"] });
    expect(engine.params.get("/first")).toBe("x");
  });

  it("takes keys that are undefined as left out", async () => {
    await using engine = await createEngine({ rate: undefined, nodes: { "/a": { use: guide, params: undefined, rate: undefined } } });
    expect(engine.frameStats.rate).toBe(60);
  });

  it("starts without any key", async () => {
    await using engine = await createEngine({});
    expect(engine.nodes).toEqual([]);
  });

  it("restarts by the entry, then the definition, then the config", async () => {
    const failing = (restart?: "always") =>
      defineNode({
        ...(restart === undefined ? {} : { restart }),
        update: () => {
          throw new Error("boom");
        },
      });
    const nodes = { "/own": failing("always"), "/config": failing(), "/entry": { use: failing("always"), restart: "never" as const } };
    await using engine = await createEngine({ clock: "sim", restart: "never", nodes });
    await engine.step(1);
    expect(Object.fromEntries(engine.nodes.map(({ name, status }) => [name, status]))).toEqual({
      "/own": "waiting",
      "/config": "failed",
      "/entry": "failed",
    });
  });
});
