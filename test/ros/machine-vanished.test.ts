import { spawnSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Engine, type EngineConfig, NodeLostError } from "pyros";
import { RosMaster } from "../../systems/ros/master/master.ts";
import { type TcpSocket, tcpTable } from "../setup/tcp-table.ts";
import { bridge, hasRos, healthOf, howToGetRos, type RosProcess, started, startPeerIn, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const tag = `pyr${process.pid % 100_000}`;
const subnet = `10.${128 + (Math.floor(process.pid / 256) % 128)}.${process.pid % 256}`;
const [here, there] = [`${subnet}.1`, `${subnet}.2`];

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr}`);
}

/** Another machine, as far as sockets can tell: its end of the cable can be pulled. */
function makeMachine(): void {
  ip("netns", "add", tag);
  ip("link", "add", tag, "type", "veth", "peer", "name", "far", "netns", tag);
  ip("addr", "add", `${here}/24`, "dev", tag);
  ip("link", "set", tag, "up");
  ip("-n", tag, "addr", "add", `${there}/24`, "dev", "far");
  cable("up");
  ip("-n", tag, "link", "set", "lo", "up");
}

const cable = (state: "up" | "down"): void => ip("-n", tag, "link", "set", "far", state);
const removeMachine = (): void => void spawnSync("sh", ["-c", `ip link del ${tag}; ip netns del ${tag}`]);

let why: string | undefined;
try {
  makeMachine();
} catch (error) {
  why = (error as Error).message;
} finally {
  removeMachine();
}
if (why !== undefined) console.log(`skipped: two networks need root and iproute2 (apt-get install iproute2): ${why.trim()}`);

/** A graph with a bridge, and a master that another machine can reach; all end with the test. */
async function graph(
  nodes: NonNullable<EngineConfig["nodes"]>,
  lists: object,
): Promise<{ readonly engine: Engine; readonly master: string }> {
  makeMachine();
  onTestFinished(removeMachine);
  const master = new RosMaster();
  await master.open(undefined, 0);
  onTestFinished(() => master.close());
  const address = `http://${here}:${master.port}/`;
  const engine = await started({ nodes: { ...nodes, "/ros": bridge(address, "/pyros", { host: here, ...lists }) } });
  return { engine, master: address };
}

/** Starts a peer in Python on the other machine. */
const startThere = (master: string, script: string): RosProcess => startPeerIn(["ip", "netns", "exec", tag], there, master, script);

/** The other machine is gone, and nothing of the end of what ran there comes here. */
function vanish(peer: RosProcess): void {
  cable("down");
  process.kill(peer.pid!, "SIGKILL");
}

/** The connections with the other machine that are held here. */
const held = (): readonly TcpSocket[] => tcpTable().filter(({ remote, state }) => state === "connected" && remote.startsWith(`${there}:`));

describe.skipIf(!hasRos || why !== undefined)("a machine that is gone without a word", () => {
  it("is noticed by the publisher that is silent, and another one takes its place", async () => {
    const { engine, master } = await graph({}, { import: { streams: ["/count"] } });
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    const peer = startThere(master, "counter.py");
    await until("numbers come", () => numbers.length > 10);
    const state = async (): Promise<string> => (await healthOf(engine)).imported[0]?.peers[0]?.state ?? "none";
    expect(await state()).toBe("connected");
    vanish(peer);
    const begun = Date.now();
    await until("it is noticed", async () => (await state()) !== "connected");
    expect(Date.now() - begun).toBeGreaterThan(5000);
    cable("up");
    startThere(master, "counter.py");
    const before = numbers.length;
    await until("numbers come again", () => numbers.length > before + 10);
  }, 180_000);

  it("is let go, though it has only listened and asked", async () => {
    const lists = { export: { streams: ["/talker/last"], services: ["/worker/flip"] } };
    const { engine, master } = await graph({ "/talker": "./nodes/talker.ts", "/worker": "./nodes/worker.ts" }, lists);
    await engine.call("/talker/keep", "kept");
    const peer = startThere(master, "guest.py");
    await until("it listens", () => peer.lines.includes("heard: kept"));
    await until("it has asked", () => peer.lines.includes("answered: was true"));
    await until("only what stays is left", () => held().length === 2);
    vanish(peer);
    await until("it is let go", () => held().length === 0);
  }, 180_000);

  it("is noticed by who waits for its answer, however long that may take", async () => {
    const { engine, master } = await graph({}, { import: { services: ["/hangs"] } });
    const peer = startThere(master, "server.py");
    await engine.waitForService("/hangs", { timeout: 30_000 });
    const asked = Promise.resolve(engine.call("/hangs", {}, { timeout: 150_000 })).catch((error: unknown) => error);
    await until("it is asked", () => peer.lines.includes("hanging"));
    // What is on its way would have the system try for a quarter of an hour before it gives up.
    await until("its machine has said so", () => held().every(({ unacknowledged }) => unacknowledged === 0));
    vanish(peer);
    const begun = Date.now();
    expect(await asked).toBeInstanceOf(NodeLostError);
    expect(Date.now() - begun).toBeGreaterThan(5000);
    expect(Date.now() - begun).toBeLessThan(45_000);
    await until("it is no service any more", () => !engine.services.some(({ name }) => name === "/hangs"));
  }, 180_000);
});
