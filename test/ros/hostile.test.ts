import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Engine } from "pyros";
import { MessageType } from "../../systems/ros/message/type.ts";
import { parseDefinition } from "../../systems/ros/message/definition.ts";
import { Output } from "../../systems/ros/message/output.ts";
import { readHeader, writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";
import { writeCall } from "../../systems/ros/xmlrpc/write.ts";
import type talker from "./nodes/talker.ts";
import { bytesOf, mutate, mutations, placeOf, randomOf } from "./hostile.ts";
import { bridge, healthOf, ownMaster, rawSocket, started, until } from "./support.ts";

const text = new MessageType("std_msgs/String", (name) => parseDefinition(name, "string data\n"));
interface Talking {
  readonly engine: Engine;
  readonly master: string;
  readonly slave: string;
  readonly port: number;
}

async function talking(): Promise<Talking> {
  const master = await ownMaster();
  const engine = await started({
    nodes: { "/talker": "./nodes/talker.ts", "/ros": bridge(master, "/talking", { export: { streams: ["/talker/**"] } }) },
  });
  return { engine, master, ...await placeOf(master, "/talking", "/talker/out") };
}

function subscribe(fields: Record<string, string> = {}): Uint8Array {
  return writeHeader({ callerid: "/raw", topic: "/talker/out", type: "std_msgs/String", md5sum: text.md5, ...fields });
}

/** Whether the bridge still talks to who behaves. */
async function talks({ engine, port }: Talking): Promise<void> {
  const socket = await rawSocket(port);
  socket.write(subscribe({ callerid: "/good" }));
  const came = bytesOf(socket, 1200);
  let told = false;
  void came.then(() => (told = true));
  await until("it talks", async () => {
    await engine.client<typeof talker>("/talker").say("still here ".repeat(100));
    return told;
  });
  socket.destroy();
}

describe("a bridge with hostile subscribers", () => {
  it("refuses what does not fit, with the reason", async () => {
    const { port } = await talking();
    for (
      const [header, why] of [
        [subscribe({ md5sum: "0".repeat(32) }), `the MD5 of std_msgs/String is ${text.md5}, not 0000`],
        [subscribe({ type: "std_msgs/Int8" }), "its type is std_msgs/String, not std_msgs/Int8"],
        [subscribe({ topic: "/other" }), "/talking does not publish /other"],
        [writeHeader({ callerid: "/raw" }), "the header names neither a topic nor a service"],
      ] as const
    ) {
      const socket = await rawSocket(port);
      socket.write(header);
      const answer = await bytesOf(socket, Infinity);
      expect(readHeader(answer.slice(4)).get("error")).toContain(why);
    }
  });

  it(`goes on after ${mutations} changed headers, and after garbage`, async () => {
    const all = await talking();
    const next = randomOf("headers");
    const good = subscribe();
    const others = [
      new TextEncoder().encode("GET / HTTP/1.1\r\nhost: a\r\n\r\n"),
      new Uint8Array(100).fill(255),
      new Uint8Array(4),
      new Uint8Array(),
    ];
    for (let i = 0; i < mutations; i += 50) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => rawSocket(all.port)));
      for (const socket of sockets) socket.end(i === 0 ? others[next(others.length)]! : mutate(good, next));
      await sleep(1);
      for (const socket of sockets) socket.destroy();
    }
    await talks(all);
    await until("all have gone", async () => (await healthOf(all.engine)).exported.every(({ peers }) => peers.length === 0));
  });

  it("a subscriber that does not read costs a bounded amount of memory, and its losses are counted", async () => {
    const all = await talking();
    const { engine, port } = all;
    const stalled = await rawSocket(port);
    stalled.pause();
    stalled.write(subscribe());
    const health = async () => (await healthOf(engine)).exported.find(({ stream }) => stream === "/talker/out")!;
    await until("it is connected", async () => (await health()).peers.length === 1);
    let written = 0;
    const flood = async () => {
      for (let i = 0; i < 75; i++) await engine.client<typeof talker>("/talker").flood({ items: 4, bytes: 2 ** 20 });
      written += 300;
      await until("all have been written", async () => (await health()).messages >= written);
    };
    await flood(); // what a queue may hold, and the garbage that a collector leaves lying, are there after that
    const before = process.memoryUsage().rss;
    await flood();
    const { messages, dropped } = await health();
    expect(messages).toBe(600);
    expect(dropped).toBeGreaterThan(550);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(200); // of 300
    await talks(all); // and nobody waits for it
    stalled.destroy();
    await until("it has gone", async () => (await health()).peers.length === 0);
  });
});

describe("a slave API", () => {
  it(`goes on after ${mutations} changed calls, and answers what is malformed with an error`, async () => {
    const all = await talking();
    for (
      const params of [[], [1], ["/a"], ["/a", 5, []], ["/a", "/talker/out", "TCPROS"], ["/a", "/talker/out", [[]]], ["/a", "/talker/out", [
        5,
        ["UDPROS"],
      ]], ["/a", "/none", [["TCPROS"]]]]
    ) {
      const answer = (await callXml(all.slave, "requestTopic", params)) as [number, string];
      expect([answer[0] < 1, answer[1].length > 10]).toEqual([true, true]);
    }
    for (const method of ["publisherUpdate", "paramUpdate"]) {
      expect(((await callXml(all.slave, method, [1, 2, 3])) as [number])[0]).toBe(-1);
    }
    const next = randomOf("calls");
    const body = writeCall("publisherUpdate", ["/master", "/talker/out", ["nowhere"]]);
    const good = new TextEncoder().encode(
      `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: text/xml\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    for (let i = 0; i < mutations; i += 50) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => rawSocket(Number(new URL(all.slave).port))));
      for (const socket of sockets) socket.end(mutate(good, next));
      await sleep(1);
      for (const socket of sockets) socket.destroy();
    }
    expect(((await callXml(all.slave, "getPid", ["/test"])) as unknown[])[2]).toBe(process.pid);
    await talks(all);
  });
});

describe("a bridge that is asked to end", () => {
  it("leaves the ROS graph, says so, and stays a node that can be closed", async () => {
    const { engine, slave } = await talking();
    expect(await callXml(slave, "shutdown", ["/rosnode", "user request"])).toEqual([1, "shutdown", 0]);
    expect(await healthOf(engine)).toMatchObject({ graph: "ended", reason: "it was asked to end: user request", exported: [] });
    await until("it is a param", () => engine.params.get("/ros/status/graph") === "ended");
    expect(((await callXml(slave, "requestTopic", ["/test", "/talker/out", [["TCPROS"]]])) as [number])[0]).toBe(0);
  });
});

describe("a bridge whose master has far too much in its books", () => {
  it("looks at what came first, and what a list names is there all the same", async () => {
    const names = Array.from({ length: 30_000 }, (_, i) => [`/x${i}`, ["/x"]]);
    const done = (): unknown => [1, "", []];
    const master = new XmlServer({
      getSystemState: () => [1, "", [names, [], names]],
      getTopicTypes: () => [1, "", names.map(([name]) => [name, "std_msgs/String"])],
      lookupNode: () => [-1, "", ""],
      getParam: () => [-1, "", 0],
      lookupService: () => [1, "", "rosrpc://127.0.0.1:1"],
      ...Object.fromEntries(
        ["setParam", "deleteParam", "registerSubscriber", "registerPublisher", "unregisterSubscriber", "unregisterPublisher"]
          .map((method) => [method, done]),
      ),
    });
    const port = await master.listen("127.0.0.1", 0);
    onTestFinished(() => master.close());
    const lists = { import: { streams: ["/x29999", "/**"], services: ["/**"] } };
    const engine = await started({ nodes: { "/ros": bridge(`http://127.0.0.1:${port}/`, "/listening", lists) } });
    const health = async (): Promise<number[]> => {
      const { imported, services } = await healthOf(engine);
      return [imported.length, services.imported.length];
    };
    await until("it has looked", async () => (await health())[0]! > 1000);
    expect(await health()).toEqual([10_001, 10_000]);
    expect((await healthOf(engine)).imported[0]!.stream).toBe("/x29999");
  }, 120_000);
});

/** A publisher that does what a test wants with each connection. */
async function publisher(master: string, serve: (socket: Socket, count: number) => void): Promise<void> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket, count++);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const slave = new XmlServer({ requestTopic: () => [1, "", ["TCPROS", "127.0.0.1", port]], publisherUpdate: () => [1, "", 0] });
  const api = await slave.listen("127.0.0.1", 0);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await slave.close();
  });
  await callXml(master, "registerPublisher", ["/bad", "/bad", "std_msgs/String", `http://127.0.0.1:${api}/`]);
}

const greeting = {
  callerid: "/bad",
  topic: "/bad",
  type: "std_msgs/String",
  md5sum: text.md5,
  message_definition: "string data\n",
  latching: "0",
};

async function listening(master: string): Promise<{ readonly engine: Engine; readonly texts: string[] }> {
  const engine = await started({ nodes: { "/ros": bridge(master, "/listening", { import: { streams: ["/bad"] } }) } });
  const texts: string[] = [];
  engine.stream<{ data: string }>("/bad", { depth: 100_000 }).on(({ data }) => void texts.push(data));
  return { engine, texts };
}

describe("a bridge with hostile publishers", () => {
  it.each([
    ["a wrong MD5", { md5sum: "1".repeat(32) }, /the MD5 of std_msgs\/String is said to be 1111|definitions differ/],
    [
      "a definition that is none",
      { md5sum: "1".repeat(32), message_definition: "int32[\n" },
      /line 1 of the definition of std_msgs\/String/,
    ],
    ["a type that is none", { type: "../../x", md5sum: "1".repeat(32) }, /is no type/],
    ["an error", { error: "go away" }, /refuses: go away/],
  ])("refuses %s, and tells it", async (_, fields, why) => {
    const master = await ownMaster();
    await publisher(master, (socket) => socket.write(writeHeader({ ...greeting, ...fields })));
    const { engine } = await listening(master);
    await until("it is refused", async () => why.test((await healthOf(engine)).imported[0]!.peers[0]?.reason ?? ""));
    expect((await healthOf(engine)).imported[0]!.peers[0]!.state).toBe("refused");
  });

  it("reaches a few at a time: hundreds that do not answer take no more sockets than that, and whoever answers has its turn", async () => {
    const master = await ownMaster();
    let [open, most, all] = [0, 0, 0];
    const silent = createServer((socket) => {
      [open, all] = [open + 1, all + 1];
      most = Math.max(most, open);
      socket.on("error", () => {}).on("close", () => open--).resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    for (const topic of ["/x", "/y"]) {
      for (let i = 0; i < 400; i++) {
        await callXml(master, "registerPublisher", [`/silent${i}`, topic, "std_msgs/String", `http://127.0.0.1:${port}/${i}`]);
      }
    }
    const engine = await started({ nodes: { "/ros": bridge(master, "/listening", { import: { streams: ["/x", "/y", "/bad"] } }) } });
    for (const name of ["/x", "/y"]) engine.stream(name).on(() => {});
    await until("all that may be reached are", () => open === 256);
    const texts: string[] = [];
    engine.stream<{ data: string }>("/bad").on(({ data }) => void texts.push(data));
    await publisher(master, (socket) => {
      socket.write(Buffer.concat([writeHeader(greeting), text.write(new Output(), { data: "good" })]));
    });
    await until("who answers has its turn", () => texts.includes("good"));
    expect(all).toBeGreaterThan(256);
    expect(most).toBeLessThan(520); // those that were given up close a little later than the next ones open
  }, 120_000);

  it("takes what is good of what comes, again and again, whatever else comes", async () => {
    const master = await ownMaster();
    const next = randomOf("messages");
    const good = text.write(new Output(), { data: "good" }).slice();
    const bad = [
      (socket: Socket) => socket.destroy(),
      (socket: Socket) => socket.end(new Uint8Array(50).fill(200)),
      (socket: Socket) => socket.end(new Uint8Array([255, 255, 255, 255])),
      (socket: Socket) => socket.end(Buffer.concat([writeHeader(greeting), good, new Uint8Array([255, 255, 255, 255, 1])])),
      (socket: Socket) => socket.end(Buffer.concat([writeHeader(greeting), good, good.subarray(0, 6)])),
      (socket: Socket) => socket.end(Buffer.concat([writeHeader(greeting), ...Array.from({ length: 2000 }, () => mutate(good, next))])),
      (socket: Socket) => socket.end(mutate(writeHeader(greeting), next)),
    ];
    await publisher(master, (socket, count) => {
      const serve = bad[count];
      if (serve !== undefined) return void serve(socket);
      socket.write(Buffer.concat([writeHeader(greeting), text.write(new Output(), { data: "end" })]));
      socket.write(new Uint8Array([2, 0, 0, 0, 9, 9])); // of no use, and the connection stays
      socket.write(text.write(new Output(), { data: "after" }));
    });
    const { engine, texts } = await listening(master);
    await until("the last one is there", () => texts.includes("after"));
    expect(texts).toContain("good");
    const { unfit, peers } = (await healthOf(engine)).imported[0]!;
    expect(unfit).toBeGreaterThan(0);
    expect(peers[0]!.state).toBe("connected");
  });
});
