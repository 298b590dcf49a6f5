import { spawnSync } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { NodeLostError } from "pyros";
import { RosMaster } from "../../systems/ros/master/master.ts";
import { type TcpSocket, tcpTable } from "../setup/tcp-table.ts";
import { bridge, hasRos, healthOf, howToGetRos, started, startMaster, startPeer, startPeerIn, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const gone = 60_000; // ms that a master is away

describe.skipIf(!hasRos)("a master that is away for long", () => {
  it("takes no connection with it, and knows all when it is back", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({
      nodes: {
        "/chatter": "./nodes/chatter.ts",
        "/ros": bridge(master.address, "/pyros", {
          import: { streams: ["/count"], services: ["/flip"] },
          export: { streams: ["/chatter/out"] },
        }),
      },
    });
    startPeer(master.address, "counter.py");
    const server = startPeer(master.address, "server.py");
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    await until("all is there", () => numbers.length > 10 && engine.services.some(({ name }) => name === "/flip"));
    await engine.call("/flip", { data: true });
    await master.kill();
    await until("it is away", () => engine.params.get("/ros/status/graph") === "away");
    const before = numbers.length;
    const end = Date.now() + gone;
    let calls = 0;
    while (Date.now() < end) {
      expect(await engine.call("/flip", { data: calls++ % 2 === 0 })).toMatchObject({ success: calls % 2 === 0 });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(numbers.length).toBeGreaterThan(before + 20);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + BigInt(i)));
    await master.start();
    await until("it knows the bridge again", async () => (await master.publishers("/chatter/out")).includes("/pyros"));
    expect(engine.params.get("/ros/status/graph")).toBe("here");
    process.kill(server.pid!, "SIGKILL");
    startPeer(master.address, "server.py");
    await until("calls reach another provider", async () => (await engine.call("/flip", { data: true }).catch(() => false)) !== false);
  }, 240_000);
});

const tag = `pyr${process.pid % 100_000}`;
const subnet = `10.${128 + (Math.floor(process.pid / 256) % 128)}.${process.pid % 256}`;

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr}`);
}

/** Another machine, as far as sockets can tell: its end of the cable can be pulled. */
function makeMachine(): void {
  ip("netns", "add", tag);
  ip("link", "add", tag, "type", "veth", "peer", "name", "far", "netns", tag);
  ip("addr", "add", `${subnet}.1/24`, "dev", tag);
  ip("link", "set", tag, "up");
  ip("-n", tag, "addr", "add", `${subnet}.2/24`, "dev", "far");
  ip("-n", tag, "link", "set", "far", "up");
  ip("-n", tag, "link", "set", "lo", "up");
}

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

describe.skipIf(!hasRos || why !== undefined)("a machine that is gone without a word", () => {
  it("is noticed by the publisher that is silent, and another one takes its place", async () => {
    makeMachine();
    onTestFinished(removeMachine);
    const master = new RosMaster();
    await master.open(undefined, 0);
    onTestFinished(() => master.close());
    const address = `http://${subnet}.1:${master.port}/`;
    const there = ["ip", "netns", "exec", tag];
    const lists = { host: `${subnet}.1`, import: { streams: ["/count"] } };
    const engine = await started({ nodes: { "/ros": bridge(address, "/pyros", lists) } });
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    const peer = startPeerIn(there, `${subnet}.2`, address, "counter.py");
    await until("numbers come", () => numbers.length > 10);
    const state = async (): Promise<string> => (await healthOf(engine)).imported[0]?.peers[0]?.state ?? "none";
    expect(await state()).toBe("connected");
    ip("-n", tag, "link", "set", "far", "down");
    process.kill(peer.pid!, "SIGKILL"); // nothing of its end comes here
    const begun = Date.now();
    await until("it is noticed", async () => (await state()) !== "connected");
    expect(Date.now() - begun).toBeGreaterThan(5000);
    ip("-n", tag, "link", "set", "far", "up");
    startPeerIn(there, `${subnet}.2`, address, "counter.py");
    const before = numbers.length;
    await until("numbers come again", () => numbers.length > before + 10);
  }, 180_000);

  it("is let go, though it has only listened and asked", async () => {
    makeMachine();
    onTestFinished(removeMachine);
    const master = new RosMaster();
    await master.open(undefined, 0);
    onTestFinished(() => master.close());
    const address = `http://${subnet}.1:${master.port}/`;
    const lists = { host: `${subnet}.1`, export: { streams: ["/talker/last"], services: ["/worker/flip"] } };
    const engine = await started({
      nodes: { "/talker": "./nodes/talker.ts", "/worker": "./nodes/worker.ts", "/ros": bridge(address, "/pyros", lists) },
    });
    await engine.call("/talker/keep", "kept");
    const peer = startPeerIn(["ip", "netns", "exec", tag], `${subnet}.2`, address, "guest.py");
    await until("it listens", () => peer.lines.includes("heard: kept"));
    await until("it has asked", () => peer.lines.includes("answered: was true"));
    await until("only what stays is left", () => connections(`${subnet}.2`) === 2);
    ip("-n", tag, "link", "set", "far", "down");
    process.kill(peer.pid!, "SIGKILL"); // nothing of its end comes here
    await until("it is let go", () => connections(`${subnet}.2`) === 0);
  }, 180_000);

  it("is noticed by who waits for its answer, however long that may take", async () => {
    makeMachine();
    onTestFinished(removeMachine);
    const master = new RosMaster();
    await master.open(undefined, 0);
    onTestFinished(() => master.close());
    const address = `http://${subnet}.1:${master.port}/`;
    const engine = await started({
      nodes: { "/ros": bridge(address, "/pyros", { host: `${subnet}.1`, import: { services: ["/hangs"] } }) },
    });
    const peer = startPeerIn(["ip", "netns", "exec", tag], `${subnet}.2`, address, "server.py");
    await engine.waitForService("/hangs", { timeout: 30_000 });
    const asked = Promise.resolve(engine.call("/hangs", {}, { timeout: 150_000 })).catch((error: unknown) => error);
    await until("it is asked", () => peer.lines.includes("hanging"));
    // What is on its way would have the system try for a quarter of an hour before it gives up.
    await until("its machine has said so", () => to(`${subnet}.2`).every(({ unacknowledged }) => unacknowledged === 0));
    ip("-n", tag, "link", "set", "far", "down");
    process.kill(peer.pid!, "SIGKILL"); // nothing of its end comes here
    const begun = Date.now();
    expect(await asked).toBeInstanceOf(NodeLostError);
    expect(Date.now() - begun).toBeGreaterThan(5000);
    expect(Date.now() - begun).toBeLessThan(45_000);
    await until("it is no service any more", () => !engine.services.some(({ name }) => name === "/hangs"));
  }, 180_000);
});

/** TCP connections to an address that are held. */
const to = (address: string): readonly TcpSocket[] =>
  tcpTable().filter(({ remote, state }) => state === "connected" && remote.startsWith(`${address}:`));
const connections = (address: string): number => to(address).length;
