import { describe, expect, it } from "vitest";
import { type Engine, entries, type StreamEntry, type StreamOptions } from "pyros";
import type talker from "./nodes/talker.ts";
import { elsewhere } from "./elsewhere.ts";
import { bridge, graphKinds, healthOf, started, startGraph, unless, until } from "./support.ts";

interface Text {
  readonly data: string;
}

/** A graph whose node says texts, all of which a bridge exports. */
function talking(master: string, name = "/talking"): Promise<Engine> {
  return started({ nodes: { "/talker": "./nodes/talker.ts", "/ros": bridge(master, name, { export: { streams: ["/talker/**"] } }) } });
}

/** A graph with a bridge that imports. */
function listening(master: string, streams: unknown[] = ["/talker/**"], name = "/listening"): Promise<Engine> {
  return started({ nodes: { "/ros": bridge(master, name, { import: { streams } }) } });
}

function optionsOf(engine: Engine, name: string): StreamOptions | undefined {
  return entries<StreamEntry>(engine.world, "stream").find((entry) => entry.name === name)?.options;
}

/** What comes on a stream. */
function heard(engine: Engine, name: string): string[] {
  const texts: string[] = [];
  engine.stream<Text>(name, { depth: 1000 }).on(({ data }) => void texts.push(data));
  return texts;
}

const say = (engine: Engine, text: string): Promise<void> => engine.client<typeof talker>("/talker").say(text);

/** Says words until one is heard. */
async function sayUntilHeard(engine: Engine, texts: readonly string[], word: string): Promise<void> {
  let n = 0;
  await until(`hear ${word}`, async () => {
    await say(engine, `${word}${n++}`);
    return texts.some((text) => text.startsWith(word));
  });
}

describe.each(graphKinds)("topics, by %s", (kind) => {
  const isRosbridge = kind === "rosbridge";

  it("streams are topics and topics are streams, and are read only while somebody reads them", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await talking(master.address), await listening(master.address)];
    await until("the topic is exported", async () => (await master.publishers("/talker/out")).includes(master.node("/talking")));
    await until("the stream is there", () => optionsOf(to, "/talker/out")?.type === "std_msgs/String");
    await say(from, "nobody hears this");
    expect(await master.subscribers("/talker/out")).toEqual([]);
    expect((await healthOf(from)).exported[0]).toMatchObject({ stream: "/talker/last", active: false });

    const texts = heard(to, "/talker/out");
    await sayUntilHeard(from, texts, "hello");
    const before = texts.length;
    for (let i = 0; i < 100; i++) await say(from, `n${i}`);
    await until("all are there", () => texts.includes("n99"));
    expect(texts.slice(before).filter((text) => text.startsWith("n"))).toEqual(Array.from({ length: 100 }, (_, i) => `n${i}`));
    expect((await healthOf(from)).exported.find(({ stream }) => stream === "/talker/out")).toMatchObject({
      active: true,
      unfit: 0,
      dropped: 0,
    });
    expect((await healthOf(to)).imported.find(({ stream }) => stream === "/talker/out")!.peers).toMatchObject([{
      peer: master.node("/talking"),
      state: "connected",
    }]);

    await from.close();
    await until("the stream has gone", () => !to.streams.some(({ name }) => name === "/talker/out"));
  });

  it("nobody who has closed is left in the books", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await talking(master.address), await listening(master.address)];
    const texts = heard(to, "/talker/out");
    await sayUntilHeard(from, texts, "a");
    await to.close();
    await from.close();
    expect(await master.subscribers("/talker/out")).toEqual([]);
    expect(await master.publishers("/talker/out")).toEqual([]);
  });

  it("a reader that leaves ends the subscription on the other side, and a later one begins it again", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await talking(master.address), await listening(master.address)];
    for (const word of ["first", "second"]) {
      const texts: string[] = [];
      const reader = to.stream<Text>("/talker/out").on(({ data }) => void texts.push(data));
      await sayUntilHeard(from, texts, word);
      expect(await master.subscribers("/talker/out")).toEqual([master.node("/listening")]);
      reader.close();
      await until("the subscription has ended", async () => (await master.subscribers("/talker/out")).length === 0);
      await until("the export rests", async () => (await healthOf(from)).exported.every(({ active }) => !active));
    }
  });

  it("a latched stream is a latched topic, and the other way round, also for those who come late", async () => {
    const master = await startGraph(kind);
    const [from, to] = [
      await talking(master.address),
      await listening(master.address, [isRosbridge ? { match: "/talker/last", latched: true } : "/talker/last"]),
    ];
    await from.client<typeof talker>("/talker").keep("kept");
    const first = heard(to, "/talker/last");
    await until("the first has it", () => first.includes("kept"));
    const second = heard(to, "/talker/last");
    await until("the second has it", () => second.includes("kept"));
    await from.client<typeof talker>("/talker").keep("newer");
    await until("both have the newer one", () => first.includes("newer") && second.includes("newer"));
    expect(optionsOf(to, "/talker/last")?.latched).toBe(true);
    if (isRosbridge) return; // nobody says there who latches

    await from.close();
    await until("what nobody has any more is not latched", () => optionsOf(to, "/talker/last")?.latched === false);
    const third = heard(to, "/talker/last");
    const anew = await talking(master.address);
    await anew.client<typeof talker>("/talker").keep("anew");
    await until("the third has what is latched now", () => third.length > 0);
    expect(third).toEqual(["anew"]);
    expect(optionsOf(to, "/talker/last")?.latched).toBe(true);
  });

  it("starts before the master, loses it, and finds it again with an empty memory", async () => {
    const master = await startGraph(kind);
    await master.kill();
    const [from, to] = [await talking(master.address), await listening(master.address, ["/talker/out"])];
    const texts = heard(to, "/talker/out");
    await until("both know that it is away", async () => (await healthOf(from)).graph === "away" && (await healthOf(to)).graph === "away");
    expect((await healthOf(to)).reason).toContain(isRosbridge ? "cannot be reached" : "ECONNREFUSED");
    await master.start();
    await sayUntilHeard(from, texts, "here");
    expect(to.params.get("/ros/status/graph")).toBe("here");

    await master.kill();
    await until("it is away again", async () => (await healthOf(from)).graph === "away" && (await healthOf(to)).graph === "away");
    if (!isRosbridge) await sayUntilHeard(from, texts, "without a master"); // all goes through a server
    await master.start();
    await until(
      "all is registered again",
      async () => (await master.publishers("/talker/out")).length === 1 && (await master.subscribers("/talker/out")).length === 1,
    );
    await sayUntilHeard(from, texts, "again");

    await master.kill();
    await master.start(); // at once: nobody has seen it go
    await until(
      "all is registered again",
      async () => (await master.publishers("/talker/out")).length === 1 && (await master.subscribers("/talker/out")).length === 1,
    );
    await sayUntilHeard(from, texts, "once more");
  });

  it("a publisher that is killed is found again when it comes back", async () => {
    const master = await startGraph(kind);
    const to = await listening(master.address, ["/talker/out"]);
    const texts = heard(to, "/talker/out");
    const config = {
      nodes: { "/talker": "./nodes/chatter.ts", "/ros": bridge(master.address, "/talking", { export: { streams: ["/talker/**"] } }) },
    };
    const first = await elsewhere(config);
    await until("it is heard", () => texts.length > 0);
    await first.kill();
    await until("it is seen to be gone", async () => (await healthOf(to)).imported[0]!.peers.every(({ state }) => state !== "connected"));
    const before = texts.length;
    await elsewhere(config);
    await until("it is heard again", () => texts.length > before + 2);
  });

  it("what a bridge puts into a graph does not come back, also with two bridges", async () => {
    const master = await startGraph(kind);
    const both = { import: { streams: ["/talker/**"] }, export: { streams: ["/talker/**"] } };
    const engine = await started({
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/ros": bridge(master.address, "/one", both),
        "/ros2": bridge(master.address, "/two", both),
      },
    });
    const to = await listening(master.address);
    const texts = heard(to, "/talker/out");
    const here = heard(engine, "/talker/out");
    await sayUntilHeard(engine, texts, "go");
    await until("all connections are there", async () => {
      const peers = (await healthOf(to)).imported.find(({ stream }) => stream === "/talker/out")!.peers;
      const exports = [...(await healthOf(engine)).exported, ...(await healthOf(engine, "/ros2")).exported];
      const areRead = exports.filter(({ stream, active }) => stream === "/talker/out" && active).length === 2;
      return areRead && (isRosbridge || peers.length === 2) && peers.every(({ state }) => state === "connected");
    });
    for (let i = 0; i < 20; i++) await say(engine, `n${i}`);
    await say(engine, "end");
    await until("the end is there twice", () => texts.filter((text) => text === "end").length === 2);
    const counted = (all: readonly string[]): string[] => all.filter((text) => /^(n\d+|end)$/.test(text));
    expect(counted(here)).toEqual([...Array.from({ length: 20 }, (_, i) => `n${i}`), "end"]);
    expect(counted(texts).length).toBe(42); // each bridge is a publisher of its own
  });

  unless(isRosbridge)("a name that is taken is refused, and the node that has it stays", async () => {
    const master = await startGraph(kind);
    const from = await talking(master.address, "/same");
    await until("it is known", async () => (await master.publishers("/talker/out")).length === 1);
    await expect(listening(master.address, ["/x"], "/same")).rejects.toThrow(/has a node \/same already.*by its param name/);
    expect((await healthOf(from)).graph).toBe("here");
  });

  it("what is exposed changes while it runs", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await talking(master.address), await listening(master.address, [])];
    const texts = heard(to, "/talker/out");
    expect((await healthOf(to)).imported).toEqual([]);
    await to.call("/ros/expose", { import: { streams: ["/talker/*"] } });
    await sayUntilHeard(from, texts, "exposed");
    await from.call("/ros/withhold", { export: { streams: ["/talker/**"] } });
    await until("the topic has gone", async () => (await master.publishers("/talker/out")).length === 0);
    await expect(to.call("/ros/expose", { import: { streams: ["/talk.*"] } })).rejects.toThrow(/this is a glob, not a regular expression/);
    expect(to.params.get("/ros/import/streams")).toEqual(["/talker/*"]);
  });

  it("an item that does not fit is counted and told, and stops nothing", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await talking(master.address), await listening(master.address)];
    const texts = heard(to, "/talker/out");
    await sayUntilHeard(from, texts, "good");
    await from.client<typeof talker>("/talker").wrong();
    await sayUntilHeard(from, texts, "better");
    const health = (await healthOf(from)).exported.find(({ stream }) => stream === "/talker/out")!;
    expect(health).toMatchObject({ unfit: 1, problem: "std_msgs/String.data must be a text, not 5" });
  });
});
