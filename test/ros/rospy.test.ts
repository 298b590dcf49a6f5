import { describe, expect, it } from "vitest";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "pyros";
import type talker from "./nodes/talker.ts";
import { bridge, hasRos, healthOf, howToGetRos, scratch, started, startMaster, startPeer, startTool, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const header = { seq: 0, stamp: { sec: 1700000000, nsec: 999999999 }, frame_id: "map" };
const covariance = new Float64Array(36).map((_, i) => i / 7);

/** Values of types, as they are to come back. */
const values: Readonly<Record<string, unknown>> = {
  "std_msgs/Bool": { data: true },
  "std_msgs/Byte": { data: -128 },
  "std_msgs/Char": { data: 255 },
  "std_msgs/Int16": { data: -32768 },
  "std_msgs/UInt32": { data: 4294967295 },
  "std_msgs/Int64": { data: -(2n ** 63n) },
  "std_msgs/UInt64": { data: 2n ** 64n - 1n },
  "std_msgs/Float32": { data: -0.5 },
  "std_msgs/Float64": { data: -Infinity },
  "std_msgs/String": { data: "ä€😀\u0000 end" },
  "std_msgs/Empty": {},
  "std_msgs/Time": { data: { sec: 4294967295, nsec: 999999999 } },
  "std_msgs/Duration": { data: { sec: -5, nsec: 500000000 } },
  "std_msgs/Int64MultiArray": { layout: { dim: [{ label: "x", size: 2, stride: 2 }], data_offset: 0 }, data: new BigInt64Array([1n, -1n]) },
  "std_msgs/UInt8MultiArray": { layout: { dim: [], data_offset: 7 }, data: new Uint8Array([0, 255]) },
  "geometry_msgs/PoseWithCovarianceStamped": {
    header,
    pose: { pose: { position: { x: 1, y: -0, z: NaN }, orientation: { x: 0, y: 0, z: 0, w: 1 } }, covariance },
  },
  "geometry_msgs/PolygonStamped": { header, polygon: { points: [{ x: 1, y: 2, z: 3 }, { x: 0.5, y: 0, z: 0 }] } },
  "sensor_msgs/LaserScan": {
    header,
    angle_min: -1.5,
    angle_max: 1.5,
    angle_increment: 0.25,
    time_increment: 0,
    scan_time: 0,
    range_min: 0,
    range_max: 30,
    ranges: new Float32Array([1, Infinity, NaN, 0.25]),
    intensities: new Float32Array(),
  },
  "sensor_msgs/JointState": {
    header,
    name: ["a", "", "ö"],
    position: new Float64Array([1.5]),
    velocity: new Float64Array(),
    effort: new Float64Array(),
  },
  "sensor_msgs/Image": {
    header,
    height: 512,
    width: 2048,
    encoding: "mono8",
    is_bigendian: 0,
    step: 2048,
    data: new Uint8Array(2 ** 20).map((_, i) => i * 7),
  },
};

/** Without the numbers that rospy puts into headers. */
function plain(value: unknown): unknown {
  const { header, ...rest } = value as { header?: object };
  return header === undefined ? rest : { ...rest, header: { ...header, seq: 0 } };
}

describe.skipIf(!hasRos)("rospy", () => {
  it("gets and gives every type", async () => {
    const master = await startMaster("rosmaster");
    const types = Object.keys(values);
    const topicOf = (type: string): string => type.replace("/", "_");
    const mirror = startPeer(master.address, "mirror.py", ...types);
    await until("the mirror is ready", () => mirror.lines.includes("ready"));
    const engine = await started({
      nodes: { "/ros": bridge(master.address, "/pyros", { import: { streams: ["/back/*"] }, export: { streams: ["/there/*"] } }) },
    });
    const back = new Map<string, unknown>();
    for (const type of types) engine.stream(`/back/${topicOf(type)}`).on((value) => void back.set(type, value));
    const outputs = types.map((type) => ({ type, output: engine.publisher(`/there/${topicOf(type)}`, { type }) }));
    await until("all have come back", () => {
      for (const { type, output } of outputs) if (!back.has(type)) output.emit(values[type]);
      return back.size === types.length;
    });
    for (const type of types) expect(plain(back.get(type))).toEqual(plain(values[type]));
    expect((await healthOf(engine)).imported.filter(({ unfit }) => unfit > 0)).toEqual([]);
  });

  async function counted(engine: Engine): Promise<bigint[]> {
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    await until("numbers come", () => numbers.length > 20);
    return numbers;
  }

  it("is heard without a gap, with its latched topics, and again after it was killed", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({ nodes: { "/ros": bridge(master.address, "/pyros", { import: { streams: ["/count", "/kept"] } }) } });
    const peer = startPeer(master.address, "counter.py");
    const numbers = await counted(engine);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + BigInt(i)));
    for (let i = 0; i < 2; i++) {
      const kept: string[] = [];
      engine.stream<{ data: string }>("/kept").on(({ data }) => void kept.push(data));
      await until("the last word is there", () => kept.includes("the last word"));
    }
    process.kill(peer.pid!, "SIGKILL");
    await until(
      "it is gone",
      async () => (await healthOf(engine)).imported.every(({ peers }) => peers.every(({ state }) => state !== "connected")),
    );
    startPeer(master.address, "counter.py");
    const before = numbers.length;
    await until("numbers come again", () => numbers.length > before + 10);
  });

  it("and we name each other when a type has two definitions", async () => {
    const master = await startMaster("rosmaster");
    const folder = scratch();
    mkdirSync(join(folder, "std_msgs", "msg"), { recursive: true });
    writeFileSync(join(folder, "std_msgs", "msg", "Int64.msg"), "int64 data\nint64 more\n");
    const params = { types: [folder], import: { streams: [{ match: "/count", type: "std_msgs/Int64" }] } };
    const engine = await started({ nodes: { "/ros": bridge(master.address, "/pyros", params) } });
    engine.stream("/count");
    const peer = startPeer(master.address, "counter.py");
    await until("it is refused", async () => (await healthOf(engine)).imported[0]!.peers[0]?.state === "refused");
    expect((await healthOf(engine)).imported[0]!.peers[0]!.reason).toContain("md5sum");
    await until("rospy tells it", () => peer.lines.some((line) => line.includes("md5sum") && line.includes("/pyros")));
  });
});

describe.skipIf(!hasRos)("the tools of ROS", () => {
  it("list, show, measure and feed what the bridge has", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({
      rate: 50,
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/chatter": "./nodes/chatter.ts",
        "/ros": bridge(master.address, "/pyros", { import: { streams: ["/fed"] }, export: { streams: ["/talker/**", "/chatter/**"] } }),
      },
    });
    await engine.client<typeof talker>("/talker").keep("kept");
    await until("it is known", async () => (await master.publishers("/chatter/out")).length === 1);
    const shows = async (what: string | RegExp, tool: string, ...args: string[]): Promise<void> => {
      const { lines } = startTool(master.address, tool, ...args);
      await until(
        `${tool} ${args.join(" ")} shows ${String(what)}`,
        () => lines.some((line) => (typeof what === "string" ? line.includes(what) : what.test(line))),
      );
    };
    await shows("/talker/last", "rostopic", "list");
    await shows("Type: std_msgs/String", "rostopic", "info", "/talker/last");
    await shows('data: "kept"', "rostopic", "echo", "-n", "1", "/talker/last");
    await shows(/average rate: (4\d|50|51)/, "rostopic", "hz", "/chatter/out");
    await shows("xmlrpc reply from", "rosnode", "ping", "-c", "1", "/pyros");
    await shows("* /chatter/out [std_msgs/String]", "rosnode", "info", "/pyros");
    const fed: string[] = [];
    engine.stream<{ data: string }>("/fed").on(({ data }) => void fed.push(data));
    startTool(master.address, "rostopic", "pub", "-r", "10", "/fed", "std_msgs/String", "data: food");
    await until("it is fed", () => fed.includes("food"));
  });
});
