import fc from "fast-check";
import { expect, test } from "vitest";
import { DeclarationError, NodeStartError, RevisionError, UnknownParamError, ValidationError, ValueError } from "pyros";
import { describePlacements, type EngineConfig, rejection, turns } from "./harness.ts";
import type other from "./nodes/param-other.ts";
import type owner from "./nodes/param-owner.ts";
import type user from "./nodes/param-user.ts";
import type words from "./nodes/param-words.ts";

const nodes = {
  "/owner": { use: "./nodes/param-owner.ts" },
  "/reader": { use: "./nodes/param-user.ts" },
  "/writer": { use: "./nodes/param-user.ts" },
};

describePlacements("params", (placement) => {
  const start = async (config: EngineConfig = {}) => {
    const engine = await placement.engine({ ...config, nodes: { ...nodes, ...config.nodes } });
    return {
      engine,
      params: engine.params,
      own: engine.client<typeof owner>("/owner"),
      reader: engine.client<typeof user>("/reader"),
      writer: engine.client<typeof user>("/writer"),
    };
  };

  test("form one tree for the graph: a declared name lives under its node, a plain object is a subtree", async () => {
    const { params, own } = await start();
    expect(params.list()).toEqual([
      "/owner/enabled",
      "/owner/gain",
      "/owner/host",
      "/owner/label",
      "/owner/laps",
      "/owner/mode",
      "/owner/path",
      "/owner/pid/deep/d",
      "/owner/pid/i",
      "/owner/pid/p",
      "/owner/raw",
    ]);
    expect(params.get("/owner/pid")).toEqual({ p: 1, i: 2, deep: { d: 3 } });
    expect(params.get("/owner/pid/deep/d")).toBe(3);
    expect(params.get("/owner")).toEqual(await own.view());
    expect(params.get("/")).toEqual({ owner: await own.view() });
    expect(params.get("/nothing")).toBe(undefined);
    expect([params.has("/owner/pid"), params.has("/owner/pid/p"), params.has("/nothing")]).toEqual([true, true, false]);
  });

  test("start from their defaults, the config's values before those, and what the graph's tree says before both", async () => {
    const { params, own } = await start({
      params: { owner: { mode: "run" } },
      nodes: { "/owner": { use: "./nodes/param-owner.ts", params: { gain: 2, mode: "idle", pid: { p: 7 } } } },
    });
    expect(await own.view()).toMatchObject({ gain: 2, mode: "run", laps: 3, pid: { p: 7, i: 2, deep: { d: 3 } } });
    expect(params.get("/owner/gain")).toBe(2);
  });

  test("resolve names: the node's own by its word or ~, others in its namespace, absolute ones as they are", async () => {
    const { engine, own, params } = await start({
      params: { gain: "in the namespace", arm: { speed: 4 } },
      nodes: { "/arm/user": { use: "./nodes/param-user.ts" } },
    });
    const table: [string, unknown][] = [
      ["gain", 1],
      ["~gain", 1],
      ["/owner/gain", 1],
      ["/gain", "in the namespace"],
      ["pid/p", 1],
      ["~pid/deep/d", 3],
      ["arm/speed", 4],
      ["/arm/speed", 4],
    ];
    for (const [name, value] of table) expect(await own.get(name), name).toBe(value);
    const arm = engine.client<typeof user>("/arm/user");
    expect([await arm.get("speed"), await arm.get("~speed"), await arm.get("gain")]).toEqual([4, undefined, undefined]);
    await arm.set({ name: "~own", value: 1 });
    await arm.set({ name: "near", value: 2 });
    expect([params.get("/arm/user/own"), params.get("/arm/near")]).toEqual([1, 2]);
  });

  test("may be called like the properties that every object has", async () => {
    const { engine } = await start({ nodes: { "/words": { use: "./nodes/param-words.ts" } } });
    expect(await engine.client<typeof words>("/words").read()).toEqual({
      view: [1, "text"],
      got: [1, undefined, { hasOwnProperty: true }],
    });
    expect(engine.nodes.map(({ status }) => status)).toEqual(["running", "running", "running", "running"]);
  });

  test("are set by the node and from outside, and read alike by all", async () => {
    const { params, own, reader, writer } = await start();
    expect(await own.set({ gain: 4 })).toMatchObject({ after: [4, 4] });
    expect(await reader.get("/owner/gain")).toBe(4);
    await writer.set({ name: "/owner/gain", value: 5 });
    expect([(await own.view()).gain, params.get("/owner/gain")]).toEqual([5, 5]);
    await params.set("/owner/gain", 6);
    expect((await own.view()).gain).toBe(6);
  });

  test("resolve a set to the revision, which grows by one with each write", async () => {
    const { params, writer } = await start();
    const first = await params.set("/a", 1);
    expect(await writer.set({ name: "/b", value: 1 })).toBe(first + 1);
    expect(await params.set({ "/a": 2, "/b": 2, "/c": 2 })).toBe(first + 2);
    expect(params.revision).toBe(first + 2);
    expect([params.revisionOf("/a"), params.revisionOf("/c"), params.revisionOf("/none")]).toEqual([first + 2, first + 2, 0]);
  });

  test("show a set to nobody, its writer included, before it is ordered", async () => {
    const { params, own, writer } = await start();
    expect(await own.set({ gain: 7 })).toMatchObject({ before: [1, 1], after: [7, 7] });
    const writing = params.set("/x", 1);
    expect(params.get("/x")).toBe(undefined);
    await writing;
    expect(params.get("/x")).toBe(1);
    const burst = await writer.burst({ name: "/y", count: 5 });
    expect(burst).toMatchObject({ before: undefined, meanwhile: undefined, after: 4 });
    expect(burst.revisions).toEqual(burst.revisions.map((_, i) => burst.revisions[0]! + i));
  });

  test.each([["live", "/reader"], ["sim", "/reader"], ["sim", "/zreader"]] as const)(
    "are seen before whatever a node sends after its acknowledged set: by reads and by watchers, in %s time by %s",
    async (clock, name) => {
      const more = {
        "/zreader": { use: "./nodes/param-user.ts" },
        "/writer": { use: "./nodes/param-user.ts", remap: { "/reader": name } },
      };
      const { engine, writer } = await start({ clock, nodes: more });
      const reader = engine.client<typeof user>(name);
      await reader.watchInLog("/x");
      await writer.setAndTell({ name: "/x", from: 1, to: 20 });
      await turns();
      const log = await reader.log();
      let watched = 0;
      for (const [what, value, read] of log) {
        if (what === "watched") watched = value;
        else {
          expect(read, `${what} ${value}`).toBe(value);
          expect(watched, `watched before ${what} ${value}`).toBe(value);
        }
      }
      expect(log.filter(([what]: any) => what === "heard")).toHaveLength(20);
    },
  );

  test.each<[string, unknown, string]>([
    ["gain", 11, "maximum of 10"],
    ["gain", -1, "minimum of 0"],
    ["gain", "fast", "a string"],
    ["gain", NaN, "NaN"],
    ["gain", null, "null"],
    ["mode", "fly", '"idle", "run"'],
    ["label", "zz", "pattern"],
    ["laps", 1.5, "whole"],
    ["enabled", 1, "boolean"],
    ["path", { a: 1 }, "owner/path"],
    ["pid", 3, "declared"],
    ["pid", { p: 1 }, "declared"],
    ["pid/p", "x", "a string"],
    ["gain/x", 1, "/owner/gain"],
  ])("refuse a write that breaks what is declared, with the reason, and change nothing: %s to %j", async (name, value, reason) => {
    const { params, writer } = await start();
    const before = params.get("/");
    const { revision } = params;
    for (
      const error of [
        await rejection(params.set(`/owner/${name}`, value)),
        (await rejection(writer.set({ name: `/owner/${name}`, value }))).remote,
      ]
    ) {
      expect(error.name).toBe("ValidationError");
      expect(error.message).toContain(`/owner/${name.split("/")[0]}`);
      expect(error.message).toContain(reason);
    }
    expect([params.get("/"), params.revision]).toEqual([before, revision]);
  });

  test("refuse what cannot leave the loop, by its path, and undefined", async () => {
    const { params } = await start();
    const error = await rejection(params.set("/x", { list: [() => {}] }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.path).toBe("$.list[0]");
    expect(await rejection(params.set("/x", undefined))).toBeInstanceOf(ValidationError);
    expect(params.has("/x")).toBe(false);
  });

  test("allow null beside the declared type where the default is null", async () => {
    const { params } = await start();
    for (const value of ["a", null]) await params.set("/owner/host", value);
    expect(await rejection(params.set("/owner/host", 3))).toBeInstanceOf(ValidationError);
    expect(params.get("/owner/host")).toBe(null);
  });

  test("are set together or not at all", async () => {
    const { params, own, reader, writer } = await start();
    await reader.watch("/");
    const error = await rejection(params.set({ "/owner/gain": 2, "/owner/mode": "fly", "/new": 1 }));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toContain("/owner/mode");
    expect((await rejection(own.set({ gain: 2, laps: 0.5 }))).remote.name).toBe("ValidationError");
    expect(params.get("/owner")).toMatchObject({ gain: 1, mode: "idle", laps: 3 });
    expect(params.has("/new")).toBe(false);
    await turns();
    expect(await reader.news()).toEqual([]);
    await writer.setAll({ values: { "/owner/gain": 2, "/owner/mode": "run", "/new": 1 } });
    await turns();
    expect(await reader.news()).toMatchObject([{ changed: expect.arrayContaining(["/owner/gain", "/owner/mode", "/new"]) }]);
  });

  test("replace a subtree that nobody declares by the plain object that is set", async () => {
    const { params } = await start();
    await params.set("/free", { a: 1, b: { c: 2 } });
    expect(params.list("/free")).toEqual(["/free/a", "/free/b/c"]);
    await params.set("/free", { b: { d: 3 } });
    expect(params.get("/free")).toEqual({ b: { d: 3 } });
    await params.set("/free/b", 4);
    expect(params.list("/free")).toEqual(["/free/b"]);
  });

  test("are deleted, one or a subtree; what is declared or unknown is refused", async () => {
    const { params, reader } = await start();
    await params.set("/free", { a: 1, b: { c: 2 } });
    await reader.watch("/free");
    await params.delete("/free/b");
    expect(params.get("/free")).toEqual({ a: 1 });
    await turns();
    expect(await reader.news()).toMatchObject([{ value: { a: 1 }, deleted: expect.arrayContaining(["/free/b/c"]) }]);
    await params.delete("/free");
    expect(params.has("/free")).toBe(false);
    const unknown = await rejection(params.delete("/fre"));
    expect(unknown).toBeInstanceOf(UnknownParamError);
    for (const name of ["/owner/gain", "/owner/pid", "/owner", "/"]) {
      expect(await rejection(params.delete(name)), name).toBeInstanceOf(ValidationError);
    }
    expect(params.get("/owner/gain")).toBe(1);
  });

  test("compare and set by revision, of one, of several and of what is not there yet", async () => {
    const { params, writer } = await start();
    const revision = await params.set("/x", 1);
    await params.set("/x", 2, { expect: { "/x": revision } });
    const error = await rejection(params.set("/x", 3, { expect: { "/x": revision } }));
    expect(error).toBeInstanceOf(RevisionError);
    expect(error.message).toContain("/x");
    expect(params.get("/x")).toBe(2);
    await params.set("/lock", "me", { expect: { "/lock": 0 } });
    expect((await rejection(writer.set({ name: "lock", value: "you", options: { expect: { lock: 0 } } }))).remote.name).toBe(
      "RevisionError",
    );
    expect(params.get("/lock")).toBe("me");
    expect(await rejection(params.set({ "/a": 1, "/b": 1 }, { expect: { "/a": 0, "/x": 1 } }))).toBeInstanceOf(RevisionError);
    expect(params.has("/a")).toBe(false);
  });

  test("of many who compare and set at once give each increment to one", async () => {
    const { params, reader, writer } = await start();
    await params.set("/n", 0);
    const add = async (client: typeof writer): Promise<void> => {
      for (;;) {
        const expect = { "/n": params.revisionOf("/n") };
        const value = (params.get("/n") as number) + 1;
        try {
          await client.set({ name: "/n", value, options: { expect } });
          return;
        } catch (error: any) {
          if (error.remote?.name !== "RevisionError") throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? reader : writer)));
    expect(params.get("/n")).toBe(40);
  });

  test("tell a watcher of a value and of a subtree; several changes of one turn come as one", async () => {
    const { params, reader } = await start();
    await reader.watch("/owner/gain");
    await reader.watch("/owner/pid");
    const last = (await Promise.all([1, 2, 3].map((value) => params.set("/owner/gain", value)))).at(-1);
    await Promise.all([params.set("/owner/pid/p", 5), params.set("/owner/pid/deep/d", 6)]);
    await turns();
    expect(await reader.news()).toEqual([
      { name: "/owner/gain", value: 3, revision: last, changed: ["/owner/gain"], deleted: [] },
      {
        name: "/owner/pid",
        value: { p: 5, i: 2, deep: { d: 6 } },
        revision: params.revision,
        changed: ["/owner/pid/p", "/owner/pid/deep/d"],
        deleted: [],
      },
    ]);
    await reader.unwatch("/owner/gain");
    await params.set("/owner/gain", 9);
    await turns();
    expect(await reader.news()).toEqual([]);
  });

  test("tell a watcher from outside, and go on when it throws", async () => {
    const { params } = await start();
    const seen: unknown[] = [];
    params.watch("/x", () => {
      throw new Error("a watcher that throws");
    });
    const stop = params.watch("/x", (value, { changed }) => seen.push([value, changed]));
    await params.set("/x", 1);
    await params.set("/x/y", 1).catch(() => {});
    await params.set("/x", { y: 2 });
    await turns();
    stop();
    await params.set("/x", 3);
    await turns();
    expect(seen).toEqual([[1, ["/x"]], [{ y: 2 }, ["/x/y"]]]);
  });

  test("fail the node whose watcher throws, and no other", async () => {
    const { engine, params, reader } = await start({ nodes: { "/reader": { use: "./nodes/param-user.ts", restart: "never" } } });
    await reader.watchBadly("/x");
    await params.set("/x", 1);
    await turns();
    expect(engine.nodes.map(({ name, status }) => `${name} ${status}`)).toEqual(["/owner running", "/reader failed", "/writer running"]);
  });

  test("tell a node that has stopped nothing more", async () => {
    const { engine, params, reader } = await start();
    await reader.watch("/x");
    void params.set("/x", 1);
    await engine.restartNode("/reader");
    await params.set("/x", 2);
    await turns();
    expect(await reader.news()).toEqual([]);
  });

  test("read as they are now in params.x, also across a wait", async () => {
    const { engine, params, own } = await start({ clock: "sim" });
    const reading = own.reads();
    await params.set("/owner/gain", 2);
    await engine.run({ until: 15 });
    await params.set("/owner/gain", 3);
    await engine.run({ until: 50 });
    expect(await reading).toEqual([1, 1, 2, 3]);
  });

  test("cannot be assigned to: the error says how to set", async () => {
    const { params, own } = await start();
    expect(await own.assign({ name: "gain", value: 5 })).toContain('set("gain"');
    expect(await own.assign({ name: "other", value: 5 })).not.toBe("assigned");
    expect([(await own.view()).gain, params.get("/owner/gain")]).toEqual([1, 1]);
  });

  test.each(["view", "get", "watch"] as const)(
    "are the receiver's own: what a node writes into what it got from %s changes nothing",
    async (how) => {
      const { params, own, reader } = await start();
      const after = await own.writeInto(how);
      const now = how === "watch"
        ? { pid: { p: 5, i: 2, deep: { d: 3 } }, path: [7] }
        : { pid: { p: 1, i: 2, deep: { d: 3 } }, path: [1, 2, 3] };
      expect(after.got).toEqual(now);
      expect({ pid: await reader.get("/owner/pid"), path: params.get("/owner/path") }).toEqual(now);
      expect(after.view).toEqual(now); // it still reads what the param is
    },
  );

  test("are the writer's no more: what it writes into the value after a set changes nothing", async () => {
    const { params } = await start();
    const value = { list: [1], bytes: new Uint8Array([1]) };
    const writing = params.set("/mine", value);
    value.list.push(2);
    value.bytes[0] = 9;
    await writing;
    expect(params.get("/mine")).toEqual({ list: [1], bytes: new Uint8Array([1]) });
    params.get<any>("/mine/list")!.push(3);
    params.get<any>("/mine/bytes")![0] = 9;
    expect(params.get("/mine")).toEqual({ list: [1], bytes: new Uint8Array([1]) });
  });

  test("of several nodes that declare one alike are one; the second takes the value that is there", async () => {
    const { engine, params } = await start({ nodes: { "/a": { use: "./nodes/param-other.ts" }, "/b": { use: "./nodes/param-like.ts" } } });
    const value = params.get("/shared/limit");
    expect(placement.name === "guests" ? [5, 7] : [5]).toContain(value); // engines that join at the same time do so in any order
    expect(await engine.client<typeof other>("/a").limit()).toBe(value);
    await params.set("/shared/limit", 9);
    expect(await engine.client<typeof other>("/a").limit()).toBe(9);
  });

  test("that two nodes declare with different rules are refused: both nodes and the name are told", async () => {
    const error = await rejection(
      placement.engine({ nodes: { "/a": { use: "./nodes/param-other.ts" }, "/b": { use: "./nodes/param-unlike.ts" } } }),
    );
    const told = [error, error.cause].map((e) => `${e?.name}: ${e?.message}`).join("\n");
    for (const part of ["/a", "/b", "/shared/limit"]) expect(told).toContain(part);
    expect(error instanceof NodeStartError || error instanceof DeclarationError || error.code === "PYROS_CONFIG").toBe(true);
  });

  test("keep the value of before over config and default when the node restarts", async () => {
    const { engine, params, own } = await start({ nodes: { "/owner": { use: "./nodes/param-owner.ts", params: { gain: 2 } } } });
    await params.set({ "/owner/gain": 8, "/owner/pid/p": 4 });
    await engine.restartNode("/owner");
    expect(await own.view()).toMatchObject({ gain: 8, pid: { p: 4 } });
    await engine.stopNode("/owner");
    await params.set("/owner/gain", 9);
    await engine.startNode("/owner");
    expect((await own.view()).gain).toBe(9);
  });

  test("stay when their node goes; what it declares holds as long as it is in the graph", async () => {
    const { engine, params } = await start();
    await params.set("/owner/gain", 3);
    await engine.stopNode("/owner");
    expect(params.get("/owner/gain")).toBe(3);
    expect(await rejection(params.set("/owner/gain", 300))).toBeInstanceOf(ValidationError);
    await params.set("/owner/gain", 4);
    await engine.remove("/owner");
    expect(params.get("/owner")).toMatchObject({ gain: 4, pid: { p: 1 } });
    await params.set("/owner/gain", "anything");
    await params.delete("/owner");
    expect(params.has("/owner")).toBe(false);
  });

  test("refuse a config value that breaks the declaration before anything starts", async () => {
    const error = await rejection(placement.engine({ nodes: { "/owner": { use: "./nodes/param-owner.ts", params: { gain: 99 } } } }));
    expect(error.message).toContain("maximum of 10");
  });

  test.each(["", "x", "/x y", "/x//y", "/x/", "/é", "/__proto__"])("refuse a name that breaks the rules, quoting it: %j", async (name) => {
    const { params } = await start();
    const error = await rejection(params.set(name, 1));
    expect(["NameError", "ValidationError"]).toContain(error.name);
    expect(error.message).toContain(name);
    expect(({} as any).polluted).toBe(undefined);
  });

  test("refuse writes once the engine has closed", async () => {
    const { engine, params } = await start();
    await params.set("/x", 1);
    await engine.close();
    expect((await rejection(params.set("/x", 2))).name).toBe("StateError");
    expect(params.get("/x")).toBe(1);
  });

  test("have one order for all: every watcher sees revisions that only grow, and ends with the last value", async () => {
    const { params, reader, writer } = await start();
    await Promise.all([reader.watch("/race"), writer.watch("/race")]);
    await Promise.all([
      writer.burst({ name: "/race/a", count: 50 }),
      reader.burst({ name: "/race/b", count: 50 }),
      params.set("/race/c", 1),
    ]);
    await turns();
    for (const news of [await reader.news(), await writer.news()]) {
      const revisions = news.map(({ revision }: any) => revision);
      expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
      expect(news.at(-1).value).toEqual({ a: 49, b: 49, c: 1 });
    }
  });

  test("read by any sequence of writes what a plain object would hold", async () => {
    const { engine, params } = await start({ clock: "sim" });
    const names = fc.constantFrom("/t/a", "/t/b", "/t/c");
    const write = fc.oneof(
      fc.record({ name: names, value: fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.array(fc.integer(), { maxLength: 3 })) }),
      fc.record({ name: names, delete: fc.constant(true) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 12 }), async (writes) => {
        await params.set("/t", {});
        const model: Record<string, unknown> = {};
        for (const step of writes as any[]) {
          const key = step.name.slice(3);
          const done = step.delete ? params.delete(step.name) : params.set(step.name, step.value);
          if (step.delete && !(key in model)) expect(await rejection(done)).toBeInstanceOf(UnknownParamError);
          else {
            await done;
            if (step.delete) delete model[key];
            else model[key] = step.value;
          }
          expect(params.get("/t")).toEqual(model);
        }
      }),
      { numRuns: placement.runs(40) },
    );
    await engine.close();
  });
});
