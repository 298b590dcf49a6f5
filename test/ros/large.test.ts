import { describe, expect, it } from "vitest";
import { bridge, hasRos, healthOf, howToGetRos, started, startMaster, startPeer, until } from "./support.ts";
import type { Engine } from "pyros";

if (!hasRos) console.log(howToGetRos);

const header = { seq: 0, stamp: { sec: 5, nsec: 6 }, frame_id: "map" };
const side = 4096;
const pose = { position: { x: NaN, y: -Infinity, z: -0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } };
const floats = new Float32Array(3 * 300_000).map((_, i) => (i % 3 === 2 ? NaN : i % 7 === 0 ? Infinity : i / 3));
const field = (name: string, offset: number): object => ({ name, offset, datatype: 7, count: 1 });

const map = {
  header,
  info: { map_load_time: { sec: 0, nsec: 0 }, resolution: 0.5, width: side, height: side, origin: pose },
  data: new Int8Array(side * side).map((_, i) => (i % 103) - 1),
};
const cloud = {
  header,
  height: 1,
  width: 300_000,
  fields: [field("x", 0), field("y", 4), field("z", 8)],
  is_bigendian: false,
  point_step: 12,
  row_step: 3_600_000,
  data: new Uint8Array(floats.buffer),
  is_dense: false,
};

/** Sends a value until it comes back. */
async function thereAndBack(engine: Engine, type: string, value: object): Promise<any> {
  const name = type.replace("/", "_");
  let back: unknown;
  engine.stream(`/back/${name}`, { depth: 1 }).on((item) => void (back = item));
  const output = engine.publisher(`/there/${name}`, { type });
  await until("rospy reads it, and is read", async () => {
    const { imported, exported } = await healthOf(engine);
    return [...imported, ...exported].filter(({ topic, peers }) => topic.endsWith(name) && peers.some(({ state }) => state === "connected"))
      .length === 2;
  });
  output.emit(value);
  await until(`${type} comes back`, () => back !== undefined, 200_000);
  return back;
}

describe.skipIf(!hasRos)("large messages", () => {
  it("of rospy and of the bridge go both ways: a map of 16 MB, and a cloud of points, with NaN and the infinities", async () => {
    const master = await startMaster("rosmaster");
    const types = ["nav_msgs/OccupancyGrid", "sensor_msgs/PointCloud2"];
    const mirror = startPeer(master.address, "mirror.py", ...types);
    await until("the mirror is ready", () => mirror.lines.includes("ready"));
    const lists = { import: { streams: ["/back/*"] }, export: { streams: ["/there/*"] } };
    const engine = await started({ nodes: { "/ros": bridge(master.address, "/pyros", lists) } });
    const grid = await thereAndBack(engine, types[0]!, map);
    expect(grid.info).toEqual(map.info);
    expect(grid.data).toBeInstanceOf(Int8Array);
    expect(Buffer.compare(new Uint8Array(grid.data.buffer, grid.data.byteOffset, grid.data.length), new Uint8Array(map.data.buffer))).toBe(
      0,
    );
    const points = await thereAndBack(engine, types[1]!, cloud);
    expect({ ...points, data: 0, header: 0 }).toEqual({ ...cloud, data: 0, header: 0 });
    expect(Buffer.compare(points.data, cloud.data)).toBe(0);
  }, 300_000);
});

describe("a message of 100 MB", () => {
  it("is refused at the sender, with the reason, and the next one goes", async () => {
    const master = await startMaster("built-in");
    const from = await started({ nodes: { "/ros": bridge(master.address, "/from", { export: { streams: ["/image"] } }) } });
    const to = await started({ nodes: { "/ros": bridge(master.address, "/to", { import: { streams: ["/image"] } }) } });
    const sizes: number[] = [];
    to.stream<{ data: Uint8Array }>("/image").on(({ data }) => void sizes.push(data.length));
    const output = from.publisher("/image", { type: "std_msgs/UInt8MultiArray" });
    await until("it is read", async () => (await healthOf(from)).exported[0]?.peers.length === 1);
    output.emit({ data: new Uint8Array(100 * 2 ** 20) });
    await until("it is refused", async () => (await healthOf(from)).exported[0]!.unfit === 1);
    expect((await healthOf(from)).exported[0]!.problem).toBe("it takes more than 64 MiB, which is the most for a message");
    const check = from.call("/ros/check", { type: "std_msgs/UInt8MultiArray", value: { data: new Uint8Array(100 * 2 ** 20) } });
    await expect(check).rejects.toThrow("it takes more than 64 MiB");
    output.emit({ data: new Uint8Array(5) });
    await until("the next one comes", () => sizes.length > 0);
    expect(sizes).toEqual([5]);
  });
});

describe("large arrays, which are sent from where they are", () => {
  it("hold what was emitted until every subscriber has it, though their memory is used again; shared ones stay their owner's", async () => {
    const master = await startMaster("built-in");
    const streams = ["/copied", "/shared"];
    const from = await started({
      nodes: { "/ros": bridge(master.address, "/from", { export: { streams: [{ match: "/*", depth: 200 }] } }) },
    });
    const readers = await Promise.all(
      ["/one", "/other"].map((name) =>
        started({ nodes: { "/ros": bridge(master.address, name, { import: { streams: [{ match: "/*", depth: 200 }] } }) } })
      ),
    );
    const size = 2 ** 20;
    /** Of each array that came, the one value that all of it has; NaN when it has several. */
    const came = streams.map((stream) =>
      readers.map((reader) => {
        const values: number[] = [];
        reader.stream<{ data: Uint8Array }>(stream, { depth: 200 }).on(({ data }) => {
          values.push(data.length === size && data.every((byte) => byte === data[0]) ? data[0]! : NaN);
        });
        return values;
      })
    );
    const [copied, shared] = streams.map((stream) =>
      from.publisher(stream, { type: "std_msgs/UInt8MultiArray", share: stream === "/shared" })
    );
    await until("all are read by both", async () => (await healthOf(from)).exported.filter(({ peers }) => peers.length === 2).length === 2);
    const mine = { data: new Uint8Array(size) };
    const given = Array.from({ length: 60 }, (_, n) => ({ data: new Uint8Array(size).fill(n) }));
    for (let n = 0; n < 60; n++) {
      mine.data.fill(n);
      copied!.emit(mine);
      shared!.emit(given[n]!);
      if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve)); // more than the system takes at once
    }
    const all = Array.from({ length: 60 }, (_, n) => n);
    await until("all have come", () => came.flat().every((values) => values.length === 60), 60_000);
    for (const values of came.flat()) expect(values).toEqual(all);
    expect(given.map(({ data }, n) => data.every((byte) => byte === n))).toEqual(all.map(() => true));
  }, 120_000);
});
