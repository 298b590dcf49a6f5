import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { defineNode, type Engine, NodeLostError, ServiceTimeoutError, stream } from "pyros";
import type talker from "./nodes/talker.ts";
import { RosbridgeServer } from "./rosbridge-server.ts";
import { bridge, healthOf, ownServer, started, until } from "./support.ts";

const has = (engine: Engine, name: string): boolean => engine.services.some((service) => service.name === name);

function heard<T>(engine: Engine, name: string): T[] {
  const items: T[] = [];
  engine.stream<T>(name, { depth: 1000 }).on((item) => void items.push(item));
  return items;
}

const camera = defineNode({
  streams: { pose: stream<object>({ type: "geometry_msgs/msg/PoseStamped" }), text: stream<object>({ type: "std_msgs/String" }) },
  services: {
    shoot(value: object, { streams }) {
      streams.pose.emit(value);
    },
    say(data: string, { streams }) {
      streams.text.emit({ data });
    },
    flood({ items, bytes }: { items: number; bytes: number }, { streams }) {
      for (let i = 0; i < items; i++) streams.text.emit({ data: Buffer.alloc(bytes, 97).toString("latin1") });
    },
  },
});

describe("a rosbridge server", () => {
  it("hands on what is wrong with a call where the type has words for it, and every call settles", async () => {
    const server = await ownServer();
    const services = [{ match: "/worker/never", timeout: 300 }, "/worker/*", "!/worker/seen"];
    const from = await started({
      nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(server.address, "/a", { export: { services } }) },
    });
    const to = await started({ nodes: { "/ros": bridge(server.address, "/b", { import: { services: ["/worker/*"] } }) } });
    await until("they are there", () => ["throws", "never", "wrong", "flip"].every((name) => has(to, `/worker/${name}`)));
    expect(await to.call("/worker/throws", {})).toEqual({ success: false, message: "the arm is stuck" });
    expect(await to.call("/worker/wrong", {})).toMatchObject({ message: expect.stringContaining(".success must be true or false, not 5") });
    expect(await to.call("/worker/never", {})).toMatchObject({ message: expect.stringContaining("did not answer within 300 ms") });
    await expect(to.call("/worker/flip", { data: 7 })).rejects.toThrow("std_srvs/SetBoolRequest.data must be true or false, not 7");
    await expect(to.call("/worker/never", {}, { timeout: 100 })).rejects.toThrow(ServiceTimeoutError);
    const enough = new AbortController();
    const call = to.call("/worker/never", {}, { signal: enough.signal });
    enough.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    expect((await healthOf(from)).services.exported.find(({ service }) => service === "/worker/throws")).toMatchObject({
      calls: 1,
      failed: 1,
    });
    const lost = to.call("/worker/never", {}, { timeout: Infinity }).then(() => undefined, (error: Error) => error);
    await until("the call is there", () => server.received.filter(({ service }) => service === "/worker/never").length >= 4);
    await server.close();
    expect(await lost).toBeInstanceOf(NodeLostError);
  });

  it("with far too many topics is asked for those that come first", async () => {
    const server = await ownServer();
    const robot = new WebSocket(server.address);
    await new Promise<void>((opened) => robot.once("open", opened));
    onTestFinished(() => robot.close());
    for (let i = 0; i < 10_500; i++) robot.send(JSON.stringify({ op: "advertise", topic: `/many/t${i}`, type: "std_msgs/String" }));
    const engine = await started({ nodes: { "/ros": bridge(server.address, "/pyros", { import: { streams: ["/many/*"] } }) } });
    await until("it has looked", async () => (await healthOf(engine)).imported.length > 0);
    expect((await healthOf(engine)).imported.length).toBe(10_000);
  });

  it("without rosapi gives what the lists name, with its type", async () => {
    const server = await ownServer({ rosapi: false });
    const from = await started({
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/worker": "./nodes/worker.ts",
        "/ros": bridge(server.address, "/a", { export: { streams: ["/talker/out"], services: ["/worker/flip"] } }),
      },
    });
    const to = await started({
      nodes: {
        "/ros": bridge(server.address, "/b", {
          import: {
            streams: [{ match: "/talker/out", type: "std_msgs/String" }],
            services: [{ match: "/worker/flip", type: "std_srvs/SetBool" }],
          },
        }),
      },
    });
    const items = heard<{ data: string }>(to, "/talker/out");
    await until("it is heard", async () => {
      await from.client<typeof talker>("/talker").say("here");
      return items.length > 0;
    });
    expect(items[0]).toEqual({ data: "here" });
    await until("it is there", () => has(to, "/worker/flip"));
    await until("it answers", () => to.call("/worker/flip", { data: true }).then(() => true, () => false));
    expect((await healthOf(to)).notice).toContain("no rosapi");
  });

  it("of ROS 2 gets types and times as ROS 2 spells them", async () => {
    const server = await ownServer({ version: 2 });
    server.advertise("/clock_now", "std_msgs/msg/Header");
    const engine = await started({
      nodes: {
        "/camera": camera,
        "/ros": bridge(server.address, "/a", { import: { streams: ["/clock_now"] }, export: { streams: ["/camera/*"] } }),
      },
    });
    const far = await started({ nodes: { "/ros": bridge(server.address, "/b", { import: { streams: ["/camera/pose"] } }) } });
    const [headers, poses] = [heard<object>(engine, "/clock_now"), heard<object>(far, "/camera/pose")];
    await until("it is heard", async () => {
      server.publish("/clock_now", { stamp: { sec: 3, nanosec: 4 }, frame_id: "map" });
      await engine.call("/camera/shoot", { header: { stamp: { sec: 1, nanosec: 2 } }, pose: { position: { x: NaN, y: -0 } } });
      return headers.length > 0 && poses.length > 0;
    });
    expect(headers[0]).toEqual({ stamp: { sec: 3, nsec: 4 }, frame_id: "map" });
    expect(poses[0]).toMatchObject({ header: { stamp: { sec: 1, nsec: 2 }, frame_id: "" }, pose: { position: { x: NaN, y: -0, z: 0 } } });
    expect(server.received.find(({ op, topic }) => op === "advertise" && topic === "/camera/pose")!.type).toBe(
      "geometry_msgs/msg/PoseStamped",
    );
    expect(server.received.find(({ op }) => op === "publish")!.msg).toMatchObject({ header: { stamp: { sec: 1, nanosec: 2 } } });
    expect((await healthOf(far)).imported[0]).toMatchObject({ type: "geometry_msgs/PoseStamped", unfit: 0 });
  });

  it("of ROS 2 has params of nodes, which take what they have declared", async () => {
    const server = await ownServer({ version: 2 });
    for (const [name, value] of [["/arm:gain", "2.0"], ["/arm:limits.low", "1"], ["/arm:name", '"left"'], ["/leg:gain", "1.5"]] as const) {
      server.declared.set(name, value);
    }
    const lists = { import: { params: ["/arm/**"] }, export: { params: ["/arm/**"] } };
    const engine = await started({ params: { arm: { extra: 1 } }, nodes: { "/ros": bridge(server.address, "/a", lists) } });
    await until("they are here", () => engine.params.get("/arm/limits/low") === 1);
    expect(engine.params.get("/arm")).toEqual({ gain: 2, limits: { low: 1 }, name: "left", extra: 1 });
    await engine.params.set("/arm/gain", 3); // a whole number for what is a fraction there
    await until("it is there", () => server.declared.get("/arm:gain") === "3.0");
    server.declared.set("/arm:limits.low", "5");
    await until("it is here", () => engine.params.get("/arm/limits/low") === 5);
    await engine.params.set("/arm/name", 7);
    const problems = async (): Promise<unknown> =>
      Object.fromEntries(
        (await healthOf(engine)).params.exported.filter(({ problem }) => problem !== "").map((one) => [one.there, one.problem]),
      );
    await until("it is told", async () => Object.keys((await problems()) as object).length === 2);
    expect(await problems()).toEqual({
      "/arm/extra": "no node of ROS 2 has declared a param /arm/extra",
      "/arm/name": "the node of /arm:name does not take 7",
    });
    expect([server.declared.get("/arm:name"), server.declared.get("/leg:gain")]).toEqual(['"left"', "1.5"]);
  });

  it("is told how topics are read: rate, queue and encoding", async () => {
    const server = await ownServer();
    server.advertise("/image", "sensor_msgs/Image");
    server.advertise("/joints", "sensor_msgs/JointState");
    const streams = [{ match: "/image", maxRate: 20 }, { match: "/joints", depth: 3 }];
    const engine = await started({ nodes: { "/ros": bridge(server.address, "/a", { import: { streams } }) } });
    const [images, joints] = [
      heard<{ data: Uint8Array }>(engine, "/image"),
      heard<{ name: string[]; position: Float64Array }>(engine, "/joints"),
    ];
    const data = Uint8Array.from({ length: 100_000 }, (_, i) => i);
    await until("they are heard", () => {
      server.publish("/image", { data });
      server.publish("/joints", { name: ["a"], position: [0.5, Infinity] });
      return images.length > 0 && joints.length > 0;
    });
    const asked = (topic: string): unknown => server.received.find((message) => message.op === "subscribe" && message.topic === topic);
    expect(asked("/image")).toMatchObject({ throttle_rate: 50, queue_length: 1, compression: "cbor", type: "sensor_msgs/Image" });
    expect(asked("/joints")).toMatchObject({ throttle_rate: 0, queue_length: 3, compression: "none" }); // of texts, servers make no CBOR
    expect(images[0]!.data).toEqual(data);
    expect(joints[0]).toMatchObject({ name: ["a"], position: new Float64Array([0.5, NaN]) }); // JSON has no infinity
  });

  it("sends large messages in parts, and gets them so", async () => {
    const server = await ownServer({ fragmentSize: 1000 });
    server.advertise("/text", "std_msgs/String");
    const engine = await started({
      nodes: {
        "/camera": camera,
        "/ros": bridge(server.address, "/a", { import: { streams: ["/text"] }, export: { streams: ["/camera/text"] } }),
      },
    });
    const texts = heard<{ data: string }>(engine, "/text");
    const data = "ä😀x".repeat(2000);
    await until("it is heard", () => {
      server.publish("/text", { data });
      return texts.length > 0;
    });
    expect(texts[0]!.data).toBe(data);
    const far = await started({ nodes: { "/ros": bridge(server.address, "/b", { import: { streams: ["/camera/text"] } }) } });
    heard(far, "/camera/text");
    await until("it is read", async () => (await healthOf(engine)).exported[0]!.active);
    await engine.call("/camera/say", `${"a".repeat(3_999_900)}${"😀".repeat(3_000_000)}`);
    await until("all parts are there", () => server.received.filter(({ op }) => op === "fragment").length === 3);
    const parts = server.received.filter(({ op }) => op === "fragment").map((part) => part.data as string);
    const whole = JSON.parse(parts.join("")) as { msg: { data: string } };
    expect(whole.msg.data.length).toBe(9_999_900);
    for (const part of parts) expect(/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(part)).toBe(false);
  });

  it("that does not read costs the items that it does not take, and they are counted", async () => {
    const server = await ownServer();
    const engine = await started({
      nodes: { "/camera": camera, "/ros": bridge(server.address, "/a", { export: { streams: ["/camera/text"] } }) },
    });
    const far = await started({ nodes: { "/ros": bridge(server.address, "/b", { import: { streams: ["/camera/text"] } }) } });
    heard(far, "/camera/text");
    const health = async (): Promise<{ readonly messages: number; readonly dropped: number; readonly active: boolean }> =>
      (await healthOf(engine)).exported[0]!;
    await until("it is read", async () => (await health()).active);
    for (const socket of server.sockets) socket.pause();
    for (let i = 0; i < 40; i++) await engine.call("/camera/flood", { items: 10, bytes: 100_000 });
    await until("items are dropped", async () => (await health()).dropped > 100);
    for (const socket of server.sockets) socket.resume();
    const { messages, dropped } = await health();
    await until("the rest comes", () => server.received.filter(({ op }) => op === "publish").length === messages - dropped);
    expect((await healthOf(engine)).graph).toBe("here");
  });

  it("comes and goes: all is asked for again, and latched items are there again", async () => {
    const server = await ownServer();
    const engine = await started({
      nodes: { "/talker": "./nodes/talker.ts", "/ros": bridge(server.address, "/a", { export: { streams: ["/talker/last"] } }) },
    });
    const far = await started({
      nodes: { "/ros": bridge(server.address, "/b", { import: { streams: [{ match: "/talker/last", latched: true }] } }) },
    });
    const items = heard<{ data: string }>(far, "/talker/last");
    await engine.client<typeof talker>("/talker").keep("kept");
    await until("it is heard", () => items.length === 1);
    await server.close();
    await until("it is away", () => engine.params.get("/ros/status/graph") === "away");
    const again = new RosbridgeServer();
    await again.open(server.port);
    await until("it is heard again", () => items.length === 2);
    expect(items).toEqual([{ data: "kept" }, { data: "kept" }]);
    await again.close();
  });

  it("is chosen by the address, and another one is refused with what would be right", async () => {
    const start = (master: string): Promise<Engine> => started({ nodes: { "/ros": bridge(master, "/a", {}) } });
    await expect(start("ftp://127.0.0.1:9090")).rejects.toThrow(
      /must be http:\/\/host:port of a ROS 1 master, or ws:\/\/host:port.*not "ftp:/,
    );
    await expect(start("localhost:9090")).rejects.toThrow(/must be http:.*not "localhost:9090"/);
    await expect(start("ws://me:secret@127.0.0.1:9090")).rejects.toThrow(/a user or a password in it/);
    const engine = await start("ws://127.0.0.1:9/");
    await until("it is away", async () => (await healthOf(engine)).graph === "away");
    expect((await healthOf(engine)).reason).toContain("the rosbridge server at ws://127.0.0.1:9/ cannot be reached");
  });
});
