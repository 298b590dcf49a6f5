/** Broken messages of many types, as a reader gets them. */
import { setImmediate } from "node:timers/promises";
import { RosError } from "../../../src/errors.ts";
import { snapshot } from "../../../src/value/copy.ts";
import { library, message, mutate } from "./bytes.ts";
import { counted, hung, type RosCounts, type RosOptions } from "./target.ts";

const header = { seq: 1, stamp: { sec: 5, nsec: 6 }, frame_id: "map" };
const point = { x: 1, y: 2, z: 3 };

/** Values, by type: long and short, with lists of all kinds. */
const values: readonly (readonly [type: string, value: unknown])[] = [
  ["std_msgs/String", { data: "größe" }],
  ["std_msgs/Int64MultiArray", { layout: { dim: [{ label: "x", size: 2, stride: 2 }] }, data: [1n, -1n] }],
  ["sensor_msgs/LaserScan", { header, ranges: [1, NaN, Infinity], intensities: new Float32Array(300) }],
  ["sensor_msgs/PointCloud2", { header, height: 1, width: 3, fields: [{ name: "x", datatype: 7, count: 1 }], data: new Uint8Array(36) }],
  ["sensor_msgs/JointState", { header, name: ["a", "b"], position: [1, 2] }],
  ["geometry_msgs/PolygonStamped", { header, polygon: { points: [point, point] } }],
  ["nav_msgs/Path", { header, poses: [{ header, pose: { position: point } }, { header }] }],
  ["diagnostic_msgs/DiagnosticArray", { header, status: [{ level: 1, name: "n", values: [{ key: "k", value: "v" }] }] }],
  ["visualization_msgs/MarkerArray", { markers: [{ header, text: "t", points: [point], colors: [{ r: 1 }] }] }],
];
const longest = 2000; // ms

/** Reads them: what is read all the same must be a value that can be sent, and written again. */
export function fuzzMessages({ frames, seed }: RosOptions): Promise<RosCounts> {
  return counted({ frames, seed }, "messages", async (counts, next) => {
    const good = values.map(([name, value]) => {
      const type = library.message(name);
      return { type, body: message(type, value).slice(4) };
    });
    for (; counts.frames < frames; counts.frames++) {
      if (counts.frames % 1024 === 0) await setImmediate();
      const { type, body } = good[next(good.length)]!;
      const start = performance.now();
      try {
        const value = snapshot(type.read(mutate(body, next)));
        type.read(message(type, value).slice(4));
        counts.taken++;
      } catch (error) {
        if (!(error instanceof RosError)) throw error;
        counts.refused++;
      }
      if (performance.now() - start > longest) hung(counts, `a ${type.name} was read for too long`);
    }
  });
}
