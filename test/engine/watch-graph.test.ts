import { describe, expect, test } from "vitest";
import { GraphWatch } from "../../src/engine/core/graph-watch.ts";
import { createEngine, defineNode, type GraphEvent } from "../../src/mod.ts";

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
};
const short = ({ type, node }: GraphEvent): string => `${type} ${node}`;
const plain = defineNode({ description: "does nothing", services: { fail() {}, ping: () => "pong" } });
const failing = defineNode({
  services: { fail: (_: void, { set }) => void set("x", 1).then(() => 0) },
  update: () => {
    throw new Error("in update");
  },
});

describe("engine.watchGraph()", () => {
  test("tells when nodes come, stop, start, restart, fail, are given up and go", async () => {
    await using engine = await createEngine({ clock: "sim", nodes: { "/a": plain } });
    const events: GraphEvent[] = [];
    const stop = engine.watchGraph((event) => void events.push(event));
    const told = async (): Promise<string[]> => {
      await turns();
      return events.splice(0).map(short);
    };
    await engine.add("/b", plain);
    expect(await told()).toEqual(["started /b"]);
    await engine.stopNode("/a");
    expect(await told()).toEqual(["stopped /a"]);
    await engine.startNode("/a");
    await engine.restartNode("/a");
    expect(await told()).toEqual(["started /a", "stopped /a", "started /a"]);
    await engine.remove("/b");
    expect(await told()).toEqual(["stopped /b", "removed /b"]);
    await engine.add("/bad", failing, { restart: { mode: "on-failure", delay: 100, limit: 1 } });
    await engine.step();
    await turns();
    expect(events.slice(0, 3)).toMatchObject([
      { type: "started", node: "/bad", time: 0 },
      { type: "failed", node: "/bad", error: { message: "in update" } },
      { type: "restarting", node: "/bad", delay: 100 },
    ]);
    await engine.run({ seconds: 1 });
    expect((await told()).slice(3)).toEqual(["started /bad", "failed /bad", "given-up /bad"]);
    stop();
    await engine.remove("/a");
    expect(await told()).toEqual([]);
  });

  test("tells nobody twice, and of nothing from before", async () => {
    await using engine = await createEngine({ nodes: { "/a": plain } });
    const lists: string[][] = [[], []];
    for (const list of lists) engine.watchGraph((event) => void list.push(short(event)));
    await engine.stopNode("/a");
    await turns();
    expect(lists).toEqual([["stopped /a"], ["stopped /a"]]);
  });

  test("is read by for await, which a break leaves and a close of the engine ends", async () => {
    const engine = await createEngine({ nodes: { "/a": plain } });
    const seen: string[] = [];
    const broken = (async () => {
      for await (const event of engine.watchGraph()) {
        seen.push(short(event));
        break;
      }
    })();
    const ended: string[] = [];
    const reading = (async () => {
      for await (const event of engine.watchGraph()) ended.push(short(event));
    })();
    await engine.restartNode("/a");
    await broken;
    await engine.close();
    await reading;
    expect(seen).toEqual(["stopped /a"]);
    expect(ended).toEqual(["stopped /a", "started /a", "stopped /a", "removed /a"]);
  });

  test("goes on when its callback throws", async () => {
    await using engine = await createEngine({ nodes: { "/a": plain } });
    let count = 0;
    engine.watchGraph(() => {
      count++;
      throw new Error("a watcher that throws");
    });
    await engine.restartNode("/a");
    await turns();
    expect(count).toBe(2);
  });

  test("keeps the newest 100,000 events that nobody has read yet, and counts the others", async () => {
    const watch = new GraphWatch(() => {});
    for (let i = 0; i < 150_000; i++) watch.push({ type: "started", node: `/n${i}`, time: i });
    expect(watch.dropped).toBe(50_000);
    const start = performance.now();
    for (let i = 50_000; i < 150_000; i++) expect((await watch.next()).value?.time === i).toBe(true);
    expect(performance.now() - start).toBeLessThan(8000);
  });
});

describe("engine.nodes", () => {
  test("tells of each node its name, status, lives, description and why it failed, sorted by name", async () => {
    await using engine = await createEngine({
      clock: "sim",
      nodes: { "/b": plain, "/a": { use: failing, restart: "never" }, "/c": plain },
    });
    await engine.step();
    await engine.restartNode("/c");
    await engine.stopNode("/b");
    expect(engine.nodes).toEqual([
      { name: "/a", status: "failed", placement: "loop", lives: 1, error: expect.objectContaining({ message: "in update" }) },
      { name: "/b", status: "stopped", placement: "loop", lives: 1, description: "does nothing" },
      { name: "/c", status: "running", placement: "loop", lives: 2, description: "does nothing" },
    ]);
  });
});
