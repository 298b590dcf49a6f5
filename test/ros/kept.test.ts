import { expect, it } from "vitest";
import { bridge, healthOf, started, startMaster, until } from "./support.ts";

const count = 2000;
const types = { "/texts": "std_msgs/String", "/numbers": "std_msgs/Float32MultiArray", "/stamps": "std_msgs/Header" };
const text = (i: number): string => `${i} `.repeat(100 + (i % 60)); // some end beyond a chunk, and begin anew in the next
const layout = { dim: [], data_offset: 0 };

it("what a node keeps of a topic stays as it came, while more comes", async () => {
  const { address } = await startMaster("built-in");
  const from = await started({ nodes: { "/ros": bridge(address, "/from", { export: { streams: ["/**"] } }) } });
  const outputs = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, from.publisher<any>(name, { type })]));
  const to = await started({ nodes: { "/ros": bridge(address, "/to", { import: { streams: Object.keys(types) } }) } });
  const kept = Object.fromEntries(Object.keys(types).map((name): [string, any[]] => [name, []]));
  for (const [name, items] of Object.entries(kept)) to.stream<any>(name, { depth: count }).on((item) => void items.push(item));
  await until("all are read", async () => {
    const mirrors = [...(await healthOf(from)).exported, ...(await healthOf(to)).imported];
    return mirrors.filter(({ peers }) => peers.some(({ state }) => state === "connected")).length === 6;
  });
  for (let i = 0; i < count; i++) {
    outputs["/texts"]!.emit({ data: text(i) });
    outputs["/numbers"]!.emit({ layout, data: new Float32Array(100 + (i % 60)).fill(i) });
    outputs["/stamps"]!.emit({ seq: i, stamp: { sec: i, nsec: 5 }, frame_id: `frame ${i}` });
    if (i % 100 === 99) await until(`${i + 1} of each are there`, () => Object.values(kept).every(({ length }) => length === i + 1));
  }
  for (let i = 0; i < count; i++) {
    expect(kept["/texts"]![i].data).toBe(text(i));
    expect(kept["/numbers"]![i].data).toEqual(new Float32Array(100 + (i % 60)).fill(i));
    expect(kept["/stamps"]![i]).toEqual({ seq: i, stamp: { sec: i, nsec: 5 }, frame_id: `frame ${i}` });
  }
});

it("large arrays stay as they came where they are kept, on both sides, while others of their size follow", async () => {
  const { address } = await startMaster("built-in");
  const from = await started({ nodes: { "/ros": bridge(address, "/from", { export: { streams: ["/**"] } }) } });
  const output = from.publisher<any>("/large", { type: "std_msgs/Float32MultiArray" });
  const to = await started({ nodes: { "/ros": bridge(address, "/to", { import: { streams: ["/large"] } }) } });
  const [here, there, also]: any[][] = [[], [], []];
  to.stream<any>("/large", { depth: 100 }).on((item) => void there!.push(item));
  to.stream<any>("/large", { depth: 100 }).on((item) => void also!.push(item));
  await until(
    "it is read",
    async () => (await healthOf(from)).exported.some(({ peers }) => peers.some(({ state }) => state === "connected")),
  );
  for (let i = 0; i < 60; i++) {
    // Nobody here keeps the first ones: their memory may be used again. Then somebody does.
    if (i === 30) from.stream<any>("/large", { depth: 100 }).on((item) => void here!.push(item));
    const data = new Float32Array(100_000).fill(i);
    output.emit({ layout, data });
    data.fill(-1); // it is the publisher's own
    await until(`number ${i} is there`, () => there!.length === i + 1 && also!.length === i + 1 && here!.length === Math.max(0, i - 29));
  }
  const fill = (i: number): Float32Array => new Float32Array(100_000).fill(i);
  for (let i = 0; i < 60; i++) {
    for (const { data } of [there![i], also![i], here![i - 30] ?? there![i]]) {
      expect(Buffer.compare(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), new Uint8Array(fill(i).buffer))).toBe(0);
    }
  }
});
