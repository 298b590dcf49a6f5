import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bridge, healthOf, ownMaster, started, until } from "./support.ts";

const told: string[] = [];

beforeEach(() => {
  told.length = 0;
  configureSync({
    reset: true,
    sinks: {
      told: ({ level, message }: LogRecord) =>
        void (level === "warning" && message.join("").includes(" matches no ") && told.push(message.join(""))),
    },
    loggers: [
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "warning" },
      { category: ["pyros"], sinks: ["told"], lowestLevel: "warning" },
    ],
  });
});
afterEach(() => resetSync());

it.each(["loop", "thread"] as const)(
  "a glob that matches nothing is named once in the log, and is in health, with a bridge in a %s",
  async (placement) => {
    const master = await ownMaster();
    const lists = {
      import: { streams: ["/camera/**", "/scan"], services: ["/motors/*"], params: ["/robot/**"], actions: ["/far/*"] },
      export: { streams: ["/talker/*", "/walker/*"], services: ["/arm/*"], params: ["/arm/**", "/here"], actions: ["/counter/*"] },
    };
    const engine = await started({
      params: { here: 1 },
      nodes: { "/talker": "./nodes/talker.ts", "/ros": { ...bridge(master, "/sim", lists), placement } },
    });
    const unmatched = [
      ["import.streams", "/camera/**", "topic of the ROS graph"],
      ["import.streams", "/scan", "topic of the ROS graph"],
      ["import.services", "/motors/*", "service of the ROS graph"],
      ["import.params", "/robot/**", "param of the ROS graph"],
      ["import.actions", "/far/*", "action of the ROS graph"],
      ["export.streams", "/walker/*", "stream of this graph"],
      ["export.services", "/arm/*", "service of this graph"],
      ["export.params", "/arm/**", "param of this graph"],
      ["export.actions", "/counter/*", "service of this graph"],
    ] as const;
    await until("the talker's streams are there", async () => (await healthOf(engine)).exported.length > 0);
    expect((await healthOf(engine)).unmatched).toEqual(unmatched.map(([list, match]) => ({ list, match })));
    const texts = unmatched.map(([list, match, what]) => `${list}: ${match} matches no ${what}`);
    await until("they are named", () => told.length >= texts.length);
    expect(told).toEqual(texts);

    await engine.call("/ros/withhold", { import: { streams: ["/scan"] } });
    await engine.call("/ros/expose", { import: { streams: ["/lidar"] } });
    await until("the new one is named", () => told.length > texts.length);
    expect(told).toEqual([...texts, "import.streams: /lidar matches no topic of the ROS graph"]);

    const other = await started({ nodes: { "/ros": bridge(master, "/other", { export: { streams: ["/lidar"] } }) } });
    other.publisher("/lidar", { type: "std_msgs/Empty" });
    await until("it is there", async () => (await healthOf(engine)).unmatched.every(({ match }) => match !== "/lidar"));
  },
);
