import { describe, expect, it } from "vitest";
import type { Engine } from "pyros";
import type { MessageType } from "../../systems/ros/message/type.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import type talker from "./nodes/talker.ts";
import { publisher, register, saying, text, typeOf, unregister } from "./raw-publisher.ts";
import { bridge, healthOf, masterKinds, ownMaster, started, startMaster, until } from "./support.ts";

/** What comes from a topic of ROS. */
async function reading<T>(master: string, topic = "/raw"): Promise<{ readonly engine: Engine; readonly values: T[] }> {
  const engine = await started({ nodes: { "/ros": bridge(master, "/reading", { import: { streams: [topic] } }) } });
  const values: T[] = [];
  engine.stream<T>(topic, { depth: 10_000 }).on((value) => void values.push(value));
  return { engine, values };
}

const peersOf = async (engine: Engine) => (await healthOf(engine)).imported[0]?.peers ?? [];

describe.each(masterKinds)("a master that comes back with an empty memory, %s", (kind) => {
  it("does not make messages of a publisher that registers late come twice", async () => {
    const master = await startMaster(kind);
    const talking = await started({
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/ros": bridge(master.address, "/talking", { interval: 1500, export: { streams: ["/talker/out"] } }), // looks later than who reads
      },
    });
    const { engine, values } = await reading<{ data: string }>(master.address, "/talker/out");
    const say = (data: string): Promise<void> => talking.client<typeof talker>("/talker").say(data);
    await until("it is heard", async () => {
      await say("before");
      return values.length > 0;
    });
    await master.kill();
    await master.start();
    const isThere = async (): Promise<boolean> => (await master.publishers("/talker/out")).length === 1;
    await until("both are in the books", async () => await isThere() && (await master.subscribers("/talker/out")).length === 1);
    // Whoever registers first, the reader hears of no publisher, and then of the one that it has.
    const [, , address] = (await master.call("lookupNode", "/talking")) as string[];
    await callXml(master.address, "unregisterPublisher", ["/talking", "/talker/out", address]);
    await until("it is there again", isThere);
    for (let i = 0; i < 20; i++) {
      await say(`after ${i}`);
      await until("it is there", () => values.some(({ data }) => data === `after ${i}`));
      await new Promise((resolve) => setTimeout(resolve, 50)); // a second connection would be made meanwhile
    }
    const after = values.map(({ data }) => data).filter((data) => data.startsWith("after"));
    expect(after).toEqual(Array.from({ length: 20 }, (_, i) => `after ${i}`));
    expect(await peersOf(engine)).toMatchObject([{ peer: "/talking", state: "connected" }]);
  });
});

describe("publishers of one topic", () => {
  const before = typeOf("lab/Reading", "float64 value\n");
  const after = typeOf("lab/Reading", "float64 value\nstring unit\n");
  const other = typeOf("lab/Level", "uint8 level\n");

  it("may come back with another definition, or type, when none of the old ones is connected any more", async () => {
    const master = await ownMaster();
    const { engine, values } = await reading<Record<string, unknown>>(master);
    const steps: [MessageType, Record<string, unknown>][] = [[before, { value: 1 }], [after, { value: 2, unit: "K" }], [other, {
      level: 3,
    }]];
    for (const [type, value] of steps) {
      const raw = await publisher(saying(type, value));
      await register(master, raw, type);
      await until(
        `${type.text} is read`,
        () => values.some((one) => Object.keys(one).length === Object.keys(value).length && "value" in one === "value" in value),
        10_000,
      );
      expect(values.at(-1)).toEqual(value);
      await until("its type is known", async () => (await healthOf(engine)).imported[0]!.type === type.name);
      await raw.close();
      await unregister(master, raw);
    }
  });

  it("must have one type at a time; who has another is refused and named, and has its turn later", async () => {
    const master = await ownMaster();
    const { engine, values } = await reading<Record<string, unknown>>(master);
    const [first, second] = [await publisher(saying(before, { value: 1 })), await publisher(saying(after, { value: 2, unit: "K" }))];
    await register(master, first, before, "/first");
    await until("the first is read", () => values.length > 0);
    await register(master, second, after, "/second");
    const refused = { peer: second.address, state: "refused", reason: expect.stringContaining("the definitions differ") as string };
    await until("the second is refused", async () => (await peersOf(engine)).some(({ state }) => state === "refused"));
    expect(await peersOf(engine)).toEqual([expect.objectContaining({ state: "connected" }), refused]);
    const connects = second.connects();
    await until("it is refused again", () => second.connects() > connects + 1);
    expect(values.every((value) => !("unit" in value))).toBe(true);
    await first.close();
    await until("the second is read", () => values.some((value) => "unit" in value), 15_000);
  });

  it("have the type that the config gives, always", async () => {
    const master = await ownMaster();
    const lists = { import: { streams: [{ match: "/raw", type: "std_msgs/String" }] } };
    const engine = await started({ nodes: { "/ros": bridge(master, "/reading", lists) } });
    engine.stream("/raw").on(() => {});
    const fits = await publisher(saying(text, { data: "a" }));
    await register(master, fits, text);
    await until("it is connected", async () => (await peersOf(engine))[0]?.state === "connected");
    await fits.close();
    await unregister(master, fits);
    await register(master, await publisher(saying(other, { level: 1 })), other);
    await until("the other one is refused", async () => (await peersOf(engine))[0]?.state === "refused");
    expect((await peersOf(engine))[0]!.reason).toContain("/raw has the type std_msgs/String here, and lab/Level there");
  });
});
