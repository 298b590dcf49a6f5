import { addComponent, addEntity, query, removeEntity } from "bitecs";
import { client, type Counts, defineSystem, entries, type Entry, from, type GraphWorld, param, stream, type SystemContext } from "pyros";
import { expect, test } from "vitest";
import { describePlacements, rejection, until } from "./harness.ts";
import type load from "./nodes/frame-load.ts";

describePlacements("systems", (placement) => {
  test("a system's query gives the user's entities, as they are in each frame, beside those of the graph", async () => {
    const Position = { x: [] as number[] };
    const Velocity = { x: [] as number[] };
    const sizes: number[] = [];
    const move = defineSystem({
      name: "move",
      query: [Position, Velocity],
      writes: [Position],
      run({ entities }, dt) {
        sizes.push(entities.length);
        for (const id of entities) Position.x[id]! += Velocity.x[id]! * dt;
      },
    });
    const engine = await placement.engine({
      clock: "sim",
      rate: 50,
      nodes: { "/load": { use: "./nodes/frame-load.ts" } },
      systems: [move],
    });
    const { world } = engine;
    const make = (velocity?: number) => {
      const id = addEntity(world);
      addComponent(world, id, Position);
      Position.x[id] = 0;
      if (velocity === undefined) return id;
      addComponent(world, id, Velocity);
      Velocity.x[id] = velocity;
      return id;
    };
    const [still, slow, fast] = [make(), make(1), make(10)];
    await engine.step(50);
    expect([still, slow, fast].map((id) => Math.round(Position.x[id!]! * 1e6) / 1e6)).toEqual([0, 1, 10]);
    removeEntity(world, slow!);
    await engine.step();
    expect([sizes[0], sizes.at(-1)]).toEqual([2, 1]);
    expect(query(world, [Position]).length).toBe(2);
    expect(engine.nodes.map(({ name }) => name)).toEqual(["/load", "/move"]);
  });

  test("a system has params, streams, inputs, needs, services and state as a node has, under its own name, and sees the world in all of them", async () => {
    const Body = {};
    const heard: number[] = [];
    const sim = defineSystem({
      name: "sim",
      params: { step: param(2, { min: 0 }) },
      streams: { count: stream<number>() },
      inputs: { orders: from<number>("/orders") },
      needs: { load: client<typeof load>("/load") },
      query: [Body],
      state: () => ({ frames: 0, asked: -1 }),
      services: {
        spawn(n: number, context: SystemContext) {
          for (let i = 0; i < n; i++) addComponent(context.world, addEntity(context.world), Body);
          return context.entities.length;
        },
        asked: (_: void, { state }) => (state as { asked: number }).asked,
      },
      run({ entities, streams, params, inputs, needs, state }, dt) {
        expect(dt).toBe(0.02);
        state.frames += params.step;
        if (inputs.orders.latest !== undefined) heard.push(inputs.orders.latest);
        streams.count.emit(entities.length);
        void needs.load.n().then((n) => (state.asked = n), () => {});
      },
    });
    const engine = await placement.engine({ clock: "sim", rate: 50, nodes: { "/load": { use: "./nodes/frame-load.ts" } }, systems: [sim] });
    const counts: number[] = [];
    engine.stream<number>("/sim/count").on((n) => void counts.push(n));
    await engine.step();
    expect(await engine.call("/sim/spawn", 3)).toBe(3);
    engine.publisher<number>("/orders").emit(7);
    await engine.step(2);
    expect(counts).toEqual([0, 3, 3]);
    expect(heard).toEqual([7, 7]);
    expect(await engine.call("/sim/asked")).toBe(3);
    expect(engine.params.get("/sim/step")).toBe(2);
    expect((await rejection(engine.params.set("/sim/step", -1))).name).toBe("ValidationError");
  });

  test("setup runs before the nodes' first frame and may take its time; dispose runs at the end", async () => {
    const log: string[] = [];
    const system = defineSystem({
      name: "life",
      async setup({ sleep, time, name }) {
        await sleep(25);
        log.push(`setup of ${name}, after ${time}`);
      },
      run: () => void log.push("run"),
      dispose: () => void log.push("dispose"),
    });
    const engine = await placement.engine({ clock: "sim", rate: 50, systems: [system] });
    log.push("started");
    await engine.step(2);
    await engine.close();
    expect(log).toEqual(
      ["setup of /life, after 25", "started", "run", "run", "dispose"].map((line) => line.replace("after 25", "after 0")),
    );
  });

  test("a setup that throws fails the start with its reason", async () => {
    const error = await rejection(placement.engine({
      systems: [defineSystem({
        name: "bad",
        setup: () => {
          throw new RangeError("no room");
        },
      })],
    }));
    expect([error.name, error.message]).toEqual(["NodeStartError", "/bad did not start: no room"]);
  });

  test("a throw in a system ends the system, not the engine: others go on, its services and streams leave the graph", async () => {
    let runs = 0;
    const engine = await placement.engine({
      clock: "sim",
      rate: 50,
      nodes: { "/load": { use: "./nodes/frame-load.ts" } },
      systems: [
        defineSystem({
          name: "bad",
          services: { ping: () => "pong" },
          streams: { out: stream<number>() },
          run() {
            if (++runs === 3) throw new Error("third frame");
          },
        }),
        defineSystem({
          name: "good",
          state: () => ({ n: 0 }),
          run: ({ state }) => void state.n++,
          services: { n: (_: void, { state }) => (state as { n: number }).n },
        }),
      ],
    });
    await engine.step(10);
    expect(runs).toBe(3);
    expect(engine.nodes.find(({ name }) => name === "/bad")).toMatchObject({
      status: "failed",
      lives: 1,
      error: { message: "third frame" },
    });
    expect(await engine.call("/good/n")).toBe(10);
    expect(await engine.call("/load/n")).toBe(10);
    expect((await rejection(engine.call("/bad/ping"))).name).toBe("UnknownServiceError");
    expect(engine.streams).toEqual([]);
    expect(engine.frameStats.frames).toBe(10);
  });

  test("in live time a user system alone has frames run, and none are run any more when it has ended", async () => {
    let runs = 0;
    const engine = await placement.engine({
      rate: 200,
      systems: [defineSystem({
        name: "alone",
        run() {
          if (++runs === 5) throw new Error("enough");
        },
      })],
    });
    await until(() => runs === 5);
    await until(() => engine.nodes[0]!.status === "failed");
    const { frames } = engine.frameStats;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(engine.frameStats.frames - frames).toBeLessThanOrEqual(1);
  });

  test("a system without run has no frames run", async () => {
    const engine = await placement.engine({ rate: 200, systems: [defineSystem({ name: "quiet", services: { ping: () => "pong" } })] });
    expect(await engine.call("/quiet/ping")).toBe("pong");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(engine.frameStats.frames).toBe(0);
  });

  test("in simulated time a system reads the figures of all streams as they are at that point of the frame, wherever nodes run", async () => {
    type Published = Entry & { readonly publisher: { readonly emitted: number } };
    type Subscribed = Entry & { readonly subscription: { readonly counts: Counts } };
    const seen: unknown[] = [];
    const figures = (world: GraphWorld) => ({
      emitted: Object.fromEntries(entries<Published>(world, "stream").map(({ name, publisher }) => [name, publisher.emitted])),
      counts: Object.fromEntries(
        entries<Subscribed>(world, "subscription").map(({ name, subscription: { counts: { sent, delivered, waiting } } }) =>
          [name, [sent, delivered, waiting]] as const
        ),
      ),
    });
    const source = defineSystem({
      name: "source",
      streams: { "/source/items": stream<number>() },
      run: ({ streams }) => streams["/source/items"].emit(1),
    });
    const first = defineSystem({ name: "first", stage: "receive", run: ({ world }) => void seen.push(figures(world)) });
    const last = defineSystem({ name: "last", stage: "send", run: ({ world }) => void seen.push(figures(world)) });
    const engine = await placement.engine({
      clock: "sim",
      nodes: {
        "/body": { use: "./nodes/replay-body.ts" },
        "/clerk": { use: "./nodes/replay-clerk.ts" },
        "/reader": { use: "./nodes/stream-update.ts" },
      },
      systems: [source, first, last],
    });
    await engine.step(5);
    const at = (body: number, items: number, [got, read, waits]: readonly [number, number, number]) => ({
      emitted: { "/body/pose": body, "/source/items": items },
      counts: { "/body/pose": [body, got, body - got], "/guide/told": [0, 0, 0], "/source/items": [items, read, waits] },
    });
    const expected = [1, 2, 3, 4, 5].flatMap((n) => [
      at(n - 1, n - 1, [n - 1, Math.max(n - 2, 0), n > 1 ? 1 : 0]),
      at(n, n, [n - 1, n - 1, 1]),
    ]);
    expect(seen).toEqual(expected);
    expect(figures(engine.world)).toEqual(at(5, 5, [5, 4, 1]));
  });
});
