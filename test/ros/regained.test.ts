import { describe, expect, it } from "vitest";
import type { Engine } from "pyros";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import type talker from "./nodes/talker.ts";
import { bridge, healthOf, masterKinds, started, startMaster, until } from "./support.ts";

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
