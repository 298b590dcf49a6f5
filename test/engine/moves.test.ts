/** What becomes of a node whose thread or process ends while it moves, and of what is kept of it for a restart. */
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type Engine, MoveError, type Placement } from "pyros";
import { rejection, until } from "../conformance/harness.ts";
import type failing from "./supervised/failing.ts";
import type movable from "./supervised/movable.ts";
import { chronicle, nodeOf, start } from "./supervised/support.ts";

afterEach(() => resetSync());

const client = (engine: Engine) => engine.client<typeof movable>("/movable");
const runs = (engine: Engine) => until(() => nodeOf(engine, "/movable").status === "running");
const at = (placement: Placement) => ({ use: "./movable.ts", placement, restart: { delay: 1 } }) as const;

/** Where a node said last that it stays. */
function logged(): (message: string) => Promise<number> {
  const records: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { all: (record) => void records.push(record) },
    loggers: [{ category: ["logtape", "meta"], sinks: [] }, { category: ["pyros"], sinks: ["all"], lowestLevel: "warning" }],
  });
  return async (message) => {
    const of = () => records.find((record) => record.category[1] === "/movable" && record.rawMessage === message);
    await until(of);
    return of()!.properties.pid as number;
  };
}

/** Calls all the time; at the end it says what came of the calls. */
function caller(engine: Engine): () => Promise<string[]> {
  const calls: Promise<string>[] = [];
  let over = false;
  const calling = (async () => {
    while (!over) {
      calls.push(client(engine).add(1).then(() => "answered", (error: Error) => error.name));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  onTestFinished(() => void (over = true));
  return async () => {
    over = true;
    await calling;
    return Promise.all(calls);
  };
}

describe("a process that is killed in the middle of a move", () => {
  const places = [["process", "loop"], ["process", "thread"], ["process", "process"]] as const;

  test.each(places)("while work in hand finishes, %s to %s: the node is restarted where it was", async (from, to) => {
    const stays = logged();
    const engine = await start({ nodes: { "/movable": at(from) } });
    const events = chronicle(engine, "/movable");
    const outcomes = caller(engine);
    const long = rejection(client(engine).long(60_000, { timeout: Infinity }));
    const pid = await stays("in work");
    const move = rejection(engine.move("/movable", to));
    await until(() => nodeOf(engine, "/movable").status === "moving");
    process.kill(pid, "SIGKILL");
    expect(await move).toBeInstanceOf(MoveError);
    expect((await long).name).toBe("NodeLostError");
    await runs(engine);
    expect(await client(engine).where()).not.toMatch(new RegExp(`^(${pid}|${process.pid})/`));
    expect(nodeOf(engine, "/movable")).toMatchObject({ placement: from, lives: 2 });
    expect(new Set(await outcomes())).toEqual(new Set(["answered", "NodeLostError", "UnknownServiceError"]));
    expect(events).toEqual(["failed", "restarting", "started"]);
    expect(engine.services.filter(({ name }) => name === "/movable/add")).toHaveLength(1);
    await engine.move("/movable", to);
    expect(nodeOf(engine, "/movable")).toMatchObject({ placement: to, status: "running" });
  });

  test.each(places)("while it goes, %s to %s: the node is restarted where it was", async (from, to) => {
    const stays = logged();
    const engine = await start({ nodes: { "/movable": at(from) } });
    await engine.params.set("/movable/slow", "dispose");
    const outcomes = caller(engine);
    const move = rejection(engine.move("/movable", to));
    process.kill(await stays("in dispose"), "SIGKILL");
    expect(await move).toBeInstanceOf(MoveError);
    await runs(engine);
    expect(nodeOf(engine, "/movable")).toMatchObject({ placement: from, lives: 2 });
    await engine.params.set("/movable/slow", "");
    expect((await outcomes()).every((outcome) => ["answered", "NodeLostError", "UnknownServiceError"].includes(outcome))).toBe(true);
    expect(engine.services.filter(({ name }) => name === "/movable/add")).toHaveLength(1);
    await engine.move("/movable", to);
  });

  test.each(["loop", "thread", "process"] as const)(
    "while it comes from the %s: the node goes on where it was, with its state",
    async (from) => {
      const stays = logged();
      const engine = await start({ nodes: { "/movable": at(from) } });
      await client(engine).add(100);
      await engine.params.set("/movable/first", await client(engine).where());
      await engine.params.set("/movable/slow", "setup");
      const outcomes = caller(engine);
      const move = rejection(engine.move("/movable", "process"));
      process.kill(await stays("in setup"), "SIGKILL");
      const error = await move;
      expect(error).toBeInstanceOf(MoveError);
      expect(error.message).toMatch(/it goes on where it was: .*killed by SIGKILL/);
      expect(new Set(await outcomes())).toEqual(new Set(["answered"]));
      expect(await client(engine).add(0)).toBeGreaterThan(100);
      expect(nodeOf(engine, "/movable")).toMatchObject({ placement: from, status: "running" });
      expect(await client(engine).where()).toBe(engine.params.get("/movable/first"));
    },
  );

  test("right after it has come, is where the node is restarted", async () => {
    const engine = await start({ nodes: { "/movable": at("loop") } });
    for (let i = 0; i < 5; i++) {
      await engine.move("/movable", "process");
      const lives = nodeOf(engine, "/movable").lives;
      process.kill(Number((await client(engine).where()).split("/")[0]), "SIGKILL");
      await until(() => nodeOf(engine, "/movable").lives > lives && nodeOf(engine, "/movable").status === "running");
      expect(nodeOf(engine, "/movable").placement).toBe("process");
      await engine.move("/movable", "loop");
      expect(await client(engine).add(1)).toBe(1);
    }
  });
});

describe("a place that does not start", () => {
  test.each([["thread", "throw"], ["process", "throw"], ["process", "exit"]] as const)(
    "a %s whose module does not load (%s) is no place to go; nothing waits for it",
    async (to, away) => {
      const engine = await start({ nodes: { "/movable": at("loop") } });
      Object.assign(process.env, { PYROS_TEST_HOME: await client(engine).where(), PYROS_TEST_AWAY: away });
      onTestFinished(() => {
        delete process.env.PYROS_TEST_HOME;
        delete process.env.PYROS_TEST_AWAY;
      });
      await client(engine).add(3);
      const outcomes = caller(engine);
      const error = await rejection(engine.move("/movable", to));
      expect(error).toBeInstanceOf(MoveError);
      expect(error.message).toMatch(
        away === "throw"
          ? /did not move to .*, it goes on where it was: .*it cannot be loaded here/
          : /did not move to process, it goes on where it was: .*exited with code 4/,
      );
      expect(new Set(await outcomes())).toEqual(new Set(["answered"]));
      expect(nodeOf(engine, "/movable")).toMatchObject({ placement: "loop", status: "running", lives: 1 });
    },
  );
});

describe("what is kept for a restart", () => {
  const failingOf = (engine: Engine) => engine.client<typeof failing>("/failing");
  const begin = (more: object) => start({ rate: 200, nodes: { "/failing": { use: "./failing.ts", restart: { delay: 1 }, ...more } } });
  const restarted = (engine: Engine, lives: number) =>
    until(() => nodeOf(engine, "/failing").status === "running" && nodeOf(engine, "/failing").lives === lives);

  test.each(["thread", "process", "loop"] as const)("a node that fails in the %s goes on with the state that came", async (to) => {
    const engine = await begin({ checkpoint: 60_000, placement: to === "loop" ? "thread" : "loop" });
    await failingOf(engine).note("one");
    await engine.move("/failing", to);
    await failingOf(engine).note("lost, as nothing has copied it");
    await failingOf(engine).fail();
    await restarted(engine, 3);
    expect((await failingOf(engine).state()).notes).toEqual(["one"]);
    if (to === "loop") return;
    await failingOf(engine).note("lost, too");
    await failingOf(engine).die();
    await restarted(engine, 4);
    expect((await failingOf(engine).state()).notes).toEqual(["one"]);
  });

  test("a node that waits for its restart goes on elsewhere, with its checkpoint", async () => {
    const engine = await begin({ checkpoint: 20, restart: { delay: 60_000, maxDelay: 60_000 }, placement: "thread" });
    await failingOf(engine).note("one");
    const { frames } = await failingOf(engine).state();
    await until(async () => (await failingOf(engine).state()).frames > frames + 20);
    await failingOf(engine).fail();
    await until(() => nodeOf(engine, "/failing").status === "waiting");
    await engine.move("/failing", "process");
    await restarted(engine, 2);
    expect(nodeOf(engine, "/failing").placement).toBe("process");
    expect((await failingOf(engine).state()).notes).toEqual(["one"]);
  });

  test("restarts of before a move still count", async () => {
    const engine = await begin({ restart: { delay: 1, limit: 2 }, placement: "thread" });
    const events = chronicle(engine, "/failing");
    await failingOf(engine).fail();
    await restarted(engine, 2);
    await engine.move("/failing", "loop");
    await failingOf(engine).fail();
    await restarted(engine, 4);
    await engine.move("/failing", "process");
    await failingOf(engine).fail();
    await until(() => events.includes("given-up"));
    expect(events).toEqual(["failed", "restarting", "started", "moved", "failed", "restarting", "started", "moved", "failed", "given-up"]);
  });
});
