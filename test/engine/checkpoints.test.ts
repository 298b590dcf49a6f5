/** A node that has failed goes on with the last whole copy of its state, in every placement. */
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, describe, expect, test } from "vitest";
import type { Engine } from "pyros";
import { until } from "../conformance/harness.ts";
import type failing from "./supervised/failing.ts";
import { nodeOf, start } from "./supervised/support.ts";

afterEach(() => resetSync());

const every = 20; // ms
const clientOf = (engine: Engine) => engine.client<typeof failing>("/failing");
const restarted = (engine: Engine, lives: number) =>
  until(() => nodeOf(engine, "/failing").status === "running" && nodeOf(engine, "/failing").lives === lives);

/** Waits until the state as it is now has been copied: two more begin and end within this time. */
async function copied(engine: Engine): Promise<void> {
  const { frames } = await clientOf(engine).state();
  const enough = frames + Math.ceil((3 * every * 200) / 1000);
  await until(async () => (await clientOf(engine).state()).frames > enough);
  await engine.flush();
}

describe.each(["loop", "thread", "process"] as const)("a node in placement %s", (placement) => {
  const begin = (more: object = {}) =>
    start({ rate: 200, nodes: { "/failing": { use: "./failing.ts", placement, checkpoint: every, restart: { delay: 1 }, ...more } } });

  test("that throws in update goes on with its checkpoint", async () => {
    const engine = await begin();
    await clientOf(engine).note("one");
    await copied(engine);
    await clientOf(engine).fail();
    await restarted(engine, 2);
    const { notes, frames } = await clientOf(engine).state();
    expect(notes).toEqual(["one"]);
    expect(frames).toBeGreaterThan(3);
    // The checkpoint is not the state itself: what it goes on with may change, and it goes on with it again.
    await clientOf(engine).note("two");
    await copied(engine);
    await clientOf(engine).fail();
    await restarted(engine, 3);
    expect((await clientOf(engine).state()).notes).toEqual(["one", "two"]);
  });

  test("without a checkpoint begins with a fresh state", async () => {
    const engine = await begin({ checkpoint: undefined });
    await clientOf(engine).note("one");
    await copied(engine);
    await clientOf(engine).fail();
    await restarted(engine, 2);
    expect((await clientOf(engine).state()).notes).toEqual([]);
  });

  test("begins with a fresh state when it is restarted or started by hand", async () => {
    const engine = await begin({ restart: "never" });
    await clientOf(engine).note("one");
    await copied(engine);
    await engine.restartNode("/failing");
    expect((await clientOf(engine).state()).notes).toEqual([]);
    await clientOf(engine).note("two");
    await copied(engine);
    await clientOf(engine).fail();
    await until(() => nodeOf(engine, "/failing").status === "failed");
    await engine.startNode("/failing");
    expect((await clientOf(engine).state()).notes).toEqual([]);
  });

  test("is never copied half: not while a handler is under way", async () => {
    const engine = await begin();
    await clientOf(engine).note("first");
    await copied(engine);
    const slow = clientOf(engine).noteSlowly(undefined, { timeout: Infinity }).catch(() => {});
    await copied(engine);
    await clientOf(engine).fail();
    await slow;
    await restarted(engine, 2);
    expect((await clientOf(engine).state()).notes).toEqual(["first"]);
    const whole = clientOf(engine).noteSlowly(undefined, { timeout: Infinity });
    await copied(engine);
    await clientOf(engine).finish();
    await whole;
    await copied(engine);
    await clientOf(engine).fail();
    await restarted(engine, 3);
    expect((await clientOf(engine).state()).notes).toEqual(["first", "whole"]);
  });

  test("whose state is no data says so once, with the path, and goes on", async () => {
    const records: LogRecord[] = [];
    configureSync({
      reset: true,
      sinks: { all: (record) => void records.push(record) },
      loggers: [{ category: ["logtape", "meta"], sinks: [] }, { category: ["pyros"], sinks: ["all"], lowestLevel: "error" }],
    });
    const engine = await begin();
    await clientOf(engine).note("before");
    await copied(engine);
    await clientOf(engine).spoil(true);
    await copied(engine);
    await copied(engine);
    const of = () => records.filter(({ category }) => category[1] === "/failing");
    await until(() => of().length > 0);
    await engine.flush();
    expect(of().map(({ properties }) => (properties.error as Error).message)).toEqual([expect.stringContaining("$.broken.deep[0]")]);
    expect(nodeOf(engine, "/failing")).toMatchObject({ status: "running", lives: 1 });
    await clientOf(engine).fail();
    await restarted(engine, 2);
    expect((await clientOf(engine).state()).notes).toEqual(["before"]); // the last whole one
  });

  if (placement === "loop") return;

  test("whose host dies goes on with its checkpoint in the next one, and in the one after", async () => {
    const engine = await begin();
    for (const [i, note] of ["one", "two", "three"].entries()) {
      await clientOf(engine).note(note);
      await copied(engine);
      const pid = await clientOf(engine).pid();
      if (placement === "process") process.kill(pid, "SIGKILL");
      else await clientOf(engine).die();
      await restarted(engine, i + 2);
      expect((await clientOf(engine).state()).notes).toEqual(["one", "two", "three"].slice(0, i + 1));
    }
  });
});

test("a checkpoint has to be a number above 0", async () => {
  await expect(start({ nodes: { "/failing": { use: "./failing.ts", checkpoint: 0 } } })).rejects.toMatchObject({
    problems: [{ path: 'nodes["/failing"].checkpoint', message: expect.stringContaining("a number above 0") }],
  });
});

test("in simulated time copies are made in its time", async () => {
  const engine = await start({
    clock: "sim",
    rate: 100,
    nodes: { "/failing": { use: "./failing.ts", checkpoint: 100, restart: { delay: 10 } } },
  });
  await engine.run({ until: 255 });
  await clientOf(engine).fail();
  await engine.run({ until: 265 });
  expect(nodeOf(engine, "/failing").status).toBe("waiting");
  await engine.run({ until: 275 });
  expect((await clientOf(engine).state()).frames).toBeGreaterThanOrEqual(19);
  expect((await clientOf(engine).state()).frames).toBeLessThan(22);
});
