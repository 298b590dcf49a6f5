import { describe, expect, it } from "vitest";
import { bridge, hasRos, howToGetRos, started, startMaster, startPeer, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const gone = 60_000; // ms that a master is away

describe.skipIf(!hasRos)("a master that is away for long", () => {
  it("takes no connection with it, and knows all when it is back", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({
      nodes: {
        "/chatter": "./nodes/chatter.ts",
        "/ros": bridge(master.address, "/pyros", {
          import: { streams: ["/count"], services: ["/flip"] },
          export: { streams: ["/chatter/out"] },
        }),
      },
    });
    startPeer(master.address, "counter.py");
    const server = startPeer(master.address, "server.py");
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    await until("all is there", () => numbers.length > 10 && engine.services.some(({ name }) => name === "/flip"));
    await engine.call("/flip", { data: true });
    await master.kill();
    await until("it is away", () => engine.params.get("/ros/status/graph") === "away");
    const before = numbers.length;
    const end = Date.now() + gone;
    let calls = 0;
    while (Date.now() < end) {
      expect(await engine.call("/flip", { data: calls++ % 2 === 0 })).toMatchObject({ success: calls % 2 === 0 });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(numbers.length).toBeGreaterThan(before + 20);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + BigInt(i)));
    await master.start();
    await until("it knows the bridge again", async () => (await master.publishers("/chatter/out")).includes("/pyros"));
    expect(engine.params.get("/ros/status/graph")).toBe("here");
    process.kill(server.pid!, "SIGKILL");
    startPeer(master.address, "server.py");
    await until("calls reach another provider", async () => (await engine.call("/flip", { data: true }).catch(() => false)) !== false);
  }, 240_000);
});
