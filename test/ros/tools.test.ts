import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bridge, hasRos, healthOf, howToGetRos, scratch, startBinary, started, startMaster, until } from "./support.ts";

const hasBag = hasRos && existsSync("/usr/lib/rosbag/record");
const tools = "/usr/lib/topic_tools";
if (!hasBag || !existsSync(tools)) console.log(`${howToGetRos} python3-rosbag topic-tools`);

const wordOf = (data: string): number => Number(data.split(" ")[1]);

async function chattering(master: string, imports: string[]) {
  const lists = { import: { streams: imports }, export: { streams: ["/chatter/out"] } };
  const engine = await started({ rate: 50, nodes: { "/chatter": "./nodes/chatter.ts", "/ros": bridge(master, "/pyros", lists) } });
  const words: string[] = [];
  engine.stream<{ data: string }>(imports[0]!, { depth: 1000 }).on(({ data }) => void words.push(data));
  return { engine, words };
}

describe.skipIf(!hasBag)("rosbag", () => {
  it("records what is exported, and what it plays is imported", async () => {
    const master = await startMaster("rosmaster");
    const { engine, words } = await chattering(master.address, ["/again"]);
    const bag = join(scratch(), "words.bag");
    const recorder = startBinary(master.address, "/usr/lib/rosbag/record", "-O", bag, "/chatter/out");
    await until("it records", async () => (await master.subscribers("/chatter/out")).length === 1);
    await until("it has been sent enough", async () => (await healthOf(engine)).exported[0]!.messages > 100 && existsSync(`${bag}.active`));
    process.kill(recorder.pid!, "SIGINT");
    await until("the bag is closed", () => existsSync(bag));
    startBinary(master.address, "/usr/lib/rosbag/play", "--quiet", "--delay=2", bag, "/chatter/out:=/again");
    await until("words come again", () => words.length > 20);
    const played = words.slice(0, 20).map(wordOf);
    expect(played).toEqual(played.map((_, i) => played[0]! + i));
  }, 120_000);
});

describe.skipIf(!hasRos || !existsSync(tools))("topic_tools, in C++", () => {
  it("relay what is exported without a gap, and thin it", async () => {
    const master = await startMaster("rosmaster");
    const { engine, words } = await chattering(master.address, ["/relayed", "/thinned"]);
    const thinned: string[] = [];
    engine.stream<{ data: string }>("/thinned", { depth: 1000 }).on(({ data }) => void thinned.push(data));
    startBinary(master.address, `${tools}/relay`, "/chatter/out", "/relayed");
    startBinary(master.address, `${tools}/throttle`, "messages", "/chatter/out", "5", "/thinned");
    await until("words are relayed", () => words.length > 100 && thinned.length > 5);
    const relayed = words.map(wordOf);
    expect(relayed).toEqual(relayed.map((_, i) => relayed[0]! + i));
    const [first, last] = [wordOf(thinned[0]!), wordOf(thinned.at(-1)!)];
    expect((last - first) / (thinned.length - 1)).toBeGreaterThan(5); // of 10 a message, where frames are not late
  }, 120_000);
});
