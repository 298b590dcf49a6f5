import { expect, test } from "vitest";
import { describePlacements, type Engine, graphOf, rejection, turns } from "./harness.ts";
import type probe from "./nodes/name-probe.ts";

const use = "./nodes/name-probe.ts";
const at = (engine: Engine, name: string) => engine.client<typeof probe>(name);

describePlacements("a name", (placement) => {
  test("that a node declares lives under its own name, unless it begins with /", async () => {
    const engine = await placement.engine({ nodes: { "/arm/guide": { use } } });
    expect(graphOf(engine).streams).toEqual([
      "/abs/pose of /arm/guide",
      "/arm/guide/arm/pose of /arm/guide",
      "/arm/guide/pose of /arm/guide",
    ]);
    expect(engine.params.list()).toEqual(["/abs/gain", "/arm/guide/gain"]);
    expect(await engine.call("/arm/guide/who")).toBe("/arm/guide");
    expect(await engine.call("/arm/guide/arm/who")).toBe("arm of /arm/guide");
    expect(await engine.call("/common/who")).toBe("/arm/guide");
  });

  test("that a node refers to resolves in its namespace; / is absolute, ~ under the node", async () => {
    const engine = await placement.engine({ nodes: { "/arm/guide": { use }, "/arm/peer": { use }, "/peer": { use } } });
    expect(graphOf(engine).subscriptions.filter((text) => text.endsWith("of /arm/guide"))).toEqual([
      "/arm/guide/pose of /arm/guide",
      "/arm/pose of /arm/guide",
      "/pose of /arm/guide",
    ]);
    expect(graphOf(engine).subscriptions.filter((text) => text.endsWith("of /peer"))).toEqual([
      "/peer/pose of /peer",
      "/pose of /peer",
      "/pose of /peer",
    ]);
    const guide = at(engine, "/arm/guide");
    expect(await guide.callPeer()).toBe("/arm/peer");
    const table = {
      "peer/who": "/arm/peer",
      "/peer/who": "/peer",
      "~who": "/arm/guide",
      "guide/who": "/arm/guide",
      "guide/arm/who": "arm of /arm/guide",
    };
    for (const [name, value] of Object.entries(table)) expect(await guide.ask({ name }), name).toBe(value);
    expect([await guide.get("gain"), await guide.get("~gain"), await guide.get("guide/gain"), await guide.get("/abs/gain")]).toEqual([
      1,
      1,
      1,
      2,
    ]);
    await guide.provide({ name: "late", answer: "a" });
    await guide.provide({ name: "/late", answer: "b" });
    expect([await engine.call("/arm/guide/late"), await engine.call("/late")]).toEqual(["a", "b"]);
    for (const name of ["~late", "/late", "guide/late"]) expect(await guide.wait(name)).toBe(true);
  });

  test("is remapped as the node writes it, where it declares and where it refers", async () => {
    const remap = { pose: "/world/pose", "~pose": "own", peer: "/far/peer", who: "/services/who", gain: "/shared/gain" };
    const engine = await placement.engine({ nodes: { "/arm/guide": { use, remap }, "/far/peer": { use } } });
    const mine = (list: string[]) => list.filter((text) => text.endsWith("of /arm/guide")).map((text) => text.split(" ")[0]);
    expect(mine(graphOf(engine).subscriptions)).toEqual(["/arm/own", "/pose", "/world/pose"]);
    expect(mine(graphOf(engine).streams)).toContain("/world/pose");
    const guide = at(engine, "/arm/guide");
    expect(await guide.callPeer()).toBe("/far/peer");
    expect(await engine.call("/services/who")).toBe("/arm/guide");
    expect((await rejection(engine.call("/arm/guide/who"))).name).toBe("UnknownServiceError");
    expect(engine.params.get("/shared/gain")).toBe(1);
    await engine.params.set("/shared/gain", 5);
    expect([await guide.get("gain"), await guide.get("/shared/gain")]).toEqual([5, 5]);
    // A word covers all names below it.
    expect(await guide.ask({ name: "peer/who" })).toBe("/far/peer");
    expect(await guide.ask({ name: "peer/arm/who" })).toBe("arm of /far/peer");
  });

  test("that is absolute is remapped with all names below it, the longest match first", async () => {
    const remap = { "/world": "/lab", "/world/inner": "/cellar", "/abs": "/moved" };
    const engine = await placement.engine({ nodes: { "/a": { use, remap }, "/lab": { use }, "/cellar": { use } } });
    const a = at(engine, "/a");
    expect(await a.ask({ name: "/world/who" })).toBe("/lab");
    expect(await a.ask({ name: "/world/inner/who" })).toBe("/cellar");
    expect(graphOf(engine).streams).toContain("/moved/pose of /a");
    expect(engine.params.get("/moved/gain")).toBe(2);
    expect((await rejection(a.ask({ name: "/worlds/who" }))).remote.message).toContain("/worlds/who");
  });

  test("of one service may be provided by several nodes, and of one stream published by several", async () => {
    const engine = await placement.engine({ nodes: { "/a": { use }, "/b": { use } } });
    expect(new Set([await engine.call("/common/who"), await engine.call("/common/who")])).toEqual(new Set(["/a", "/b"]));
    expect(await engine.call("/common/who", undefined, { node: "/b" })).toBe("/b");
    const got: any[] = [];
    engine.stream<any>("/abs/pose").on((value, { publisher }) => void got.push([value, publisher]));
    await at(engine, "/a").emit({ on: "/abs/pose", value: 1 });
    await at(engine, "/b").emit({ on: "/abs/pose", value: 2 });
    expect(got).toEqual([[1, "/a"], [2, "/b"]]);
  });

  test("inside a mount stands under it: /x inside is /mount/x outside", async () => {
    const engine = await placement.engine({ nodes: { "/left": { use: "./mounts/pair.ts" } } });
    expect(engine.nodes.map(({ name }) => name)).toEqual(["/left/arm/guide", "/left/peer"]);
    expect(graphOf(engine).streams).toContain("/left/abs/pose of /left/peer");
    const peer = at(engine, "/left/peer");
    expect(await peer.who()).toBe("/left/peer");
    expect(await peer.ask({ name: "/arm/guide/who" })).toBe("/left/arm/guide");
    expect(await peer.ask({ name: "arm/guide/who" })).toBe("/left/arm/guide");
    expect([await peer.get("/abs/gain"), await peer.get("/")]).toEqual([2, {
      abs: { gain: 2 },
      arm: { guide: { gain: 1 } },
      peer: { gain: 1 },
      speed: 3,
    }]);
    expect((await rejection(peer.ask({ name: "/left/peer/who" }))).remote.message).toContain("/left/left/peer/who");
  });

  test("leaves a mount only by its remap", async () => {
    const engine = await placement.engine({
      nodes: {
        "/left": { use: "./mounts/pair.ts", remap: { "/pose": "/world/pose" } },
        "/right": { use: "./mounts/pair.ts" },
        "/world": { use },
      },
    });
    const [left, right] = [at(engine, "/left/peer"), at(engine, "/right/peer")];
    await at(engine, "/world").emit({ on: "pose", value: "out" });
    await turns();
    expect(await left.got()).toEqual([["near", "out"], ["absolute", "out"]]); // both mean /pose in the mount
    expect(await right.got()).toEqual([]);
  });

  test("inside a mount in a mount stands under both, and leaves both by their remaps", async () => {
    const engine = await placement.engine({
      nodes: { "/outer": { use: "./mounts/nested.ts", remap: { "/pose": "/world/pose" } }, "/world": { use } },
    });
    expect(engine.nodes.map(({ name }) => name)).toEqual([
      "/outer/inner/arm/guide",
      "/outer/inner/peer",
      "/outer/sealed/arm/guide",
      "/outer/sealed/peer",
      "/world",
    ]);
    await at(engine, "/world").emit({ on: "pose", value: "out" });
    await turns();
    expect(await at(engine, "/outer/inner/peer").got()).toEqual([["near", "out"], ["absolute", "out"]]);
    expect(await at(engine, "/outer/sealed/peer").got()).toEqual([]);
    expect(await at(engine, "/outer/inner/peer").ask({ name: "/arm/guide/who" })).toBe("/outer/inner/arm/guide");
  });

  test.each(["", "/", "a b", "a//b", "/a/", "~", "~/a", "a.b", "é", "a~b", `/${"x".repeat(300)}`])(
    "that breaks the rules is refused with a NameError that quotes it and the rule: %.12j",
    async (name) => {
      const engine = await placement.engine({ nodes: { "/a": { use } } });
      for (const [i, error] of (await at(engine, "/a").bad(name)).entries()) {
        if (name === "/" && i >= 1 && i <= 3) continue; // the whole tree of params
        expect(error).toMatch(/^NameError: /);
        expect(error).toContain(name.length > 255 ? "255" : JSON.stringify(name));
        expect(error).toContain(name.length > 255 ? "allowed" : "a name is made of segments");
      }
      for (
        const use of [
          () => engine.call(name),
          () => engine.stream(name),
          () => engine.publisher(name),
          () => engine.client(name),
          () => engine.waitForService(name),
        ]
      ) {
        expect(await rejection((async () => use())()), name).toMatchObject({ name: "NameError" });
      }
    },
  );

  test.each(["x", "~x"])("from outside the nodes must be absolute: %s", async (name) => {
    const engine = await placement.engine({});
    for (const use of [() => engine.call(name), () => engine.stream(name), () => engine.client(name)]) {
      const error = await rejection((async () => use())());
      expect(error.name).toBe("NameError");
      expect(error.message).toContain(name);
    }
  });
});
