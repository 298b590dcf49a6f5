import { setTimeout as sleep } from "node:timers/promises";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Engine } from "pyros";
import type { MessageType } from "../../systems/ros/message/type.ts";
import { writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";
import type talker from "./nodes/talker.ts";
import { greeting, publisher, type RawPublisher, register, saying, text, typeOf, unregister } from "./raw-publisher.ts";
import { bridge, hasRos, healthOf, masterKinds, ownMaster, started, startMaster, startTool, type TestMaster, until } from "./support.ts";

/** What comes from a topic of ROS. */
async function reading<T>(master: string, topic = "/raw"): Promise<{ readonly engine: Engine; readonly values: T[] }> {
  const engine = await started({ nodes: { "/ros": bridge(master, "/reading", { import: { streams: [topic] } }) } });
  const values: T[] = [];
  engine.stream<T>(topic, { depth: 10_000 }).on((value) => void values.push(value));
  return { engine, values };
}

const peersOf = async (engine: Engine) => (await healthOf(engine)).imported[0]?.peers ?? [];

describe.each(masterKinds)("a master that comes back with an empty memory, %s", (kind) => {
  it("does not make messages of a publisher that registers late come twice", async () => {
    const master = await startMaster(kind);
    const talking = await started({
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/ros": bridge(master.address, "/talking", { interval: 1500, export: { streams: ["/talker/out"] } }), // looks later than who reads
      },
    });
    const { engine, values } = await reading<{ data: string }>(master.address, "/talker/out");
    const say = (data: string): Promise<void> => talking.client<typeof talker>("/talker").say(data);
    await until("it is heard", async () => {
      await say("before");
      return values.length > 0;
    });
    await master.kill();
    await master.start();
    const isThere = async (): Promise<boolean> => (await master.publishers("/talker/out")).length === 1;
    await until("both are in the books", async () => await isThere() && (await master.subscribers("/talker/out")).length === 1);
    // Whoever registers first, the reader hears of no publisher, and then of the one that it has.
    const [, , address] = (await master.call("lookupNode", "/talking")) as string[];
    await callXml(master.address, "unregisterPublisher", ["/talking", "/talker/out", address]);
    await until("it is there again", isThere);
    for (let i = 0; i < 20; i++) {
      await say(`after ${i}`);
      await until("it is there", () => values.some(({ data }) => data === `after ${i}`));
      await new Promise((resolve) => setTimeout(resolve, 50)); // a second connection would be made meanwhile
    }
    const after = values.map(({ data }) => data).filter((data) => data.startsWith("after"));
    expect(after).toEqual(Array.from({ length: 20 }, (_, i) => `after ${i}`));
    expect(await peersOf(engine)).toMatchObject([{ peer: "/talking", state: "connected" }]);
  });
});

describe("publishers of one topic", () => {
  const before = typeOf("lab/Reading", "float64 value\n");
  const after = typeOf("lab/Reading", "float64 value\nstring unit\n");
  const other = typeOf("lab/Level", "uint8 level\n");

  it("may come back with another definition, or type, when none of the old ones is connected any more", async () => {
    const master = await ownMaster();
    const { engine, values } = await reading<Record<string, unknown>>(master);
    const steps: [MessageType, Record<string, unknown>][] = [[before, { value: 1 }], [after, { value: 2, unit: "K" }], [other, {
      level: 3,
    }]];
    for (const [type, value] of steps) {
      const raw = await publisher(saying(type, value));
      await register(master, raw, type);
      await until(
        `${type.text} is read`,
        () => values.some((one) => Object.keys(one).length === Object.keys(value).length && "value" in one === "value" in value),
        10_000,
      );
      expect(values.at(-1)).toEqual(value);
      await until("its type is known", async () => (await healthOf(engine)).imported[0]!.type === type.name);
      await raw.close();
      await unregister(master, raw);
    }
  });

  it("must have one type at a time; who has another is refused and named, and has its turn later", async () => {
    const master = await ownMaster();
    const { engine, values } = await reading<Record<string, unknown>>(master);
    const [first, second] = [await publisher(saying(before, { value: 1 })), await publisher(saying(after, { value: 2, unit: "K" }))];
    await register(master, first, before, "/first");
    await until("the first is read", () => values.length > 0);
    await register(master, second, after, "/second");
    const refused = { peer: second.address, state: "refused", reason: expect.stringContaining("the definitions differ") as string };
    await until("the second is refused", async () => (await peersOf(engine)).some(({ state }) => state === "refused"));
    expect(await peersOf(engine)).toEqual([expect.objectContaining({ state: "connected" }), refused]);
    const connects = second.connects();
    await until("it is refused again", () => second.connects() > connects + 1);
    expect(values.every((value) => !("unit" in value))).toBe(true);
    await first.close();
    await until("the second is read", () => values.some((value) => "unit" in value), 15_000);
  });

  it("have the type that the config gives, always", async () => {
    const master = await ownMaster();
    const lists = { import: { streams: [{ match: "/raw", type: "std_msgs/String" }] } };
    const engine = await started({ nodes: { "/ros": bridge(master, "/reading", lists) } });
    engine.stream("/raw").on(() => {});
    const fits = await publisher(saying(text, { data: "a" }));
    await register(master, fits, text);
    await until("it is connected", async () => (await peersOf(engine))[0]?.state === "connected");
    await fits.close();
    await unregister(master, fits);
    await register(master, await publisher(saying(other, { level: 1 })), other);
    await until("the other one is refused", async () => (await peersOf(engine))[0]?.state === "refused");
    expect((await peersOf(engine))[0]!.reason).toContain("/raw has the type std_msgs/String here, and lab/Level there");
  });
});

/** All that the books of a master say of a node. */
async function booksOf(master: TestMaster, node: string): Promise<string[]> {
  const [, , state] = (await master.call("getSystemState")) as [number, string, [string, string[]][][]];
  const [, , params] = (await master.call("getParamNames")) as [number, string, string[]];
  const topics = state.flatMap((shelf) => shelf.filter(([, nodes]) => nodes.includes(node)).map(([name]) => name));
  return [...topics, ...params.filter((name) => name.startsWith(`${node}/`))].sort();
}

/** A graph whose bridge has something of everything in the books of a master. */
async function inTheBooks(master: TestMaster, interval = 100): Promise<Engine> {
  await master.call("setParam", "/theirs", 1);
  const engine = await started({
    params: { ours: 1 },
    nodes: {
      "/talker": "./nodes/talker.ts",
      "/worker": "./nodes/worker.ts",
      "/ros": bridge(master.address, "/kept", {
        interval,
        import: { streams: ["/raw"], params: ["/theirs"] },
        export: { streams: ["/talker/out"], services: ["/worker/flip"], params: ["/ours"] },
      }),
    },
  });
  engine.stream("/raw").on(() => {});
  await until("all is in the books", async () => (await booksOf(master, "/kept")).length === 4);
  expect(await booksOf(master, "/kept")).toEqual(["/kept/pyros_session", "/raw", "/talker/out", "/worker/flip"]);
  await until("it has asked to be told of params", () => engine.params.get("/theirs") === 1); // it says its name and address with that, too
  return engine;
}

describe.each(masterKinds)("the books of a master, %s,", (kind) => {
  it("do not keep what was closed while it did not answer", async () => {
    const master = await startMaster(kind);
    const engine = await inTheBooks(master);
    const [, , pid] = (await master.call("getPid")) as number[];
    process.kill(pid!, "SIGSTOP");
    await until("it is away", () => engine.params.get("/ros/status/graph") === "away");
    await engine.call("/ros/withhold", { import: { streams: ["/raw"] }, export: { streams: ["/talker/out"], services: ["/worker/flip"] } });
    process.kill(pid!, "SIGCONT");
    await until("all has gone", async () => (await booksOf(master, "/kept")).join() === "/kept/pyros_session");
    expect(engine.params.get("/ros/status/graph")).toBe("here");
  });

  it("keep nothing of a bridge that is asked to end, and all of a node that has taken its name", async () => {
    const master = await startMaster(kind);
    const first = await inTheBooks(master);
    const [, , slave] = (await master.call("lookupNode", "/kept")) as string[];
    await callXml(slave!, "shutdown", ["/rosnode", "user request"]);
    await until("nothing is left", async () => (await booksOf(master, "/kept")).length === 0);
    expect(first.params.get("/ros/status/graph")).toBe("ended");
    const taken = new XmlServer({ paramUpdate: () => [1, "", 0], publisherUpdate: () => [1, "", 0] });
    onTestFinished(() => taken.close());
    const second = await inTheBooks(master, 60_000); // it does not look into the books before it hears that it is to end
    const address = `http://127.0.0.1:${await taken.listen("127.0.0.1", 0)}/`;
    await master.call("setParam", "/kept/pyros_session", "of the other");
    await callXml(master.address, "registerPublisher", ["/kept", "/talker/out", "std_msgs/String", address]); // the bridge is told to end
    await until("the bridge has ended", () => second.params.get("/ros/status/graph") === "ended");
    await second.close();
    expect(await booksOf(master, "/kept")).toEqual(["/kept/pyros_session", "/talker/out"]);
    expect(await master.call("getParam", "/kept/pyros_session")).toContain("of the other");
  });
});

describe.skipIf(!hasRos)("rosnode kill", () => {
  it("leaves nothing of a bridge in the books", async () => {
    const master = await startMaster("rosmaster");
    const engine = await inTheBooks(master);
    const tool = startTool(master.address, "rosnode", "kill", "/kept");
    await until("it has ended", () => tool.exitCode !== null);
    expect(tool.lines.join("\n")).toContain("killed");
    await until("nothing is left", async () => (await booksOf(master, "/kept")).length === 0);
    expect(await healthOf(engine)).toMatchObject({ graph: "ended", reason: "it was asked to end: user request" });
  });
});

/** What is told in the log from now on. */
function warnings(): string[] {
  const told: string[] = [];
  configureSync({
    sinks: { told: ({ properties }: LogRecord) => void told.push(String(properties.text)) },
    loggers: [
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "warning" },
      { category: ["pyros"], sinks: ["told"], lowestLevel: "warning" },
    ],
    reset: true,
  });
  onTestFinished(() => resetSync());
  return told;
}

describe("a publisher that cannot be read", () => {
  it("is tried again more and more rarely, and told of once", async () => {
    const master = await ownMaster();
    const raw = await publisher((socket) => socket.write(Buffer.concat([greeting(text), new Uint8Array([0, 0, 0, 6, 1, 2, 3])]))); // 96 MiB
    await register(master, raw, text);
    const engine = await started({ nodes: { "/ros": bridge(master, "/reading", { import: { streams: ["/raw"] } }) } });
    const told = warnings();
    engine.stream("/raw").on(() => {});
    await until("it is connected", () => raw.connects() > 0);
    await sleep(6000);
    expect(raw.connects()).toBeGreaterThan(3); // after 0.1, 0.2, 0.4 … s
    expect(raw.connects()).toBeLessThan(10);
    expect(told).toEqual([expect.stringContaining("it announced 100663296 bytes, and 67108864 are the most")]);
    expect((await peersOf(engine))[0]).toMatchObject({ state: "connecting", reason: expect.stringContaining("it announced") });
  });
});

const methods = ["getSystemState", "getTopicTypes", "getPid", "lookupNode", "registerPublisher", "unregisterPublisher"];

/** A master whose subscribers do not get what it tells them. */
async function deafMaster(): Promise<{ readonly address: string; readonly asked: () => number }> {
  const master = await ownMaster();
  let asked = 0;
  const nowhere = new XmlServer({ publisherUpdate: () => [1, "", 0] });
  const away = `http://127.0.0.1:${await nowhere.listen("127.0.0.1", 0)}/`;
  const pass = (method: string) => (params: readonly unknown[]): Promise<unknown> => callXml(master, method, params);
  const front = new XmlServer({
    ...Object.fromEntries(methods.map((method) => [method, pass(method)])),
    registerSubscriber: ([node, topic, type]) => {
      asked++;
      return callXml(master, "registerSubscriber", [node, topic, type, away]);
    },
    unregisterSubscriber: ([node, topic]) => callXml(master, "unregisterSubscriber", [node, topic, away]),
  });
  const address = `http://127.0.0.1:${await front.listen("127.0.0.1", 0)}/`;
  onTestFinished(() => Promise.all([front.close(), nowhere.close()]).then(() => {}));
  return { address, asked: () => asked };
}

describe("a reader that the master's word does not reach", () => {
  it("finds a publisher that has come back at another address", async () => {
    const { address } = await deafMaster();
    const first = await publisher(saying(text, { data: "first" }));
    await register(address, first, text);
    const { values } = await reading<{ data: string }>(address);
    await until("the first is read", () => values.length > 0);
    await first.close();
    await register(address, await publisher(saying(text, { data: "second" })), text);
    await until("the second is read", () => values.some(({ data }) => data === "second"), 15_000);
  });

  it("finds another publisher in the place of one that is still there", async () => {
    const { address } = await deafMaster();
    const first = await publisher(saying(text, { data: "first" }));
    await register(address, first, text, "/first");
    const { values } = await reading<{ data: string }>(address);
    await until("the first is read", () => values.length > 0);
    await Promise.all([
      unregister(address, first, "/first"),
      register(address, await publisher(saying(text, { data: "second" })), text, "/second"),
    ]);
    await until("the second is read", () => values.some(({ data }) => data === "second"), 15_000);
  });

  it("does not ask the master all the time for a publisher that is dead", async () => {
    const { address, asked } = await deafMaster();
    const dead = await publisher(() => {});
    await dead.close();
    await register(address, dead, text);
    const { engine } = await reading(address);
    await until("it is tried", async () => (await peersOf(engine))[0]?.reason !== "");
    await sleep(6000);
    expect(asked()).toBeGreaterThan(2);
    expect(asked()).toBeLessThan(12);
  });
});

describe("a service of a type that is not known here", () => {
  it("is asked more and more rarely what it is, and anew when it is elsewhere", async () => {
    const master = await ownMaster();
    const header = { callerid: "/raw", type: "lab/Strange", md5sum: "1".repeat(32), request_type: "", response_type: "" };
    const [first, second] = [
      await publisher((socket) => socket.end(writeHeader(header))),
      await publisher((socket) => socket.end(writeHeader(header))),
    ];
    const provide = ({ port }: RawPublisher): Promise<unknown> =>
      callXml(master, "registerService", ["/raw", "/strange", `rosrpc://127.0.0.1:${port}`, first.address]);
    await provide(first);
    const engine = await started({ nodes: { "/ros": bridge(master, "/calling", { import: { services: ["/strange"] } }) } });
    await until("it is refused", async () => (await healthOf(engine)).services.imported[0]?.problem.includes("lab/Strange") === true);
    await sleep(8000);
    expect(first.connects()).toBeGreaterThan(1); // after 3, 6, 12 … 60 s
    expect(first.connects()).toBeLessThan(4);
    await provide(second);
    await until("the other one is asked", () => second.connects() === 1);
    await until("it is asked again soon", () => second.connects() === 2, 6000);
  });
});
