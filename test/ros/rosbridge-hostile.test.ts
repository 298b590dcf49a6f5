import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { type Engine, NodeLostError } from "pyros";
import { mutate, mutations, randomOf } from "./hostile.ts";
import type { RosbridgeServer } from "./rosbridge-server.ts";
import { bridge, healthOf, ownServer, started, until } from "./support.ts";

const both = {
  import: { streams: ["/text", "/image"], services: ["/far/*"], params: ["/arm/**"] },
  export: { streams: ["/talker/**"], services: ["/worker/*", "!/worker/seen"], params: ["/out/**"] },
};

/** A graph with a bridge that has all kinds of things, and what it hears. */
async function bridged(address: string): Promise<{ readonly engine: Engine; readonly texts: unknown[] }> {
  const engine = await started({
    params: { out: { a: 1 } },
    nodes: { "/talker": "./nodes/talker.ts", "/worker": "./nodes/worker.ts", "/ros": bridge(address, "/a", both) },
  });
  const texts: unknown[] = [];
  engine.stream("/text", { depth: 1000 }).on((item) => void texts.push(item));
  engine.stream("/image").on(() => {});
  return { engine, texts };
}

async function withServer(): Promise<{ readonly server: RosbridgeServer; readonly engine: Engine; readonly hears: () => Promise<void> }> {
  const server = await ownServer();
  server.advertise("/text", "std_msgs/String");
  server.advertise("/image", "sensor_msgs/Image");
  const { engine, texts } = await bridged(server.address);
  let n = 0;
  const hears = (): Promise<void> => {
    const data = `still here ${n++}`;
    return until("it still hears", () => {
      server.publish("/text", { data });
      return texts.some((text) => (text as { data: string }).data === data);
    });
  };
  await hears();
  return { server, engine, hears };
}

const good = [
  '{"op": "publish", "topic": "/text", "msg": {"data": "a"}}',
  '{"op": "publish", "topic": "/image", "msg": {"height": 1, "width": 4, "encoding": "mono8", "step": 4, "data": "AAAAAA=="}}',
  '{"op": "service_response", "id": "call:1", "service": "/rosapi/topics", "values": {"topics": ["/x"], "types": ["std_msgs/String"]}, "result": true}',
  '{"op": "call_service", "id": "1", "service": "/worker/flip", "args": {"data": true}}',
  '{"op": "fragment", "id": "1", "num": 0, "total": 2, "data": "{}"}',
  '{"op": "status", "level": "error", "msg": "no", "id": "subscribe:/none"}',
];

const bad: readonly string[] = [
  "",
  "null",
  "5",
  '"text"',
  "[]",
  "{}",
  "{",
  "NaN",
  '{"op": 5}',
  '{"op": "png", "data": "x"}',
  '{"op": "nothing of the kind"}',
  '{"op": "publish"}',
  '{"op": "publish", "topic": {}}',
  '{"op": "publish", "topic": "/text"}',
  '{"op": "publish", "topic": "/text", "msg": null}',
  '{"op": "publish", "topic": "/text", "msg": {"data": 5}}',
  '{"op": "publish", "topic": "/text", "msg": {"data": "\\ud800"}}',
  '{"op": "publish", "topic": "/text", "msg": {"__proto__": {"x": 1}}}',
  `{"op": "publish", "topic": "/text", "msg": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  `{"op": "publish", "topic": "/text", "msg": ${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`,
  '{"op": "publish", "topic": "/image", "msg": {"data": "no base64!"}}',
  '{"op": "publish", "topic": "/image", "msg": {"data": [256]}}',
  '{"op": "publish", "topic": "__proto__", "msg": {}}',
  '{"op": "service_response"}',
  '{"op": "service_response", "id": "call:999999", "values": {}, "result": true}',
  '{"op": "service_response", "id": {"a": 1}, "values": {}, "result": true}',
  '{"op": "call_service"}',
  '{"op": "call_service", "service": "/worker/flip"}',
  '{"op": "call_service", "service": "/worker/flip", "id": {}, "args": 5}',
  '{"op": "call_service", "service": "/worker/flip", "id": "1", "args": [true, false, 3]}',
  '{"op": "call_service", "service": "/none", "id": "1", "args": {}}',
  '{"op": "status", "level": {}, "msg": []}',
  '{"op": "fragment"}',
  '{"op": "fragment", "id": "x", "num": 0, "total": 1e300, "data": "x"}',
  '{"op": "fragment", "id": "x", "num": 0, "total": 1, "data": "{\\"op\\": \\"fragment\\"}"}',
  '{"op": "fragment", "id": "x", "num": 0, "total": 1, "data": "{"}',
];

describe("what a rosbridge server sends", () => {
  it("cannot end or stop a bridge, whatever it is", async () => {
    const { server, engine, hears } = await withServer();
    const send = (what: string | Uint8Array): void => server.sockets.forEach((socket) => socket.send(what));
    for (const text of bad) send(text);
    for (const bytes of [[], [0xff], [0xbf], [0x9b, 255, 255, 255, 255, 255, 255, 255, 255], [0xa1, 0x62, 0x6f, 0x70, 0xf6]]) {
      send(new Uint8Array(bytes));
    }
    await hears();
    const next = randomOf("rosbridge");
    for (let i = 0; i < mutations / 2; i++) {
      const text = new TextDecoder().decode(mutate(new TextEncoder().encode(good[next(good.length)]), next));
      send(text);
      if (i % 500 === 0) await hears();
    }
    await hears();
    expect(await engine.call("/worker/seen", {})).toBeDefined();
    const health = await healthOf(engine);
    expect(health.graph).toBe("here");
    expect(health.notice.length).toBeLessThan(1000);
    expect(health.imported.find(({ stream }) => stream === "/text")!.unfit).toBeGreaterThan(5);
  });

  it("takes no memory without bound: parts that are never whole, and calls that come faster than they are answered", async () => {
    const { server, engine, hears } = await withServer();
    const piece = "x".repeat(1_000_000);
    for (let i = 0; i < 150; i++) {
      for (const socket of server.sockets) {
        socket.send(JSON.stringify({ op: "fragment", id: `m${i % 20}`, num: 1 + i, total: 1000, data: piece }));
      }
      if (i % 10 === 0) await sleep(1);
    }
    await hears();
    const before = server.received.length;
    for (let i = 0; i < 3000; i++) {
      for (const socket of server.sockets) {
        socket.send(`{"op": "call_service", "id": "never:${i}", "service": "/worker/never", "args": {}}`);
      }
    }
    const refused = (): number =>
      server.received.slice(before).filter(({ op, values }) => op === "service_response" && /already/.test(JSON.stringify(values))).length;
    await until("those beyond 1,024 are refused", () => refused() >= 1900);
    await hears();
    expect(process.memoryUsage().heapUsed).toBeLessThan(600 * 2 ** 20);
    expect((await healthOf(engine)).graph).toBe("here");
  });

  it("ends the connection where it is larger than any message, and the bridge connects again", async () => {
    const { server, engine, hears } = await withServer();
    const [socket] = server.sockets;
    const huge = `{"op": "publish", "topic": "/text", "msg": {"data": "${"x".repeat(100 * 2 ** 20)}"}}`;
    socket!.send(huge);
    await until("it has another connection", () => server.sockets.length === 1 && server.sockets[0] !== socket);
    await until("it is here", () => engine.params.get("/ros/status/graph") === "here");
    await hears();
  });

  it.each([
    ["nothing", (): void => {}],
    [
      "wrong kinds",
      (socket: WebSocket, { id }: Asked): void => socket.send(JSON.stringify({ op: "service_response", id, values: 5, result: 5 })),
    ],
    [
      "lists of wrong kinds",
      (socket: WebSocket, { id }: Asked): void => {
        const list = [5, null, {}, "", "no name", "/x".repeat(2000), "/text"];
        const names = ["topics", "types", "services", "publishers", "subscribers", "names", "type", "node", "value", "typedefs", "exists"];
        const values = Object.fromEntries(names.map((name) => [name, list]));
        socket.send(JSON.stringify({ op: "service_response", id, values, result: true }));
      },
    ],
    [
      "types that contain themselves",
      (socket: WebSocket, { id }: Asked): void => {
        const typedefs = [{ type: "a/B", fieldnames: ["b"], fieldtypes: ["a/B"], fieldarraylen: [1e9] }];
        const values = { topics: ["/text"], types: ["a/B"], services: ["/far/x"], type: "a/B", typedefs, publishers: ["/p"], value: "{" };
        socket.send(JSON.stringify({ op: "service_response", id, values, result: true }));
      },
    ],
    ["the end, at once", (socket: WebSocket): void => socket.close(1011, "no")],
    [
      "garbage on the socket",
      (socket: WebSocket): void => void (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write("garbage"),
    ],
  ])("may be, to questions, %s", async (_what, answer) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    let asked = 0;
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.on("message", (data) => {
        const message = JSON.parse((data as Buffer).toString()) as Asked;
        if (message.op !== "call_service") return;
        asked++;
        answer(socket, message);
      });
    });
    onTestFinished(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    const { engine } = await bridged(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await until("it has asked", () => asked >= 1);
    await sleep(200); // what comes of the answers
    expect(await engine.call("/worker/flip", { data: true })).toMatchObject({ success: false });
    expect((await healthOf(engine)).name).toBe("/a");
    await expect(engine.call("/far/x", {}, { timeout: 500 })).rejects.toThrow("/far/x");
  });

  it("settles calls that are out when it goes silent for ever", async () => {
    const server = await ownServer();
    const from = await started({
      nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(server.address, "/a", { export: { services: ["/worker/never"] } }) },
    });
    const to = await started({ nodes: { "/ros": bridge(server.address, "/b", { import: { services: ["/worker/never"] } }) } });
    await to.waitForService("/worker/never", { timeout: 10_000 });
    const call = to.call("/worker/never", {}, { timeout: Infinity }).then(() => undefined, (error: Error) => error);
    await until(
      "it is there",
      () => server.received.filter(({ op, service }) => op === "call_service" && service === "/worker/never").length > 0,
    );
    for (const socket of server.sockets) socket.pause(); // as a machine that has lost its network
    expect(await call).toBeInstanceOf(NodeLostError);
    expect((await healthOf(to)).graph).not.toBe("here");
    await from.close();
  });
});

interface Asked {
  readonly op: string;
  readonly id: string;
}
