import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { defineNode, stream } from "pyros";
import { Output } from "../../systems/ros/message/output.ts";
import { readHeader, writeHeader } from "../../systems/ros/ros1/header.ts";
import { bytesOf, placeOf } from "./hostile.ts";
import { greeting, publisher, register, text } from "./raw-publisher.ts";
import { bridge, ownMaster, rawSocket, started, until } from "./support.ts";

const window = 2000; // ms in which items are counted
const rate = 10; // Hz that is asked for; ten times as many are there

/** Of 100 a second, those come that were asked for, in a time that is long against what lies between two. */
async function expectThinned(came: () => number, all: () => number): Promise<void> {
  const [cameBefore, allBefore] = [came(), all()];
  const since = performance.now();
  await new Promise((resolve) => setTimeout(resolve, window));
  const perSecond = ((came() - cameBefore) * 1000) / (performance.now() - since);
  expect(all() - allBefore).toBeGreaterThan((3 * rate * window) / 1000);
  expect(perSecond).toBeGreaterThan(rate / 3);
  expect(perSecond).toBeLessThan(rate * 1.3);
}

const ticker = defineNode({
  rate: 100,
  streams: { out: stream<{ data: string }>({ type: "std_msgs/String" }) },
  state: () => ({ n: 0 }),
  update({ state, streams }) {
    streams.out.emit({ data: String(state.n++) });
  },
});

describe("maxRate", () => {
  it("of an import thins out what comes", async () => {
    const message = text.write(new Output(), { data: "often" }).slice();
    let sent = 0;
    const often = await publisher((socket) => {
      socket.write(greeting(text));
      const timer = setInterval(() => {
        sent++;
        socket.write(message);
      }, 10);
      socket.once("close", () => clearInterval(timer));
    });
    const master = await ownMaster();
    await register(master, often, text);
    const lists = { import: { streams: [{ match: "/raw", maxRate: rate }] } };
    const engine = await started({ nodes: { "/ros": bridge(master, "/slow", lists) } });
    let came = 0;
    engine.stream("/raw").on(() => void came++);
    await until("something comes", () => came > 0);
    await expectThinned(() => came, () => sent);
  });

  it("of an export thins out what goes", async () => {
    const master = await ownMaster();
    const lists = { export: { streams: [{ match: "/ticker/out", maxRate: rate }] } };
    const engine = await started({ nodes: { "/ticker": ticker, "/ros": bridge(master, "/fast", lists) } });
    let emitted = 0;
    engine.stream("/ticker/out", { depth: 1000 }).on(() => void emitted++);
    const to = await started({ nodes: { "/ros": bridge(master, "/reading", { import: { streams: ["/ticker/out"] } }) } });
    let came = 0;
    to.stream("/ticker/out", { depth: 1000 }).on(() => void came++);
    await until("something comes", () => came > 0);
    await expectThinned(() => came, () => emitted);
  });
});

it.each([[{ match: "/raw", tcp_nodelay: true }, "1"], ["/raw", "0"]])(
  "an import of %j asks for tcp_nodelay %s",
  async (entry, asked) => {
    let header: ReturnType<typeof readHeader> | undefined;
    const asking = await publisher((socket) => {
      socket.once("data", (data) => {
        header = readHeader(new Uint8Array(data.subarray(4)));
        socket.write(greeting(text));
      });
    });
    const master = await ownMaster();
    await register(master, asking, text);
    const engine = await started({ nodes: { "/ros": bridge(master, "/asking", { import: { streams: [entry] } }) } });
    engine.stream("/raw").on(() => {});
    await until("it asks", () => header !== undefined);
    expect(header!.get("tcp_nodelay")).toBe(asked);
  },
);

it("an export goes under another name, with the depth and the latching that its entry says", async () => {
  const master = await ownMaster();
  const lists = { export: { streams: [{ match: "/talker/out", as: "/said", latch: true, queue_size: 3 }] } };
  const engine = await started({ nodes: { "/talker": "./nodes/talker.ts", "/ros": bridge(master, "/naming", lists) } });
  const { port } = await placeOf(master, "/naming", "/said");
  const socket = await rawSocket(port);
  socket.write(writeHeader({ callerid: "/reader", topic: "/said", type: "*", md5sum: "*" }));
  const header = readHeader((await bytesOf(socket, 100)).slice(4));
  expect([header.get("topic"), header.get("type"), header.get("latching")]).toEqual(["/said", "std_msgs/String", "1"]);
  await engine.call("/talker/say", "kept");
  const late = await rawSocket(port);
  late.write(writeHeader({ callerid: "/late", topic: "/said", type: "*", md5sum: "*" }));
  let came = "";
  late.on("data", (data: Buffer) => (came += data.toString("latin1")));
  await until("who comes late has it", () => came.includes("kept"));
  for (const one of [socket, late]) one.destroy();
});

describe("ROS_PACKAGE_PATH", () => {
  const before = process.env["ROS_PACKAGE_PATH"];
  afterEach(() => {
    if (before === undefined) delete process.env["ROS_PACKAGE_PATH"];
    else process.env["ROS_PACKAGE_PATH"] = before;
  });

  it("has definitions", async () => {
    process.env["ROS_PACKAGE_PATH"] = `/nowhere:${fileURLToPath(new URL("./types", import.meta.url))}`;
    const master = await ownMaster();
    const engine = await started({ nodes: { "/ros": bridge(master, "/typed", {}) } });
    await engine.call("/ros/check", { type: "orchard/Place", value: {} });
    await expect(engine.call("/ros/check", { type: "orchard/None", value: {} })).rejects.toThrow("orchard/None");
  });
});
