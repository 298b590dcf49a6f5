import { describe, expect, onTestFinished, test } from "vitest";
import { createEngine, DeclarationError, defineNode, type Engine, type EngineConfig, type GraphEvent, MoveError } from "pyros";
import type mover from "./nodes/mover.ts";
import type source from "./nodes/busy-source.ts";
import { inTime, rejection, settled, until, watched } from "./harness.ts";

const places = ["loop", "thread", "process"] as const;
type Place = (typeof places)[number];
const pairs = places.flatMap((from) => places.map((to) => [from, to] as const)).filter(([from, to]) => from !== "loop" || to !== "loop");

async function start(config: EngineConfig): Promise<Engine> {
  const engine = await createEngine(config, { base: new URL("./", import.meta.url) });
  onTestFinished(() => engine.close());
  return engine;
}

const module = "./nodes/mover.ts";
const at = (placement: Place) => ({ use: module, placement });
const placeOf = (engine: Engine, name = "/mover") => engine.nodes.find((node) => node.name === name)!.placement;
const client = (engine: Engine, name = "/mover") => engine.client<typeof mover>(name);
const isWhole = ({ sent, delivered, dropped, waiting }: any) => {
  const lost = Object.values<number>(dropped).reduce((sum, count) => sum + count, 0);
  expect(sent).toBe(delivered + lost + waiting);
  return lost;
};

describe.each(pairs)("a node moves from %s to %s", (from, to) => {
  test("with its state, its randomness and its counts, and is told of once", async () => {
    const engine = await start({ nodes: { "/mover": at(from), "/still": { use: module, placement: "loop" } }, seed: 7 });
    const events: GraphEvent[] = [];
    const stop = engine.watchGraph((event) => events.push(event));
    const was = await client(engine).where();
    expect(await client(engine).add(3)).toBe(3);
    const before = await client(engine).random(5);
    await engine.params.set("/mover/dispose", "note");
    await engine.move("/mover", to);
    expect(placeOf(engine)).toBe(to);
    const is = await client(engine).where();
    expect(is).not.toBe(was);
    expect(await client(engine).born()).toBe(is);
    expect(await client(engine).add(4)).toBe(7);
    expect(await client(engine).state()).toMatchObject({ n: 7, notes: ["disposed"] });
    expect(before.concat(await client(engine).random(5))).toHaveLength(10);
    expect(engine.params.get("/mover/dispose")).toBe("note");
    expect(engine.nodes.find(({ name }) => name === "/mover")).toMatchObject({ status: "running", lives: 2, placement: to });
    expect(engine.nodes).toHaveLength(2);
    expect(engine.services.filter(({ name }) => name === "/mover/add")).toEqual([{ name: "/mover/add", owner: "/mover" }]);
    stop();
    await until(() => events.length > 0);
    expect(events).toMatchObject([{ type: "moved", node: "/mover", from, to }]);
    await until(() => engine.world.subscription.filter((entry) => entry?.owner === "/mover").length === 5);
  });

  test("and calls before, during and after are answered once each, in order for each caller", async () => {
    const engine = await start({
      nodes: { "/mover": at(from), "/main": { use: module, placement: "loop" }, "/other": { use: module, placement: "thread" } },
    });
    const drivers = [
      ...["/main", "/other"].map((name) => client(engine, name).drive(["/mover/note", 300])),
      ...["/main", "/other"].map((name) => client(engine, name).drives(["/mover/turn", 0]).then(() => [])),
    ];
    const mine: Promise<unknown>[] = [];
    let moving = true;
    const pour = (async () => {
      for (let i = 0; moving || i < 50; i++) {
        mine.push(client(engine).note(["me", i]));
        if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await engine.move("/mover", to);
    await new Promise((resolve) => setTimeout(resolve, 20));
    moving = false;
    await pour;
    const answers = await Promise.all(drivers);
    for (const got of answers.slice(0, 2)) expect(got).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(await Promise.all(mine)).toEqual([...mine.keys()]);
    const { order } = await client(engine).state();
    for (const who of ["/main", "/other", "me"]) {
      const numbers = order.filter(([name]) => name === who).map(([, i]) => i);
      expect(numbers).toEqual([...numbers.keys()]);
      expect(numbers.length).toBe(who === "me" ? mine.length : 300);
    }
  });

  test("and its streams go on: nothing is lost that is not counted, and numbers continue", async () => {
    const engine = await start({
      rate: 500,
      nodes: { "/mover": at(from), "/source": { use: "./nodes/busy-source.ts", placement: to === "process" ? "thread" : "loop" } },
    });
    const got: { value: number; seq: number; missed: number }[] = [];
    engine.stream<number>("/mover/ticks", { depth: 100_000 }).on((value, { seq, missed }) => void got.push({ value, seq, missed }));
    const lasts: number[] = [];
    engine.stream<number>("/mover/last").on((value) => void lasts.push(value));
    await client(engine).emit([0, 1, 2]);
    await client(engine).emitLast(5);
    const feed = engine.client<typeof source>("/source");
    await feed.run(5);
    await until(async () => (await client(engine).state()).items.length > 100);
    await engine.move("/mover", to);
    const { length } = (await client(engine).state()).items;
    await until(async () => (await client(engine).state()).items.length > length + 100);
    const total = await feed.run(0);
    await until(async () => (await client(engine).state()).items.length === total);
    const { items, few } = await client(engine).state();
    expect(items).toEqual([...items.keys()]);
    await until(async () => (await client(engine).counts("thin")).waiting === 0);
    for (const input of ["items", "few", "newest", "thin"] as const) {
      const counts = await client(engine).counts(input);
      isWhole(counts);
      expect(counts.sent, input).toBe(total);
      if (input === "items") expect(counts.delivered).toBe(total);
      if (input === "few") expect(counts.delivered).toBe(few);
    }
    expect((await client(engine).latest()).value).toBe(total - 1);
    await client(engine).emit([3, 4]);
    await until(() => got.length === 5);
    expect(got).toEqual([0, 1, 2, 3, 4].map((value) => ({ value, seq: value + 1, missed: 0 })));
    const late: number[] = [];
    engine.stream<number>("/mover/last").on((value) => void late.push(value));
    await until(() => late.length === 1);
    expect(late).toEqual([5]);
    expect(lasts).toEqual([5]);
  });
});

describe("what waits for a node", () => {
  test.each(["thread", "loop"] as const)(
    "goes with it to the %s: items behind a slow callback are delivered there, in order",
    async (to) => {
      const engine = await start({
        nodes: {
          "/mover": at(to === "loop" ? "process" : "loop"),
          "/slow": { use: "./nodes/busy-source.ts", placement: "process" },
        },
      });
      await engine.client<typeof source>("/slow").burst(150);
      await until(async () => (await client(engine).state()).slow.length > 2);
      const move = engine.move("/mover", to);
      await engine.client<typeof source>("/slow").burst(10);
      await move;
      expect((await client(engine).state()).slow.length).toBeLessThan(160);
      await until(async () => (await client(engine).state()).slow.length === 160);
      expect((await client(engine).state()).slow).toEqual(Array.from({ length: 160 }, (_, i) => i));
      await until(async () => (await client(engine).counts("slow")).waiting === 0);
      expect(await client(engine).counts("slow")).toMatchObject({ sent: 160, delivered: 160 });
    },
  );

  test("work in hand finishes first, and calls that belong to it pass", async () => {
    const engine = await start({
      nodes: { "/mover": at("thread") },
    });
    const was = await client(engine).where();
    const long = client(engine).long(300);
    const counting = client(engine).count(40, { depth: 100 });
    const turns = Array.from({ length: 10 }, () => client(engine).turn(10));
    await until(async () => (await client(engine).state()).notes.includes("begun"));
    const move = engine.move("/mover", "process");
    await until(() => engine.nodes[0]!.status === "moving");
    const held = watched(client(engine).add(0));
    const seen: number[] = [];
    for await (const i of counting) seen.push(i);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(await counting).toBe(was);
    expect(await long).toBe(was);
    expect(await Promise.all(turns)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await move;
    await until(() => held.outcome);
    expect(held.outcome).toEqual({ value: 10 });
    expect((await client(engine).state()).notes).toEqual(["begun", "finished"]);
  });

  test("nodes that call one another in a circle move, again and again, and no call waits for itself", async () => {
    const engine = await start({
      nodes: {
        "/mover": { ...at("loop"), remap: { peer: "/partner" } },
        "/partner": { ...at("thread"), remap: { peer: "/mover" } },
      },
    });
    const calls: Promise<number>[] = [];
    let moving = true;
    const pour = (async () => {
      while (moving) {
        calls.push(client(engine).cycle(6));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    for (const to of ["thread", "loop", "process", "loop"] as const) await engine.move("/mover", to);
    await engine.move("/partner", "process");
    moving = false;
    await pour;
    expect((await Promise.all(calls)).every((depth) => depth === 6)).toBe(true);
    const [mover, partner] = [await client(engine).state(), await client(engine, "/partner").state()];
    expect(mover.n + partner.n).toBe(calls.length * 7);
  });

  test("what goes on of the earlier life touches nothing of the new one", async () => {
    const engine = await start({ nodes: { "/mover": at("loop"), "/partner": at("loop") } });
    const got: number[] = [];
    engine.stream<number>("/mover/ticks").on((value) => void got.push(value));
    await client(engine).haunt();
    await engine.move("/mover", "thread");
    await engine.move("/mover", "loop");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await client(engine).state()).n).toBe(0);
    expect((await client(engine, "/partner").state()).n).toBe(0);
    expect(got).toEqual([]);
  });
});

describe("randomness", () => {
  test("goes on as it would have without a move", async () => {
    const sequence = async (moves: readonly Place[]): Promise<number[]> => {
      const engine = await start({ seed: "x", nodes: { "/mover": at("loop") } });
      const numbers = await client(engine).random(3);
      for (const to of moves) {
        await engine.move("/mover", to);
        numbers.push(...(await client(engine).random(3)));
      }
      return numbers;
    };
    const moved = await sequence(["thread", "process", "loop"]);
    const engine = await start({ seed: "x", nodes: { "/mover": at("loop") } });
    expect(await client(engine).random(12)).toEqual(moved);
  });
});

describe("a move that fails leaves the node where it was", () => {
  const failing = async (from: Place, to: Place, prepare: (engine: Engine) => Promise<unknown>) => {
    const engine = await start({
      rate: 100,
      nodes: { "/mover": at(from), "/source": { use: "./nodes/busy-source.ts", placement: "process" } },
    });
    const feed = engine.client<typeof source>("/source");
    await feed.run(5);
    await client(engine).add(5);
    const was = await client(engine).where();
    await engine.params.set("/mover/only", was);
    await prepare(engine);
    const calls = Array.from({ length: 20 }, () => client(engine).add(1));
    const move = engine.move("/mover", to);
    const pour = (async () => {
      for (let i = 0; i < 40; i++) {
        calls.push(client(engine).add(1));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const error = await rejection(move);
    await pour;
    expect(error).toBeInstanceOf(MoveError);
    const outcomes = await settled(calls);
    expect(outcomes).toEqual(Array.from({ length: 60 }, (_, i) => ({ value: 6 + i })));
    expect(await client(engine).where()).toBe(was);
    expect(engine.nodes[0]).toMatchObject({ status: "running", placement: from });
    const total = await feed.run(0);
    return { engine, error, total };
  };

  for (const [from, to] of [["loop", "thread"], ["process", "loop"], ["thread", "process"]] as const) {
    test(`from ${from} to ${to}, when setup throws there`, async () => {
      const { engine, error, total } = await failing(from, to, (engine) => engine.params.set("/mover/setup", "throw"));
      expect(error.message).toMatch(/\/mover did not move to .*, it goes on where it was: .*setup throws there/);
      await until(async () => (await client(engine).state()).items.length === total);
      const { items } = await client(engine).state();
      expect(items).toEqual([...items.keys()]);
      const counts = await client(engine).counts("items");
      isWhole(counts);
      expect(counts).toMatchObject({ sent: total, delivered: total });
      await engine.params.set("/mover/setup", "quick");
      await engine.move("/mover", to);
      expect((await client(engine).state()).n).toBe(65);
    });

    test(`from ${from} to ${to}, when its state is no data, and says where`, async () => {
      const { engine, error } = await failing(from, to, (engine) => client(engine).spoil());
      expect(error.cause).toMatchObject({ name: "ValueError", path: "$.bad.at[1]" });
      expect((await client(engine).state()).bad).toBe("object");
    });
  }

  test("when dispose makes its state no data", async () => {
    const { engine, error } = await failing("thread", "loop", (engine) => engine.params.set("/mover/dispose", "spoil"));
    expect(error.cause).toMatchObject({ name: "ValueError", path: "$.bad" });
    expect((await client(engine).state()).bad).toBe("undefined");
  });

  test("when its host ends in setup", async () => {
    const { error } = await failing("thread", "process", (engine) => engine.params.set("/mover/setup", "exit"));
    expect(error.message).toMatch(/exit/);
  });

  test("when work in hand takes too long, which is not disturbed", { timeout: 30_000 }, async () => {
    const engine = await start({ nodes: { "/mover": at("loop") } });
    const long = client(engine).long(10_000, { timeout: 20_000 });
    const add = async (n: number) => expect(await client(engine).add(n)).toBeGreaterThan(0);
    await add(1);
    const move = rejection(engine.move("/mover", "thread"));
    await until(() => engine.nodes[0]!.status === "moving");
    const waiting = engine.call("/mover/add", 1, { timeout: 10_000 });
    expect((await move).message).toMatch(/work in hand after 5000 ms/);
    expect(await waiting).toBe(2);
    expect(placeOf(engine)).toBe("loop");
    await long;
    expect((await client(engine).state()).notes).toEqual(["begun", "finished"]);
  });

  test("a node given as a value is refused, and so are systems, unknown names and places", async () => {
    const engine = await start({ nodes: { "/value": defineNode({ services: { ping: () => "pong" } }) } });
    const error = await rejection(engine.move("/value", "thread"));
    expect(error).toBeInstanceOf(DeclarationError);
    expect(error.message).toMatch(/\/value is given as a value/);
    expect(await engine.call("/value/ping")).toBe("pong");
    expect((await rejection(engine.move("/none", "thread"))).name).toBe("UnknownNodeError");
    expect((await rejection(engine.move("/value", "moon" as never))).name).toBe("DeclarationError");
    await engine.move("/value", "loop");
    expect(engine.nodes[0]).toMatchObject({ lives: 1 });
  });
});

describe("moves and other operations", () => {
  test("a node that is stopped, removed or closed while it moves is, also when its setup hangs", async () => {
    const engine = await start({ nodes: { "/mover": at("thread"), "/still": at("loop") } });
    await engine.params.set("/mover/only", await client(engine).where());
    await engine.params.set("/mover/setup", "hang");
    const move = rejection(engine.move("/mover", "process"));
    await until(() => engine.nodes[0]!.status === "moving");
    const call = rejection(client(engine).add(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.stopNode("/mover");
    expect((await move).message).toMatch(/asked to stop/);
    expect((await call).name).toMatch(/NodeLost|UnknownService/);
    await engine.params.set("/mover/setup", "quick");
    await engine.startNode("/mover");
    expect(await client(engine).add(1)).toBe(1);
    await engine.params.set("/mover/setup", "hang");
    await engine.params.set("/mover/only", await client(engine).where());
    const again = rejection(engine.move("/mover", "loop"));
    await until(() => engine.nodes[0]!.status === "moving");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.close();
    expect((await again).message).toMatch(/asked to stop/);
  });

  test("a node that does not run moves, and starts there when it is told to", async () => {
    const engine = await start({ nodes: { "/mover": at("loop") } });
    await engine.stopNode("/mover");
    await engine.move("/mover", "process");
    expect(engine.nodes[0]).toMatchObject({ status: "stopped", placement: "process" });
    await engine.startNode("/mover");
    expect(await client(engine).where()).not.toMatch(new RegExp(`^${process.pid}/`));
  });

  test("100 moves in a row under load lose nothing", { timeout: 240_000 }, async () => {
    const engine = await start({
      rate: 50,
      nodes: {
        "/mover": at("loop"),
        "/source": { use: "./nodes/busy-source.ts", placement: "loop" },
        "/other": { use: module, placement: "thread" },
      },
    });
    await engine.client<typeof source>("/source").run(3);
    let moving = true;
    let most = 0;
    let mine = 0;
    const waits: number[] = [];
    const pour = (async () => {
      while (moving) {
        const begun = performance.now();
        const i = mine++;
        expect(await engine.call("/mover/note", ["me", i], { timeout: 60_000 })).toBe(i);
        waits.push(performance.now() - begun);
        most = Math.max(most, waits.at(-1)!);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    let driven = 0;
    const drive = (async () => {
      while (moving) driven += ((await engine.call<unknown[]>("/other/drive", ["/mover/add", 0])), 1);
    })();
    const cycle = ["thread", "loop", "thread", "loop", "thread", "thread", "loop", "process", "loop", "thread"] as const;
    for (let i = 0; i < 100; i++) await engine.move("/mover", cycle[i % cycle.length]!);
    moving = false;
    await Promise.all([pour, drive]);
    const total = await engine.client<typeof source>("/source").run(0);
    await until(async () => (await client(engine).state()).items.length === total);
    const { order, items } = await client(engine).state();
    expect(order.map(([, i]) => i)).toEqual(Array.from({ length: mine }, (_, i) => i));
    expect(items).toEqual([...items.keys()]);
    expect(await client(engine).counts("items")).toMatchObject({ sent: total, delivered: total });
    expect(engine.nodes.find(({ name }) => name === "/mover")!.lives).toBe(101);
    waits.sort((a, b) => a - b);
    if (process.env.PYROS_FIGURES !== undefined) {
      console.log({ calls: mine, driven, most, p50: waits[waits.length >> 1], p99: waits[Math.floor(waits.length * 0.99)] });
    }
  });
});

describe("in simulated time", () => {
  test("a node moves, and rounds go on", async () => {
    const engine = await start({
      clock: "sim",
      rate: 50,
      nodes: { "/mover": at("loop"), "/source": { use: "./nodes/busy-source.ts", placement: "thread" }, "/other": at("thread") },
    });
    await inTime(engine, engine.client<typeof source>("/source").run(2));
    await engine.run({ frames: 10 });
    for (const to of ["thread", "process", "loop"] as const) {
      const drive = client(engine, "/other").drive(["/mover/note", 20]);
      await engine.move("/mover", to);
      expect(placeOf(engine)).toBe(to);
      await engine.run({ frames: 10 });
      expect(await inTime(engine, drive)).toHaveLength(20);
    }
    const total = await inTime(engine, engine.client<typeof source>("/source").run(0));
    await engine.run({ frames: 5 });
    const { items, order } = await inTime(engine, client(engine).state());
    expect(items).toEqual(Array.from({ length: total }, (_, i) => i));
    expect(order).toHaveLength(60);
  });

  test("while time runs", async () => {
    const engine = await start({
      clock: "sim",
      rate: 50,
      speed: 1,
      nodes: { "/mover": at("loop"), "/source": { use: "./nodes/busy-source.ts", placement: "thread" } },
    });
    await engine.client<typeof source>("/source").run(2);
    const run = engine.run();
    for (const to of ["thread", "loop"] as const) await engine.move("/mover", to);
    engine.pause();
    await run;
    engine.speed = Infinity;
    const total = await inTime(engine, engine.client<typeof source>("/source").run(0));
    await engine.run({ frames: 5 });
    expect((await inTime(engine, client(engine).state())).items).toEqual(Array.from({ length: total }, (_, i) => i));
  });
});
