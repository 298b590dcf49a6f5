import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Engine } from "pyros";
import {
  bridge,
  graphKinds,
  hasRos,
  healthOf,
  scratch,
  started,
  startGraph,
  startMaster,
  startTool,
  type TestGraph,
  unless,
  until,
} from "./support.ts";

interface Lists {
  readonly imports?: unknown[];
  readonly exports?: unknown[];
  readonly params?: Record<string, unknown>;
}

function bridged(master: TestGraph, name: string, { imports = [], exports = [], params = {} }: Lists): Promise<Engine> {
  return started({ params, nodes: { "/ros": bridge(master.address, name, { import: { params: imports }, export: { params: exports } }) } });
}

/** What the master has; undefined for nothing. */
async function there(master: TestGraph, name: string): Promise<unknown> {
  const [status, , value] = (await master.call("getParam", name)) as [number, string, unknown];
  return status === 1 ? value : undefined;
}

const here = (engine: Engine, name: string): unknown => engine.params.get(name);
const isThere = (master: TestGraph, name: string, value: unknown): Promise<void> =>
  until(`${name} is ${JSON.stringify(value)} there`, async () => isDeepStrictEqual(await there(master, name), value));
const isHere = (engine: Engine, name: string, value: unknown): Promise<void> =>
  until(`${name} is ${JSON.stringify(value)} here`, () => isDeepStrictEqual(here(engine, name), value));

describe.each(graphKinds)("params, by %s", (kind) => {
  it("come from there, with all changes", async () => {
    const master = await startGraph(kind);
    await master.call("setParam", "/arm", { gain: 2, name: "left", list: [1, 2.5, "x", true], deep: { a: { b: -1 } } });
    await master.call("setParam", "/other", 1);
    const engine = await bridged(master, "/in", { imports: ["/arm/**", "!/arm/secret", "/single", { match: "/far", as: "/near" }] });
    await isHere(engine, "/arm", { gain: 2, name: "left", list: [1, 2.5, "x", true], deep: { a: { b: -1 } } });
    expect(here(engine, "/other")).toBeUndefined();
    await master.call("setParam", "/arm/gain", 3.5);
    await isHere(engine, "/arm/gain", 3.5);
    await master.call("setParam", "/single", "here");
    await master.call("setParam", "/far", [7]);
    await master.call("setParam", "/arm/secret", "x");
    await isHere(engine, "/single", "here");
    await isHere(engine, "/near", [7]);
    await master.call("deleteParam", "/arm/deep");
    await until("it has gone", () => here(engine, "/arm/deep/a/b") === undefined);
    await master.call("setParam", "/arm", { gain: 4, fresh: "y" });
    await until("the whole was replaced", () => here(engine, "/arm/gain") === 4 && here(engine, "/arm/name") === undefined);
    expect(here(engine, "/arm/fresh")).toBe("y");
    expect(here(engine, "/arm/secret")).toBeUndefined();
    expect((await healthOf(engine)).params.imported.map(({ param }) => param).toSorted()).toEqual([
      "/arm/fresh",
      "/arm/gain",
      "/near",
      "/single",
    ]);
  });

  it("go there, with all changes", async () => {
    const master = await startGraph(kind);
    const params = { arm: { gain: 2, name: "ä<&>", on: true, list: [1, [2.5]] }, other: 1 };
    const engine = await bridged(master, "/out", { exports: ["/arm/**", { match: "/other", as: "/elsewhere" }], params });
    await isThere(master, "/elsewhere", 1);
    await until("all is there", async () => Object.keys((await there(master, "/arm") ?? {}) as object).length === 4);
    expect(await there(master, "/arm")).toEqual(params.arm);
    await engine.params.set("/arm/gain", 3.5);
    await isThere(master, "/arm/gain", 3.5);
    await engine.params.set("/arm/fresh/deep", "y");
    await isThere(master, "/arm/fresh", { deep: "y" });
    await engine.params.delete("/arm/fresh/deep");
    await until("it has gone", async () => await there(master, "/arm/fresh/deep") === undefined);
    for (let i = 0; i < 200; i++) await engine.params.set("/arm/gain", i);
    await isThere(master, "/arm/gain", 199);
    expect(await there(master, "/ros")).toBeUndefined();
    await engine.close();
    expect(await there(master, "/arm/gain")).toBe(199);
    expect(await there(master, "/out")).toEqual(kind === "rosmaster" ? {} : {});
  });

  it("that would break the master or its tools are refused, with the reason", async () => {
    const master = await startGraph(kind);
    const engine = await bridged(master, "/out", { exports: ["/p/**"] });
    await engine.params.set({
      "/p/large": 2 ** 40,
      "/p/negative": -(2 ** 31) - 1,
      "/p/big": 2n ** 40n,
      "/p/toobig": 2n ** 60n,
      "/p/bytes": new Uint8Array([1, 2]),
      "/p/date": new Date(0),
      "/p/floats": new Float64Array([1, 2.5]),
      "/p/control": "a\u0001b",
      "/p/map": new Map([[1, 2]]),
      "/p/good": 1,
    });
    await isThere(master, "/p/good", 1);
    await isThere(master, "/p/floats", [1, 2.5]);
    await isThere(master, "/p/large", 2 ** 40);
    await isThere(master, "/p/big", 2 ** 40);
    await isThere(master, "/p/negative", -(2 ** 31) - 1);
    const problems = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await healthOf(engine)).params.exported.filter(({ problem }) => problem !== "").map((one) => [one.param, one.problem]),
      );
    await until("all are refused", async () => Object.keys(await problems()).length === 5);
    expect(await problems()).toEqual({
      "/p/toobig": expect.stringContaining("exact up to 2^53"),
      "/p/bytes": expect.stringContaining("break rosparam get"),
      "/p/date": expect.stringContaining("break rosparam get"),
      "/p/control": expect.stringContaining("U+0001"),
      "/p/map": expect.stringContaining("cannot be a Map"),
    });
    expect(Object.keys(await there(master, "/p") as object).toSorted()).toEqual(["big", "floats", "good", "large", "negative"]);
    await engine.params.set("/p/bytes", [1, 2]);
    await isThere(master, "/p/bytes", [1, 2]);
    await until("its problem is gone", async () => !("/p/bytes" in (await problems())));
  });

  it("are in step both ways, and the newest value wins, whoever sets it", async () => {
    const master = await startGraph(kind);
    await master.call("setParam", "/x/a", 1);
    const both = { imports: ["/x/**"], exports: ["/x/**"] };
    const engine = await bridged(master, "/both", { ...both, params: { x: { a: 5, b: 6 } } });
    await isHere(engine, "/x/a", 1); // what is there already counts
    await isThere(master, "/x/b", 6);
    await engine.params.set("/x/a", 2);
    await isThere(master, "/x/a", 2);
    await master.call("setParam", "/x/a", 3);
    await isHere(engine, "/x/a", 3);
    await master.call("deleteParam", "/x/b");
    await until("it has gone", () => here(engine, "/x/b") === undefined);
    for (let i = 0; i < 50; i++) await Promise.all([engine.params.set("/x/a", `here ${i}`), master.call("setParam", "/x/a", `there ${i}`)]);
    await until("both have the same", async () => await there(master, "/x/a") === here(engine, "/x/a"));
    const value = here(engine, "/x/a");
    await engine.params.set("/x/end", 1);
    await isThere(master, "/x/end", 1);
    await master.call("setParam", "/x/end", 2);
    await isHere(engine, "/x/end", 2);
    expect([here(engine, "/x/a"), await there(master, "/x/a")]).toEqual([value, value]); // and nothing goes round
  });

  it("do not come back, also with two bridges", async () => {
    const master = await startGraph(kind);
    const both = { import: { params: ["/x/**"] }, export: { params: ["/x/**"] } };
    const engine = await started({
      nodes: { "/ros": bridge(master.address, "/one", both), "/ros2": { ...bridge(master.address, "/two", both), placement: "thread" } },
    });
    const revisions: number[] = [];
    engine.params.watch("/x", (_value, { revision }) => void revisions.push(revision));
    for (let i = 0; i < 20; i++) await master.call("setParam", "/x/a", i);
    await isHere(engine, "/x/a", 19);
    await master.call("setParam", "/x/end", true);
    await isHere(engine, "/x/end", true);
    expect(here(engine, "/x/a")).toBe(19);
    expect(await there(master, "/x/a")).toBe(19);
    expect(revisions.length).toBeLessThan(60);
  });

  it("are set again at a master that has forgotten them, and what came from it stays", async () => {
    const master = await startGraph(kind);
    await master.call("setParam", "/in/a", 1);
    const engine = await bridged(master, "/out", { imports: ["/in/**"], exports: ["/out/**"], params: { out: { a: 7 } } });
    await isHere(engine, "/in/a", 1);
    await isThere(master, "/out/a", 7);
    await master.kill();
    await engine.params.set("/out/b", 8);
    await until("it is away", async () => (await healthOf(engine)).graph === "away");
    await master.start();
    await isThere(master, "/out/a", 7);
    await isThere(master, "/out/b", 8);
    expect(here(engine, "/in/a")).toBe(1);
    await master.call("setParam", "/in/a", 2);
    await isHere(engine, "/in/a", 2);
    await master.kill();
    await master.start(); // at once: nobody has seen it go
    await isThere(master, "/out/a", 7);
    await until("changes come again", async () => {
      await master.call("setParam", "/in/a", 3);
      return here(engine, "/in/a") === 3;
    });
  });

  it("change with what is exposed, and what does not fit here is told", async () => {
    const master = await startGraph(kind);
    await master.call("setParam", "/x", { a: 1, "b-c": 2 });
    const engine = await bridged(master, "/in", {});
    await engine.call("/ros/expose", { import: { params: ["/**"] } });
    await isHere(engine, "/x/a", 1);
    const problem = async (): Promise<string> =>
      (await healthOf(engine)).params.imported.find(({ param }) => param === "/x/b-c")?.problem ?? "";
    await until("it is told", async () => (await problem()).includes('the segment "b-c"'));
    await master.call("setParam", "/ros/interval", 77); // a bridge is not configured from there
    await master.call("setParam", "/x/a", 2);
    await isHere(engine, "/x/a", 2);
    expect(here(engine, "/ros/interval")).toBe(100);
    await engine.call("/ros/withhold", { import: { params: ["/**"] } });
    await until("nothing is imported", async () => (await healthOf(engine)).params.imported.length === 0);
    await master.call("setParam", "/x/a", 3);
    await engine.call("/ros/expose", { import: { params: ["/y"] } });
    await master.call("setParam", "/y", 1);
    await isHere(engine, "/y", 1);
    expect(here(engine, "/x/a")).toBe(2);
  });

  unless(kind === "rosbridge")("come from a master that cannot say one of them", async () => {
    const master = await startGraph(kind);
    await master.call("setParam", "/x", { a: 1, c: 3 });
    // An integer of more than 32 bits as an <int>: what the writer here does not do.
    const poison = `<?xml version="1.0"?><methodCall><methodName>setParam</methodName><params><param><value>/evil</value></param>` +
      `<param><value>/x/b</value></param><param><value><int>1099511627776</int></value></param></params></methodCall>`;
    await fetch(master.address, { method: "POST", headers: { "content-type": "text/xml" }, body: poison }).then((answer) => answer.text());
    const engine = await bridged(master, "/in", { imports: ["/x/**"] });
    await isHere(engine, "/x/a", 1);
    await isHere(engine, "/x/c", 3);
    await master.call("setParam", "/x/a", 2);
    await isHere(engine, "/x/a", 2);
  });
});

describe.skipIf(!hasRos)("rosparam", () => {
  it("sets, gets, dumps and deletes what is in step", async () => {
    const master = await startMaster("rosmaster");
    const engine = await bridged(master, "/both", {
      imports: ["/x/**"],
      exports: ["/x/**"],
      params: { x: { text: "t", large: 2 ** 40, half: 0.5, list: [1, 2] } },
    });
    const shows = async (what: string, ...args: string[]): Promise<void> => {
      const { lines } = startTool(master.address, "rosparam", ...args);
      await until(`rosparam ${args.join(" ")} shows ${what}`, () => lines.some((line) => line.includes(what)));
    };
    await until("it is there", async () => await there(master, "/x/text") === "t" && await there(master, "/x/list") !== undefined);
    await shows("1099511627776.0", "get", "/x/large");
    const file = join(scratch(), "x.yaml");
    startTool(master.address, "rosparam", "dump", file, "/x");
    await until("it is dumped", () => existsSync(file) && readFileSync(file, "utf8").includes("half: 0.5"));
    startTool(master.address, "rosparam", "set", "/x/set", "{a: 1, b: [1, 2.5]}");
    await isHere(engine, "/x/set", { a: 1, b: [1, 2.5] });
    startTool(master.address, "rosparam", "delete", "/x/set");
    await until("it has gone", () => here(engine, "/x/set/a") === undefined);
  });
});
