import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defineNode, type Engine, type EngineConfig, RosError } from "pyros";
import type { RosTime } from "pyros/ros";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import {
  bridge,
  hasRos,
  healthOf,
  howToGetRos,
  masterKinds,
  ownMaster,
  scratch,
  started,
  startMaster,
  startPeer,
  startTool,
  until,
} from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const hasPlay = hasRos && existsSync("/usr/lib/rosbag/play") && existsSync("/usr/bin/rosbag");

const type = "rosgraph_msgs/Clock";
const toMs = ({ sec, nsec }: RosTime): number => sec * 1000 + nsec / 1e6;

/** A simulation with a bridge. */
function simulation(
  master: string,
  name: string,
  params: Record<string, unknown>,
  { placement = "loop", ...config }: EngineConfig = {},
): Promise<Engine> {
  return started({ clock: "sim", ...config, nodes: { ...config.nodes, "/ros": { ...bridge(master, name, params), placement } } });
}

/** A live graph that publishes a clock by hand: it says `ms`. */
async function clockmaker(master: string, name = "/clockmaker"): Promise<(ms: number) => void> {
  const engine = await started({ nodes: { "/ros": bridge(master, name, { export: { streams: ["/clock"] } }) } });
  const clock = engine.publisher("/clock", { type, latched: true });
  return (ms) => clock.emit({ clock: { sec: Math.floor(ms / 1000), nsec: Math.round((ms % 1000) * 1e6) } });
}

/** Counts frames, and says at which times they were. */
function framesOf(engine: Engine): number[] {
  const times: number[] = [];
  engine.stream<number>("/ticker/tick", { depth: 100_000 }).on((time) => void times.push(time));
  return times;
}

const ticker = { "/ticker": "./nodes/ticker.ts" };

/** The engine runs until the test has seen what it wants to. */
async function running(engine: Engine, look: () => Promise<void>): Promise<void> {
  const run = engine.run();
  try {
    await look();
  } finally {
    engine.pause();
    await run;
  }
}

describe.each(["loop", "thread", "process"] as const)("a clock that a bridge in a %s publishes", (placement) => {
  it("is the engine's simulated time, also for who comes late, and the flag is lowered at the end", async () => {
    const master = await startMaster("built-in");
    const engine = await simulation(master.address, "/sim", { clock: "publish", clockRate: 50 }, { placement });
    await until("the flag is raised", async () => (await master.call("hasParam", "/use_sim_time") as unknown[])[2] === true);
    expect(await master.call("getParam", "/use_sim_time")).toEqual([1, expect.anything(), true]);
    await engine.run({ seconds: 1.23 });
    const other = await started({ nodes: { "/ros": bridge(master.address, "/other", { import: { streams: ["/clock"] } }) } });
    const times: number[] = [];
    other.stream<{ clock: RosTime }>("/clock", { depth: 10_000 }).on(({ clock }) => void times.push(toMs(clock)));
    await until("it is heard", () => times.length > 0);
    expect(times).toEqual([1220]);
    engine.speed = 4;
    await engine.run({ until: 2000 });
    await until("all of it is heard", () => times.at(-1) === 2000);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.every((time) => time % 20 === 0)).toBe(true);
    expect((await healthOf(engine)).clock).toEqual({ mode: "publish", time: 2000, offset: 0, jumps: 0, problem: "" });
    await engine.close();
    expect(await master.call("hasParam", "/use_sim_time")).toEqual([1, expect.anything(), false]);
  });

  it("ends with the bridge's part in the ROS graph, and the flag is lowered then", async () => {
    const master = await startMaster("built-in");
    await simulation(master.address, "/sim", { clock: "publish" }, { placement });
    await until("the flag is raised", async () => (await master.call("hasParam", "/use_sim_time") as unknown[])[2] === true);
    const [, , slave] = (await master.call("lookupNode", "/sim")) as [number, string, string];
    await callXml(slave, "shutdown", ["/test", "enough"]);
    await until("the flag is lowered", async () => (await master.call("hasParam", "/use_sim_time") as unknown[])[2] === false);
    await until("the clock is not published", async () => (await master.publishers("/clock")).length === 0);
  });

  it("moves no time: neither while other nodes start, nor where nothing is left to happen", async () => {
    const master = await startMaster("built-in");
    const slow = defineNode({
      setup: async () => {
        await until("the clock is published", async () => (await master.publishers("/clock")).length === 1);
      },
    });
    const engine = await simulation(master.address, "/sim", { clock: "publish" }, { placement, nodes: { "/slow": slow } });
    expect(engine.time).toBe(0);
    await engine.run();
    expect(engine.time).toBe(0);
    await engine.run({ seconds: 1 });
    expect([engine.time, (await healthOf(engine)).clock.time]).toEqual([1000, 1000]);
  });

  it.skipIf(!hasRos)("is the time in which a node of rospy sleeps", async () => {
    const master = await startMaster("rosmaster");
    const engine = await simulation(master.address, "/sim", { clock: "publish" }, { placement, speed: 5, nodes: ticker });
    await until("the flag is raised", async () => (await master.call("hasParam", "/use_sim_time") as unknown[])[2] === true);
    const peer = startPeer(master.address, "sleeper.py", "1.5");
    await until("it is ready", () => peer.lines.includes("ready True"));
    const slept = (): number[][] =>
      peer.lines.filter((line) => line.startsWith("slept")).map((line) => line.split(" ").slice(1).map(Number));
    await until("it sleeps", async () => (await master.subscribers("/clock")).includes("/sleeper"));
    await running(engine, () => until("it has slept", () => slept().length >= 3));
    for (const [before, after] of slept()) {
      expect(after! - before!).toBeGreaterThan(1.499_999);
      expect(after! - before!).toBeLessThan(7); // in real time, it would take 7.5 s of this engine's
      expect(after! * 1000).toBeLessThanOrEqual(engine.time);
    }
  });
});

describe.each(["loop", "thread", "process"] as const)("a clock that a bridge in a %s follows", (placement) => {
  it("moves the engine, frame by frame, and never beyond it", async () => {
    const master = await ownMaster();
    const say = await clockmaker(master);
    const engine = await simulation(master, "/sim", { clock: "follow" }, { placement, rate: 50, nodes: ticker });
    const times = framesOf(engine);
    await running(engine, async () => {
      say(95);
      await until("time is there", () => engine.time === 95);
      expect(times).toEqual([20, 40, 60, 80]);
      say(130);
      await until("time is there", () => engine.time === 130);
      expect(times).toEqual([20, 40, 60, 80, 100, 120]);
    });
    expect(engine.time).toBe(130);
    say(1000);
    await until("the clock is heard", async () => (await healthOf(engine)).clock.time === 1000);
    expect(engine.time).toBe(130); // it does not run
    await engine.run({ until: 1000 });
    expect(times.length).toBe(50);
  });
});

describe("a clock that a bridge follows", () => {
  it("may be far away when it is heard first: time leaps there without frames, and limits of a run count from there", async () => {
    const master = await ownMaster();
    const say = await clockmaker(master);
    const engine = await simulation(master, "/sim", { clock: "follow" }, { rate: 50, nodes: ticker });
    const times = framesOf(engine);
    const begin = 1_700_000_000_000;
    const run = engine.run({ seconds: 2 });
    say(begin + 5);
    await until("time is there", () => engine.time === begin + 5);
    say(begin + 1000);
    await until("time is there", () => engine.time === begin + 1000);
    expect(times.length).toBe(50);
    expect(times[0]).toBe(begin + 20);
    say(begin + 9000);
    await run;
    expect(engine.time).toBe(begin + 2005);
  });

  it("that goes back does not take time back: it goes on, and says by how much it is ahead", async () => {
    const master = await ownMaster();
    const say = await clockmaker(master);
    const engine = await simulation(master, "/sim", { clock: "follow" }, { rate: 50, nodes: ticker });
    const offsets: unknown[] = [];
    engine.params.watch("/ros/status/offset", (offset) => void offsets.push(offset));
    await running(engine, async () => {
      for (const [told, time] of [[3000, 3000], [100, 3000], [1100, 4000], [600, 4000], [700, 4100]] as const) {
        say(told);
        await until(`${told} is heard`, async () => (await healthOf(engine)).clock.time === told);
        await until(`time is ${time}`, () => engine.time === time);
      }
      await until("it is told", () => engine.params.get("/ros/status/offset") === 3400);
    });
    expect((await healthOf(engine)).clock).toEqual({ mode: "follow", time: 700, offset: 3400, jumps: 2, problem: "" });
    expect(offsets.at(-1)).toBe(3400);
  });

  it("stands while two publish it, and goes on when one has gone", async () => {
    const master = await ownMaster();
    const say = await clockmaker(master);
    const other = await started({ nodes: { "/ros": bridge(master, "/other", { export: { streams: ["/clock"] } }) } });
    const second = other.publisher("/clock", { type, latched: true });
    const engine = await simulation(master, "/sim", { clock: "follow" });
    await until("both are there", async () => {
      say(100);
      return (await healthOf(engine)).clock.problem.includes("/clockmaker and /other publish /clock") ||
        (await healthOf(engine)).clock.problem.includes("/other and /clockmaker publish /clock");
    });
    second.close();
    await running(engine, async () => {
      await until("time goes on", () => {
        say(5000);
        return engine.time === 5000;
      });
    });
    expect((await healthOf(engine)).clock.problem).toBe("");
  });

  it("is followed by one bridge of a graph", async () => {
    const master = await ownMaster();
    const say = await clockmaker(master);
    const engine = await simulation(master, "/sim", { clock: "follow" }, {
      nodes: { "/ros2": bridge(master, "/sim2", { clock: "follow" }) },
    });
    await until("it is refused", async () => {
      say(100);
      return (await healthOf(engine)).clock.problem === "/ros and /ros2 both follow a clock, and a graph has one: time stands still here";
    });
  });

  it("is that of another simulation, whose seed may be the same", async () => {
    const master = await ownMaster();
    const leader = await simulation(master, "/leader", { clock: "publish" }, { speed: 4 });
    const follower = await simulation(master, "/follower", { clock: "follow" }, { rate: 50, nodes: ticker });
    const times = framesOf(follower);
    await running(follower, async () => {
      await leader.run({ until: 1000 });
      await until("it has followed", () => follower.time === 1000);
    });
    expect(times.length).toBe(50);
  });
});

describe.skipIf(!hasPlay)("a bag that is played with its clock", () => {
  it("moves the engine through its time, from where it begins", async () => {
    const master = await startMaster("rosmaster");
    const engine = await simulation(master.address, "/sim", { clock: "follow", import: { streams: ["/bag/value"] } }, {
      rate: 50,
      nodes: ticker,
    });
    const times = framesOf(engine);
    const values: number[] = [];
    engine.stream<{ data: number }>("/bag/value", { depth: 1000 }).on(({ data }) => void values.push(data));
    const bag = `${scratch()}/test.bag`;
    const writer = startPeer(master.address, "bag.py", bag, "1700000000", "3");
    await until("it is written", () => writer.lines.includes("written"));
    const player = startTool(master.address, "rosbag", "play", "--clock", "--delay", "1", bag);
    const begin = 1_700_000_000_000;
    await running(engine, () => until("it is played", () => player.exitCode !== null || values.at(-1) === 29));
    await until("it has ended", () => player.exitCode === 0);
    expect(values.at(-1)).toBe(29);
    expect(times[0]).toBeGreaterThanOrEqual(begin);
    expect(times.at(-1)).toBeLessThanOrEqual(begin + 3000);
    expect(times.length).toBeGreaterThan(100);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeCloseTo(20, 2);
    expect((await healthOf(engine)).clock).toMatchObject({ jumps: 0, problem: "" });
  });
});

describe.each(masterKinds)("a clock, with the %s master", (kind) => {
  it("is set again where a master has forgotten all", async () => {
    const master = await startMaster(kind);
    await simulation(master.address, "/sim", { clock: "publish" });
    const isRaised = async (): Promise<boolean> => (await master.call("hasParam", "/use_sim_time") as unknown[])[2] === true;
    await until("the flag is raised", isRaised);
    await master.kill();
    await master.start(); // at once: nobody has seen it go
    await until("the flag is raised again", isRaised);
    await until("the clock is published again", async () => (await master.publishers("/clock")).includes("/sim"));
  });

  it("is published by one: who is there stays", async () => {
    const master = await startMaster(kind);
    await clockmaker(master.address);
    await until("it is published", async () => (await master.publishers("/clock")).length === 1);
    const engine = await simulation(master.address, "/sim", { clock: "publish" });
    await until(
      "it is told",
      async () => (await healthOf(engine)).clock.problem === "/clockmaker of the ROS graph publishes /clock, and a graph has one clock",
    );
    expect(await master.publishers("/clock")).toEqual(["/clockmaker"]);
    expect((await master.call("hasParam", "/use_sim_time") as unknown[])[2]).toBe(false);
  });
});

it("a clock is refused in live time, and words that are none", async () => {
  const master = await ownMaster();
  const start = (clock: string): Promise<Engine> => started({ nodes: { "/ros": bridge(master, "/live", { clock }) } });
  await expect(start("publish")).rejects.toThrow(/clock is "publish", and time is not simulated here: nodes of ROS have the real time/);
  await expect(start("follow")).rejects.toThrow(/clock is "follow", and time is not simulated here: live time follows no other clock/);
  await expect(start("both")).rejects.toThrow(/none.*publish.*follow/);
  await expect(start("follow")).rejects.toMatchObject({ cause: expect.any(RosError) });
});
