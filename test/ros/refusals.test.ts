import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Refusals } from "../../systems/ros/ros1/refusals.ts";
import { readHeader, writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { bytesOf, placeOf } from "./hostile.ts";
import { greeting, publisher, register, saying, text, typeOf } from "./raw-publisher.ts";
import { bridge, healthOf, ownMaster, rawSocket, started, until } from "./support.ts";

const told: string[] = [];

beforeEach(() => {
  told.length = 0;
  configureSync({
    reset: true,
    sinks: { told: ({ message }: LogRecord) => void told.push(message.join("")) },
    loggers: [
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "warning" },
      { category: ["pyros"], sinks: ["told"], lowestLevel: "warning" },
    ],
  });
});
afterEach(() => resetSync());

it("who is turned away is in the log and in health, with its name, its address and the reason", async () => {
  const master = await ownMaster();
  const lists = { export: { streams: ["/talker/out"], services: ["/worker/flip"] } };
  const engine = await started({
    nodes: { "/talker": "./nodes/talker.ts", "/worker": "./nodes/worker.ts", "/ros": bridge(master, "/turning", lists) },
  });
  const { slave, port } = await placeOf(master, "/turning", "/talker/out");
  await until("it provides", async () => ((await callXml(master, "lookupService", ["/test", "/worker/flip"])) as [number])[0] === 1);
  const wrong = "0".repeat(32);
  const long = Uint8Array.of(255, 255, 255, 127);
  const guests: readonly (readonly [Uint8Array, string, RegExp])[] = [
    [
      writeHeader({ callerid: "/reader", topic: "/talker/out", type: "std_msgs/String", md5sum: wrong }),
      "/reader",
      /MD5 of std_msgs\/String is .*, not 0000/,
    ],
    [
      writeHeader({ callerid: "/typist", topic: "/talker/out", type: "std_msgs/Int8", md5sum: wrong }),
      "/typist",
      /its type is std_msgs\/String, not std_msgs\/Int8/,
    ],
    [writeHeader({ callerid: "/asker", service: "/worker/flip", md5sum: wrong }), "/asker", /MD5 of std_srvs\/SetBool is/],
    [writeHeader({ callerid: "/lost", topic: "/nothing", md5sum: "*" }), "/lost", /does not publish \/nothing/],
    [
      new Uint8Array([...writeHeader({ callerid: "/greedy", service: "/worker/flip", md5sum: "*" }), ...long]),
      "/greedy",
      /it announced \d+ bytes/,
    ],
    [new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "127.0.0.1", /it announced \d+ bytes/],
  ];
  for (const [bytes] of guests) {
    const socket = await rawSocket(port);
    socket.write(bytes);
    await bytesOf(socket, Infinity);
  }
  const answer = await fetch(slave, { method: "POST", body: "<methodCall><methodName>getPid</methodName><params><param>" });
  expect(await answer.text()).toMatch(/fault/);
  const all = [...guests.map(([, who, why]) => [who, why] as const), ["127.0.0.1", /its call cannot be read/] as const];
  await until("all are known", async () => (await healthOf(engine)).refusals.length === all.length);
  const { refusals } = await healthOf(engine);
  for (const [i, [who, why]] of all.entries()) {
    expect(refusals[i]).toMatchObject({ peer: expect.stringContaining(who), reason: expect.stringMatching(why), times: 1 });
    expect(refusals[i]!.peer).toContain("127.0.0.1");
    expect(told.some((line) => line.includes(who) && why.test(line))).toBe(true);
  }
  const again = await rawSocket(port);
  again.write(guests[0]![0]);
  await bytesOf(again, Infinity);
  await until("it is counted", async () => (await healthOf(engine)).refusals.at(-1)?.times === 2);
  expect(told.filter((line) => line.includes("/reader"))).toHaveLength(1);
});

it("of two types on a topic, the second is refused, and its publisher is told the first", async () => {
  const master = await ownMaster();
  const first = await publisher(saying(text, { data: "a word" }));
  const number = typeOf("std_msgs/Int8", "int8 data\n");
  const asked: (string | undefined)[] = [];
  const second = await publisher((socket) => {
    socket.once("data", (data) => {
      asked.push(readHeader(new Uint8Array(data.subarray(4))).get("md5sum"));
      socket.write(greeting(number));
    });
  });
  await register(master, first, text, "/first");
  const engine = await started({ nodes: { "/ros": bridge(master, "/reading", { import: { streams: ["/raw"] } }) } });
  const words: unknown[] = [];
  engine.stream("/raw").on((item) => void words.push(item));
  await until("words come", () => words.length > 0);
  await register(master, second, number, "/second");
  await until("the second was asked", () => asked.length > 0);
  expect(asked[0]).toBe(text.md5);
  const reasons = async (): Promise<string[]> => (await healthOf(engine)).imported[0]!.peers.map(({ reason }) => reason);
  await until(
    "it is refused",
    async () => (await reasons()).some((reason) => /has the type std_msgs\/String here, and std_msgs\/Int8 there/.test(reason)),
  );
  const before = words.length;
  await until("words come still", () => words.length > before + 3);
});

it("who connects and says nothing does not keep others out", async () => {
  const master = await ownMaster();
  await started({
    nodes: { "/talker": "./nodes/talker.ts", "/ros": bridge(master, "/crowded", { export: { streams: ["/talker/out"] } }) },
  });
  const { port } = await placeOf(master, "/crowded", "/talker/out");
  const silent = await Promise.all(Array.from({ length: 200 }, () => rawSocket(port)));
  const socket = await rawSocket(port);
  socket.write(writeHeader({ callerid: "/late", topic: "/talker/out", type: "*", md5sum: "*" }));
  expect((await bytesOf(socket, 50)).length).toBeGreaterThanOrEqual(50);
  for (const one of [...silent, socket]) one.destroy();
});

it("many who are turned away fill neither the log nor the memory", () => {
  const lines: string[] = [];
  const refusals = new Refusals((line) => lines.push(line));
  for (let i = 0; i < 1000; i++) refusals.note(`10.0.0.${i}`, "it makes noise");
  expect(lines).toHaveLength(10);
  expect(refusals.list).toHaveLength(64);
  expect(refusals.list.at(-1)?.peer).toBe("10.0.0.999");
});
