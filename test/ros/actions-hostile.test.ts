import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Engine } from "pyros";
import { type ActionHealth, goalStates } from "../../systems/ros/bridge/goal.ts";
import { RawActionClient, rawNode } from "./raw-action.ts";
import { bridge, healthOf, ownMaster, started, until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];
const largest = 64 * 2 ** 20; // bytes of a message

async function serving(): Promise<{ readonly engine: Engine; readonly client: RawActionClient; health(): Promise<ActionHealth> }> {
  const master = await ownMaster();
  const params = { types, export: { actions: [{ match: "/counter/count", as: "/count" }] } };
  const engine = await started({ nodes: { "/counter": "./nodes/counter.ts", "/ros": bridge(master, "/counting", params) } });
  const client = new RawActionClient(await rawNode(master, "/raw"), "/count");
  await client.ready();
  return { engine, client, health: async () => (await healthOf(engine)).actions.exported[0]! };
}

/** Whether goals are pursued still, and lists of them told. */
async function serves(client: RawActionClient): Promise<void> {
  client.send("good", 3);
  await until("it has counted", () => client.results.some(({ status }) => status.goal_id.id === "good"));
  expect(client.results.find(({ status }) => status.goal_id.id === "good")).toMatchObject({ status: { status: 3 }, result: { result: 3 } });
  const { length } = client.lists;
  await until("it tells how goals stand", () => client.lists.length > length + 3);
}

describe("an action server with hostile clients", () => {
  it.each([
    ["whose lists no message can hold", [40 * 2 ** 20, 40 * 2 ** 20], 100_000],
    ["whose ends no message can hold", [largest - 40], -1],
    ["that are a little long", [1025], 3],
  ])("refuses goals with ids %s, and goes on", async (_which, lengths, goal) => {
    const { client, health } = await serving();
    for (const [i, length] of lengths.entries()) client.send(String(i).repeat(length), goal);
    await until("they were refused", async () => (await health()).failed === lengths.length);
    expect(await health()).toMatchObject({
      open: 0,
      ended: lengths.length,
      problem: "a goal of /counter/count was refused: its id has more than 1024 characters",
    });
    await serves(client);
    expect(client.results).toHaveLength(1);
  });

  it("recalls a goal whose cancel has overtaken it, and those that are not newer than what was cancelled", async () => {
    const { client, health } = await serving();
    const passed = async (): Promise<void> => {
      const { length } = client.lists;
      await until("what was sent is there", () => client.lists.length > length + 1);
    };
    const end = async (id: string): Promise<number> => {
      await until(`${id} has ended`, () => client.results.some(({ status }) => status.goal_id.id === id));
      return client.results.find(({ status }) => status.goal_id.id === id)!.status.status;
    };
    client.cancel("overtaken");
    await passed();
    client.send("overtaken", 3);
    expect(await end("overtaken")).toBe(goalStates.recalled);
    const now = Math.floor(Date.now() / 1000);
    client.cancel("", { sec: now - 10, nsec: 0 });
    await passed();
    client.send("older", 3, "", { sec: now - 11, nsec: 0 });
    client.send("newer", 3, "", { sec: now - 9, nsec: 0 });
    expect([await end("older"), await end("newer")]).toEqual([goalStates.recalled, goalStates.succeeded]);
    client.cancel("", { sec: 4_000_000_000, nsec: 0 });
    await passed();
    client.send("later", 3, "", { sec: now + 60, nsec: 0 });
    expect(await end("later")).toBe(goalStates.succeeded);
    expect(await health()).toMatchObject({ open: 0, ended: 4, failed: 2 });
    await serves(client);
  });

  it("takes ids that are as long as they may be, once each, and gives those that have none one", async () => {
    const { client } = await serving();
    const long = "é".repeat(1024);
    for (const id of [long, long, "", ""]) client.send(id, 2);
    await until("all have ended", () => client.results.length === 3);
    const ids = client.results.map(({ status }) => status.goal_id.id);
    expect(ids).toContain(long);
    expect(new Set(ids).size).toBe(3);
    await serves(client);
    expect(client.results).toHaveLength(4);
  });

  it("pursues 1,024 goals at one time and rejects the others, and tells of them a few times a second, not each", async () => {
    const { client, health } = await serving();
    const before = client.lists.length;
    for (let i = 0; i < 3000; i++) client.send(`${i}`, 100_000);
    await until("the rest are rejected", () => client.results.length === 1976);
    expect(new Set(client.results.map(({ status: { status, text } }) => `${status} ${text}`))).toEqual(
      new Set([`${goalStates.rejected} 1024 goals are pursued already`]),
    );
    expect(await health()).toMatchObject({ open: 1024, ended: 1976, failed: 1976 });
    await until("it tells of those that are open, and of as many as it keeps", () => client.lists.at(-1) === 2024);
    expect(client.lists.length - before).toBeLessThan(1000);
    client.cancel("");
    await until("none is open", async () => (await health()).open === 0);
    await until("it forgets those that have ended", () => client.lists.at(-1) === 0);
    await serves(client);
  });

  it("takes no more goals while those that it pursues have 64 MiB", async () => {
    const { client, health } = await serving();
    const frame = "x".repeat(33 * 2 ** 20);
    for (const [i, id] of ["one", "two"].entries()) {
      client.send(id, 100_000, frame);
      await until("it is pursued", async () => (await health()).open === i + 1);
    }
    client.send("three", 100_000, frame);
    await until("the third is rejected", () => client.results.length === 1);
    expect(client.results).toMatchObject([{ status: { goal_id: { id: "three" }, status: goalStates.rejected } }]);
    expect(client.results[0]!.status.text).toMatch(/^goals of 69\d{6} bytes are pursued already$/);
    client.cancel("two");
    await until("one has ended", async () => (await health()).open === 1);
    client.send("four", 1, frame);
    await until(
      "there is room again",
      () => client.results.some(({ status: { goal_id: { id }, status } }) => id === "four" && status === 3),
    );
  });
});
