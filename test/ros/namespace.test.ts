import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bridge, graphKinds, healthOf, started, startGraph, until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];
const all = (rule: unknown) => ({ streams: [rule], services: [rule], params: [rule], actions: [rule] });

describe.each(graphKinds)("a graph in a namespace of ROS, by %s", (kind) => {
  it("stands below it there, and below another one in a graph that imports it", async () => {
    const master = await startGraph(kind);
    const exported = { match: "/**", as: "/robot1/**" };
    const robot = await started({
      params: { arm: { speed: 1 } },
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/worker": "./nodes/worker.ts",
        "/counter": "./nodes/counter.ts",
        "/ros": bridge(master.address, "/robot1/pyros", {
          types,
          export: all(exported),
          import: { params: [{ match: "/robot1/**", as: "/**" }] },
        }),
      },
    });
    const imported = { match: "/robot1/**", as: "/left/**" };
    const lists = { types, import: all(imported), export: { params: [{ match: "/left/**", as: "/robot1/**" }] } };
    const control = await started({ nodes: { "/ros": bridge(master.address, "/control", lists) } });
    await until("the topic has its name there", async () => (await master.publishers("/robot1/talker/out")).length > 0);
    await until(
      "services are there",
      () => ["/left/worker/flip", "/left/counter/count"].every((name) => control.services.some((service) => service.name === name)),
    );
    expect(await control.call("/left/worker/flip", { data: true })).toMatchObject({ success: false, message: "was true" });
    expect(await control.call("/left/counter/count", { goal: 3 })).toMatchObject({ result: 3 });
    const texts: string[] = [];
    control.stream<{ data: string }>("/left/talker/last").on(({ data }) => void texts.push(data));
    await robot.call("/talker/keep", "kept");
    await until("the word comes", () => texts.includes("kept"));
    await until("the param comes", () => control.params.get("/left/arm/speed") === 1);
    await control.params.set("/left/arm/speed", 2);
    await until("a set comes back", () => robot.params.get("/arm/speed") === 2);
    expect((await healthOf(control)).imported).toContainEqual(
      expect.objectContaining({ stream: "/left/talker/last", topic: "/robot1/talker/last" }),
    );
    expect(robot.streams.map(({ name }) => name).filter((name) => name.startsWith("/robot1") || name.startsWith("/left"))).toEqual([]);
  });
});
