import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bridge, hasRos, howToGetRos, started, startMaster, startPeer, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const types = fileURLToPath(new URL("./types", import.meta.url));

const layout = { dim: [], data_offset: 16909060 };
const layoutText = `"layout": {"dim": [], "data_offset": 16909060}`;
const nine = (first: number): Float64Array => new Float64Array(9).map((_, i) => first + i);
const imu = (first: number): string => `[${Array.from({ length: 9 }, (_, i) => `${first + i}.5`).join(", ")}]`;

/** Types, a value as it is here, and what rospy is to find: no byte of a number is the same as another, so that their order shows. */
const cases: readonly (readonly [type: string, value: unknown, text: string])[] = [
  ["std_msgs/Bool", { data: true }, `{"data": true}`],
  ["std_msgs/Byte", { data: -2 }, `{"data": -2}`],
  ["std_msgs/Char", { data: 200 }, `{"data": 200}`],
  ["std_msgs/Int8", { data: -127 }, `{"data": -127}`],
  ["std_msgs/UInt8", { data: 254 }, `{"data": 254}`],
  ["std_msgs/Int16", { data: -259 }, `{"data": -259}`],
  ["std_msgs/UInt16", { data: 0xfe01 }, `{"data": 65025}`],
  ["std_msgs/Int32", { data: -0x01020304 }, `{"data": -16909060}`],
  ["std_msgs/UInt32", { data: 0xfedcba98 }, `{"data": 4275878552}`],
  ["std_msgs/Int64", { data: -0x0102030405060708n }, `{"data": -72623859790382856}`],
  ["std_msgs/UInt64", { data: 0xfedcba9876543210n }, `{"data": 18364758544493064720}`],
  ["std_msgs/Float32", { data: -0.15625 }, `{"data": -0.15625}`],
  ["std_msgs/Float64", { data: -1.1e-7 }, `{"data": -1.1e-07}`],
  ["std_msgs/String", { data: "ä€😀 end" }, `{"data": "\\u00e4\\u20ac\\ud83d\\ude00 end"}`],
  ["std_msgs/Time", { data: { sec: 0xfedcba98, nsec: 84281096 } }, `{"data": {"secs": 4275878552, "nsecs": 84281096}}`],
  ["std_msgs/Duration", { data: { sec: -16909060, nsec: 84281096 } }, `{"data": {"secs": -16909060, "nsecs": 84281096}}`],
  ["std_msgs/Int16MultiArray", { layout, data: new Int16Array([-2, 258]) }, `{${layoutText}, "data": [-2, 258]}`],
  ["std_msgs/UInt8MultiArray", { layout, data: new Uint8Array([1, 254]) }, `{${layoutText}, "data": [1, 254]}`],
  [
    "sensor_msgs/Imu",
    {
      header: { seq: 1, stamp: { sec: 1, nsec: 2 }, frame_id: "imu" }, // rospy counts what it publishes
      orientation: { x: 1.5, y: 2.5, z: 3.5, w: 4.5 },
      orientation_covariance: nine(5.5),
      angular_velocity: { x: 14.5, y: 15.5, z: 16.5 },
      angular_velocity_covariance: nine(17.5),
      linear_acceleration: { x: 26.5, y: 27.5, z: 28.5 },
      linear_acceleration_covariance: nine(29.5),
    },
    `{"header": {"seq": 1, "stamp": {"secs": 1, "nsecs": 2}, "frame_id": "imu"},
      "orientation": {"x": 1.5, "y": 2.5, "z": 3.5, "w": 4.5}, "orientation_covariance": ${imu(5)},
      "angular_velocity": {"x": 14.5, "y": 15.5, "z": 16.5}, "angular_velocity_covariance": ${imu(17)},
      "linear_acceleration": {"x": 26.5, "y": 27.5, "z": 28.5}, "linear_acceleration_covariance": ${imu(29)}}`,
  ],
  [
    "orchard/Everything",
    {
      bools: [true, false, true],
      bytes: new Int8Array([-2]),
      chars: new Uint8Array([200, 1]),
      int8s: new Int8Array([-127, 126]),
      uint8s: new Uint8Array([1, 254]),
      int16s: new Int16Array([-259]),
      uint16s: new Uint16Array([0xfe01]),
      int32s: new Int32Array([-0x01020304]),
      uint32s: new Uint32Array([0xfedcba98]),
      int64s: new BigInt64Array([-0x0102030405060708n]),
      uint64s: new BigUint64Array([0xfedcba9876543210n]),
      float32s: new Float32Array([-0.15625, Infinity]),
      float64s: new Float64Array([-1.1e-7]),
      strings: ["", "ä"],
      times: [{ sec: 0xfedcba98, nsec: 84281096 }, { sec: 1, nsec: 2 }],
      durations: [{ sec: -16909060, nsec: 84281096 }],
      two_bools: [false, true],
      two_bytes: new Int8Array([-2, 3]),
      two_chars: new Uint8Array([200, 1]),
      two_int8s: new Int8Array([-127, 126]),
      two_uint8s: new Uint8Array([1, 254]),
      two_int16s: new Int16Array([-259, 3]),
      two_uint16s: new Uint16Array([0xfe01, 3]),
      two_int32s: new Int32Array([-0x01020304, 3]),
      two_uint32s: new Uint32Array([0xfedcba98, 3]),
      two_int64s: new BigInt64Array([-0x0102030405060708n, 3n]),
      two_uint64s: new BigUint64Array([0xfedcba9876543210n, 3n]),
      two_float32s: new Float32Array([-0.15625, 3]),
      two_float64s: new Float64Array([-1.1e-7, 3]),
      two_strings: ["b", "a"],
      two_times: [{ sec: 3, nsec: 4 }, { sec: 5, nsec: 6 }],
      two_durations: [{ sec: -3, nsec: 4 }, { sec: 5, nsec: 6 }],
    },
    `{"bools": [true, false, true], "bytes": [-2], "chars": [200, 1], "int8s": [-127, 126], "uint8s": [1, 254], "int16s": [-259],
      "uint16s": [65025], "int32s": [-16909060], "uint32s": [4275878552], "int64s": [-72623859790382856], "uint64s": [18364758544493064720],
      "float32s": [-0.15625, Infinity], "float64s": [-1.1e-07], "strings": ["", "\\u00e4"],
      "times": [{"secs": 4275878552, "nsecs": 84281096}, {"secs": 1, "nsecs": 2}], "durations": [{"secs": -16909060, "nsecs": 84281096}],
      "two_bools": [false, true], "two_bytes": [-2, 3], "two_chars": [200, 1], "two_int8s": [-127, 126], "two_uint8s": [1, 254],
      "two_int16s": [-259, 3], "two_uint16s": [65025, 3], "two_int32s": [-16909060, 3], "two_uint32s": [4275878552, 3],
      "two_int64s": [-72623859790382856, 3], "two_uint64s": [18364758544493064720, 3], "two_float32s": [-0.15625, 3.0],
      "two_float64s": [-1.1e-07, 3.0], "two_strings": ["b", "a"], "two_times": [{"secs": 3, "nsecs": 4}, {"secs": 5, "nsecs": 6}],
      "two_durations": [{"secs": -3, "nsecs": 4}, {"secs": 5, "nsecs": 6}]}`,
  ],
];

describe.skipIf(!hasRos)("rospy, which knows by text what values are", () => {
  it("finds them so, and says them so", async () => {
    const master = await startMaster("rosmaster");
    const judge = startPeer(master.address, "judge.py", `${types}/orchard/msg/Everything.msg`);
    await until("it reads", () => judge.lines.includes("reads"));
    for (const [type, , text] of cases) judge.stdin!.write(`${type} ${text.replaceAll("\n", " ")}\n`);
    const engine = await started({
      nodes: {
        "/ros": bridge(master.address, "/pyros", { types: [types], import: { streams: ["/back/*"] }, export: { streams: ["/there/*"] } }),
      },
    });
    const back = new Map<string, unknown>();
    const outputs = cases.map(([type, value]) => {
      const name = type.split("/")[1]!;
      engine.stream(`/back/${name}`).on((value) => void back.set(type, value));
      return { type, value, output: engine.publisher(`/there/${name}`, { type }) };
    });
    const verdicts = (type: string): string[] => judge.lines.filter((line) => line.startsWith(`${type} is `));
    await until("all are judged and said", () => {
      for (const { type, value, output } of outputs) if (verdicts(type).length === 0) output.emit(value);
      return cases.every(([type]) => back.has(type) && verdicts(type).length > 0);
    });
    for (const [type, value] of cases) {
      expect(verdicts(type)[0]).toBe(`${type} is right`);
      expect(back.get(type)).toEqual(value);
    }
  });
});
