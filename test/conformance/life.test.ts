import { expect, test } from "vitest";
import { createEngine, type Engine, NodeLostError, NodeStartError, StateError, UnknownNodeError, UnknownServiceError } from "pyros";
import { describePlacements, graphOf, rejection, settled, turns, until, watched } from "./harness.ts";
import type mortal from "./nodes/mortal.ts";

const mortalNode = (more: object = {}) => ({ use: "./nodes/mortal.ts", ...more });
const statusOf = (engine: Engine, name = "/m") => engine.nodes.find((node) => node.name === name)?.status;

describePlacements("the life of a node", (placement) => {
  const start = async (more: object = {}, config: object = {}) => {
    const engine = await placement.engine({
      clock: "sim",
      rate: 100,
      ...config,
      nodes: { "/m": mortalNode(more), "/echo": { use: "./nodes/echo.ts" } },
    });
    await clientOf(engine).forget();
    return engine;
  };
  const clientOf = (engine: Engine) => engine.client<typeof mortal>("/m");
  /** What happens, as short words with the time. */
  const chronicle = (engine: Engine) => {
    const events: string[] = [];
    engine.watchGraph(({ type, node, time, delay }) =>
      void (node === "/m" && events.push(`${type}@${Math.round(time)}${delay === undefined ? "" : `+${delay}`}`))
    );
    return events;
  };
  const fail = async (engine: Engine, how: "throw" | "reject" = "throw") => {
    await clientOf(engine).fail(how);
    await engine.step();
  };

  for (const how of ["throw", "reject"] as const) {
    test(`a ${how} in update fails the node, not the engine`, async () => {
      const engine = await start({ restart: "never" });
      await fail(engine, how);
      await turns();
      expect(engine.nodes).toMatchObject([{ name: "/echo", status: "running" }, {
        name: "/m",
        status: "failed",
        error: { message: how === "throw" ? "update throws" : "update rejects" },
      }]);
      await engine.run({ frames: 10 });
      expect(await engine.call("/echo/echo", 1)).toBe(1);
      expect(await rejection(clientOf(engine).state())).toBeInstanceOf(UnknownServiceError);
    });

    test(`a ${how} in a handler of items fails the node, not the engine`, async () => {
      const engine = await start({ restart: "never" });
      engine.publisher("/poke").emit(how);
      await until(() => statusOf(engine) === "failed");
      expect(await engine.call("/echo/echo", 1)).toBe(1);
    });
  }

  test("a throw in a service goes to the caller and fails nothing", async () => {
    const engine = await placement.engine({ nodes: { "/throws": { use: "./nodes/throws.ts" } } });
    await rejection(engine.call("/throws/now", "error"));
    expect(statusOf(engine, "/throws")).toBe("running");
  });

  test("calls that are out at a node that fails settle with NodeLostError that tells why", async () => {
    const engine = await start({ restart: "never" });
    const calls = [clientOf(engine).stuck(undefined, { timeout: Infinity }), clientOf(engine).slow(1000)].map(watched);
    await engine.step();
    await fail(engine);
    await turns();
    for (const { outcome } of calls) {
      expect((outcome as any).error).toBeInstanceOf(NodeLostError);
      expect((outcome as any).error).toMatchObject({ node: "/m", cause: { message: "update throws" } });
    }
  });

  test("services and streams of a node that failed or was stopped leave the graph, its params stay", async () => {
    for (const end of ["fail", "stop"]) {
      const engine = await start({ restart: "never" });
      const before = graphOf(engine);
      expect(before.services.filter((name) => name.endsWith(" of /m"))).toHaveLength(10);
      await engine.params.set("/m/gain", 7);
      await (end === "fail" ? fail(engine) : engine.stopNode("/m"));
      const after = graphOf(engine);
      expect([...after.services, ...after.streams, ...after.subscriptions].filter((name) => name.endsWith(" of /m"))).toEqual([]);
      expect(engine.params.get("/m/gain")).toBe(7);
      await engine.startNode("/m");
      expect(graphOf(engine)).toEqual(before);
      expect(engine.params.get("/m/gain")).toBe(7); // an existing value beats config and default
    }
  });

  test("restart never: a node that failed stays so", async () => {
    const engine = await start({ restart: "never" });
    const events = chronicle(engine);
    await fail(engine);
    await engine.run({ seconds: 100 });
    await turns();
    expect(events).toEqual(["failed@10", "given-up@10"]);
    expect(statusOf(engine)).toBe("failed");
  });

  for (const mode of ["on-failure", "always", undefined] as const) {
    test(`restart ${mode ?? "by default"}: a node that failed comes back with a fresh state after 100 ms`, async () => {
      const engine = await start(mode === undefined ? {} : { restart: mode });
      const events = chronicle(engine);
      await clientOf(engine).note("before");
      await fail(engine);
      expect(statusOf(engine)).toBe("waiting");
      expect(await rejection(clientOf(engine).state())).toBeInstanceOf(UnknownServiceError);
      await engine.run({ until: 200 });
      expect(await clientOf(engine).state()).toMatchObject({ notes: [] });
      expect(await clientOf(engine).story()).toMatchObject({ mostOpen: 1 });
      await turns();
      expect(events).toEqual(["failed@10", "restarting@10+100", "started@110"]);
      expect(engine.nodes.at(-1)).toMatchObject({ status: "running", lives: 2 });
      expect(engine.nodes.at(-1)).not.toHaveProperty("error");
    });
  }

  test("restarts back off exponentially up to maxDelay, and end at the limit of a window", async () => {
    const engine = await start({ restart: { mode: "on-failure", delay: 10, maxDelay: 50, limit: 4, window: 10_000 } });
    const events = chronicle(engine);
    for (let i = 0; i < 5; i++) {
      await fail(engine);
      await engine.run({ seconds: 0.1 });
    }
    await turns();
    expect(events.filter((event) => event.startsWith("restarting")).map((event) => event.split("+")[1])).toEqual(["10", "20", "40", "50"]);
    expect(events.at(-1)).toMatch(/^given-up/);
    expect(statusOf(engine)).toBe("failed");
    await engine.startNode("/m");
    expect(statusOf(engine)).toBe("running");
  });

  test("a restart that fails in setup is tried again, within the limit", async () => {
    const engine = await start({ restart: { delay: 10, limit: 3 } });
    const events = chronicle(engine);
    await engine.params.set("/m/setup", "throw");
    await fail(engine);
    await engine.run({ seconds: 10 });
    await turns();
    expect(events.filter((event) => event.startsWith("restarting"))).toHaveLength(3);
    expect(events.at(-1)).toMatch(/^given-up/);
    expect(graphOf(engine).services.filter((name) => name.endsWith(" of /m"))).toEqual([]);
  });

  test("restarts outside the window do not count", async () => {
    const engine = await start({ restart: { delay: 10, limit: 2, window: 1000 } });
    for (let i = 0; i < 6; i++) {
      await fail(engine);
      await engine.run({ seconds: 1 });
    }
    expect(statusOf(engine)).toBe("running");
    expect(engine.nodes.at(-1)!.lives).toBe(7);
  });

  for (const setup of ["throw", "throw-later"]) {
    test(`a setup that fails (${setup}) fails the start with the reason, and leaves nothing`, async () => {
      const engine = await start({ params: { setup: "quick" } });
      await engine.stopNode("/m");
      await engine.params.set("/m/setup", setup);
      const starting = settled([engine.startNode("/m")]);
      await engine.run({ seconds: 0.1 });
      const [outcome] = await starting;
      const { error } = outcome as any;
      expect(error).toBeInstanceOf(NodeStartError);
      expect(error).toMatchObject({ code: "PYROS_NODE_START", node: "/m", cause: { message: expect.stringContaining("setup throws") } });
      expect(error.message).toContain("setup throws");
      expect(statusOf(engine)).toBe("failed");
      expect(Object.values(graphOf(engine)).flat().filter((name) => name.endsWith(" of /m"))).toEqual([]);
      await engine.run({ seconds: 100 });
      expect(statusOf(engine)).toBe("failed"); // whoever asked for the start was told; it is not started behind their back
    });

    test(`createEngine() rejects with NodeStartError when a setup fails (${setup}), and closes everything again`, async () => {
      const config = { clock: "sim", nodes: { "/echo": { use: "./nodes/echo.ts" }, "/m": mortalNode({ params: { setup } }) } } as const;
      const error = await rejection(createEngine(config, { base: new URL("./", import.meta.url) }));
      expect(error).toBeInstanceOf(NodeStartError);
      expect(error.message).toContain("/m did not start: setup throws");
    });
  }

  test("a node that fails while its setup is under way fails the start with that reason, and only once", async () => {
    const engine = await start();
    await engine.stopNode("/m");
    const events = chronicle(engine);
    await engine.params.set("/m/setup", "crash");
    const starting = settled([engine.startNode("/m")]);
    await turns(6);
    await engine.params.set("/m/gain", 3);
    await turns(6);
    const [outcome] = await starting;
    expect((outcome as any).error).toBeInstanceOf(NodeStartError);
    expect((outcome as any).error.message).toContain("a watcher throws");
    await engine.run({ seconds: 100 });
    await turns();
    expect(events).toEqual(["failed@0"]);
  });

  test.each(["stopNode", "restartNode", "remove"] as const)("a setup that hangs does not hold up %s()", async (what) => {
    const engine = await start();
    await engine.stopNode("/m");
    await engine.params.set("/m/setup", "hang");
    for (const wait of [0, 6]) {
      const starting = settled([engine.startNode("/m")]);
      await turns(wait);
      if (what === "restartNode") await Promise.all([turns(6).then(() => engine.params.set("/m/setup", "quick")), turns(3)]);
      await engine[what]("/m");
      expect((await starting)[0]).toMatchObject({ error: { name: "NodeStartError" } });
      expect(statusOf(engine)).toBe(what === "stopNode" ? "stopped" : what === "restartNode" ? "running" : undefined);
      if (what !== "stopNode") break;
    }
  });

  test("a setup that hangs does not hold up close()", async () => {
    const engine = await start();
    await engine.stopNode("/m");
    await engine.params.set("/m/setup", "hang");
    const starting = settled([engine.startNode("/m")]);
    await turns(6);
    await engine.close();
    expect((await starting)[0]).toMatchObject({ error: { name: "NodeStartError" } });
  });

  test("what a late setup made is disposed of", async () => {
    const engine = await start({}, { clock: "live" });
    await engine.stopNode("/m");
    await engine.params.set("/m/setup", "slow");
    await until(async () => { // the setup takes 20 ms: a loaded machine may be too late to stop it
      const starting = settled([engine.startNode("/m")]);
      await new Promise((resolve) => setImmediate(resolve));
      await engine.stopNode("/m");
      return "error" in (await starting)[0]!;
    });
    await engine.params.set("/m/setup", "quick");
    await engine.startNode("/m");
    await until(async () => (await clientOf(engine).story()).open === 1);
    expect(await clientOf(engine).story()).toMatchObject({ open: 1 });
  });

  test("dispose runs once a life, also after a setup that makes nothing", async () => {
    const engine = await placement.engine({ nodes: { "/bare": { use: "./nodes/bare.ts" } } });
    const { made, freed } = await engine.call("/bare/counts");
    for (let i = 0; i < 3; i++) await engine.restartNode("/bare");
    expect(await engine.call("/bare/counts")).toEqual({ made: made + 3, freed: freed + 3 });
  });

  for (const dispose of ["slow", "throw"]) {
    test(`a node that failed has disposed before its next life begins, and before close() ends (dispose: ${dispose})`, async () => {
      const engine = await start({ params: { dispose }, restart: { delay: 0 } }, { clock: "live" });
      for (let i = 0; i < 3; i++) {
        const { lives } = engine.nodes.at(-1)!;
        await clientOf(engine).fail("throw");
        await until(() => engine.nodes.at(-1)!.lives === lives + 1 && statusOf(engine) === "running");
      }
      const story = await clientOf(engine).story();
      expect(story).toMatchObject({ open: 1, mostOpen: 1 });
      const { lives } = engine.nodes.at(-1)!;
      await clientOf(engine).fail("throw");
      await until(() => statusOf(engine) !== "running" || engine.nodes.at(-1)!.lives > lives);
      await engine.close();
      const again = await placement.engine({ nodes: { "/m": mortalNode(), "/echo": { use: "./nodes/echo.ts" } } }); // the module's variables tell of all lives
      expect(await clientOf(again).story()).toMatchObject({ open: 1, mostOpen: 1 });
    });
  }

  test("a node that fails while it is stopped is stopped: disposed of once, and not restarted", async () => {
    const engine = await start({ restart: { delay: 1 } }, { clock: "live" });
    const events = chronicle(engine);
    const { local } = { local: await clientOf(engine).story() };
    const call = settled([clientOf(engine).slow(3000)]);
    await turns();
    const stopping = engine.stopNode("/m"); // waits for the call
    await engine.params.set("/m/trap", 1); // its watcher throws
    await stopping;
    expect((await call)[0]).toMatchObject({ error: { name: "NodeLostError", cause: { message: "the trap" } } });
    expect(statusOf(engine)).toBe("stopped");
    await new Promise((resolve) => setTimeout(resolve, 30)); // longer than the delay of a restart
    expect(statusOf(engine)).toBe("stopped");
    // Where it fails before its stop has begun, there is nothing left to stop.
    expect([["failed"], ["failed", "stopped"]]).toContainEqual(events.map((event) => event.split("@")[0]));
    await engine.startNode("/m");
    expect(await clientOf(engine).story()).toMatchObject({ disposed: local.disposed + 1, open: 1, mostOpen: 1 });
  });

  test("what still runs of an earlier life cannot touch the new one", async () => {
    const engine = await start({}, { clock: "live" });
    const client = clientOf(engine);
    const before = (await client.story()).errors.length;
    const beats: number[] = [];
    engine.stream<number>("/m/beat").on((beat) => beats.push(beat));
    const call = settled([client.haunt(undefined, { timeout: Infinity })]);
    await client.fail("throw");
    expect((await call)[0]).toMatchObject({ error: { name: "NodeLostError" } });
    await until(() => statusOf(engine) === "running");
    await until(async () => (await client.story()).errors.at(-1) === "end");
    const { errors } = await client.story();
    // `withdraw` of what the earlier life provided may say nothing: it takes nothing from the new one
    expect(errors.slice(before).filter((name) => name !== "nothing")).toEqual([
      "StateError",
      "StateError",
      "StateError",
      "StateError",
      "StateError",
      "StateError",
      "NodeLostError",
      "end",
    ]);
    expect(await engine.call("/m/extra")).toBe("extra");
    expect(await client.state()).toMatchObject({ notes: [] });
    expect((await client.state()).updates).toBeLessThan(1e6);
    expect(engine.params.get("/m/gain")).toBe(1);
    expect(beats).not.toContain(-1);
  });

  test("what a service handler goes on with after its answer ends with its node", async () => {
    const engine = await start({}, { clock: "live" });
    const before = (await clientOf(engine).story()).errors.length;
    expect(await clientOf(engine).background()).toBe("begun");
    await engine.restartNode("/m");
    await until(async () => (await clientOf(engine).story()).errors.length > before);
    expect((await clientOf(engine).story()).errors.slice(before)).toEqual(["StateError"]);
  });

  test("stop, start and restart of what is in that state already do no harm", async () => {
    const engine = await start();
    await engine.startNode("/m");
    expect(engine.nodes.at(-1)!.lives).toBe(1);
    await engine.stopNode("/m");
    await engine.stopNode("/m");
    expect(statusOf(engine)).toBe("stopped");
    await engine.restartNode("/m");
    expect(statusOf(engine)).toBe("running");
    expect(() => engine.startNode("/nobody")).toThrow(UnknownNodeError);
  });

  test("stopNode() of a node that waits for its restart ends the waiting", async () => {
    const engine = await start();
    await fail(engine);
    expect(statusOf(engine)).toBe("waiting");
    await engine.stopNode("/m");
    await engine.run({ seconds: 100 });
    expect(statusOf(engine)).toBe("stopped");
  });

  test("stopNode() of a node that failed and still frees what it held is the last word, though the time of its restart has come", async () => {
    const engine = await start({ restart: { delay: 1, limit: 1000 }, params: { dispose: "slow" } }, { clock: "live" });
    let isOut = false;
    await until(() => {
      // It waits for some ms only: who is too late to see that has it fail again.
      if (!isOut && statusOf(engine) === "running") {
        isOut = true;
        void settled([clientOf(engine).fail("throw")]).then(() => (isOut = false));
      }
      return statusOf(engine) === "waiting";
    });
    await engine.stopNode("/m");
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(statusOf(engine)).toBe("stopped");
  });

  test("a node that is removed leaves nothing but its params, and its name can be taken again", async () => {
    const engine = await start();
    await engine.remove("/m");
    expect(engine.nodes.map(({ name }) => name)).toEqual(["/echo"]);
    expect(Object.values(graphOf(engine)).flat().filter((name) => name.endsWith(" of /m"))).toEqual([]);
    expect(engine.params.has("/m/gain")).toBe(true);
    expect(() => engine.stopNode("/m")).toThrow(UnknownNodeError);
    await engine.add("/m", () => {});
    expect(statusOf(engine)).toBe("running");
  });

  test("add() of a node that does not start leaves nothing, so that it can be tried again", async () => {
    const engine = await start();
    let tries = 0;
    const { default: definition } = await import("./nodes/bare.ts");
    const failing = {
      ...definition,
      setup: () => {
        if (tries++ === 0) throw new Error("not yet");
      },
    } as never;
    expect(await rejection(engine.add("/late", failing))).toBeInstanceOf(NodeStartError);
    expect(statusOf(engine, "/late")).toBe(undefined);
    await engine.add("/late", failing);
    expect(statusOf(engine, "/late")).toBe("running");
  });

  test("a dispose that hangs holds up a stop for 5 s at most", async () => {
    const engine = await start({ params: { dispose: "hang" } });
    const stopping = watched(engine.stopNode("/m"));
    await engine.run({ seconds: 5 });
    await turns();
    expect(stopping.outcome).toEqual({ value: undefined });
    expect(statusOf(engine)).toBe("stopped");
  });

  test("work in hand has 5 s to finish when a node is stopped while time runs", async () => {
    const engine = await start();
    const calls = [clientOf(engine).slow(4000, { timeout: Infinity }), clientOf(engine).slow(6000, { timeout: Infinity })].map(watched);
    await engine.run({ until: 10 });
    const run = engine.run({ until: 10_000 });
    await turns(1);
    const stopped = engine.stopNode("/m");
    await run;
    await stopped;
    await turns();
    expect(calls.map(({ outcome }) => outcome)).toEqual([{ value: "slow" }, { error: expect.any(NodeLostError) }]);
  });

  test("a call to a stopped node's client after the engine closed is refused, and so is everything else", async () => {
    const engine = await start();
    await engine.stopNode("/m");
    await engine.close();
    expect(await rejection(clientOf(engine).state())).toBeInstanceOf(StateError);
    expect(await rejection(engine.startNode("/m"))).toBeInstanceOf(StateError);
  });
});
