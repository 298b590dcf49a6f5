import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { testNode } from "pyros/test";
import swarm from "../../examples/ros-swarm/nodes/swarm.ts";
import { own } from "../conformance/runtimes.ts";
import {
  hasRos,
  howToGetRos,
  rosEnvironment,
  type RosProcess,
  scratch,
  startBinary,
  startMaster,
  startTool,
  until,
} from "../ros/support.ts";

const isHere = hasRos && existsSync("/usr/lib/rosbag/record");
if (!isHere && process.env.CI !== undefined) throw new Error(howToGetRos);
if (!isHere) console.log(`skipped: ${howToGetRos} python3-rosbag`);

const folder = new URL("../../examples/ros-swarm/", import.meta.url);

class Example {
  output = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(master: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const how = own === "deno" ? ["run", "-A"] : ["--import", "tsx"];
    this.child = spawn(process.execPath, [...how, fileURLToPath(new URL("start.ts", folder)), ...args, "--set", "/world/count=500"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...rosEnvironment(master), NO_COLOR: "1", VITEST: undefined, NODE_OPTIONS: undefined, ...env },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on("data", (data: Buffer) => (this.output += data.toString()));
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    onTestFinished(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) process.kill(this.child.pid!, "SIGTERM");
      await this.ended;
    });
  }

  async says(what: string | RegExp): Promise<void> {
    await until(`it says ${String(what)}, but:\n${this.output}`, () => new RegExp(what).test(this.output));
  }
}

/** A node of rospy that ends with the test, at once when it is told to. */
function driver(master: string): ChildProcess {
  const child = spawn("/usr/bin/python3", [fileURLToPath(new URL("driver.py", folder))], { env: rosEnvironment(master), stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  });
  return child;
}

/** The places that `rostopic echo -p` has told, the newest at the end. */
function places({ lines }: RosProcess): { x: number; y: number }[] {
  return lines.filter((line) => /^\d/.test(line)).map((line) => {
    const [, x, y] = line.split(",").map(Number);
    return { x: x!, y: y! };
  });
}

const middle = { x: 100, y: 60 };
const far = (place: { x: number; y: number } | undefined): number =>
  place === undefined ? 0 : Math.hypot(place.x - middle.x, place.y - middle.y);

describe("the swarm as a robot", () => {
  const run = () => testNode(swarm, { needs: { guide: { nudge: () => 1, go: () => 1 } as never } });
  const twist = (x: number, y: number, z: number) => ({ linear: { x, y, z: 0 }, angular: { x: 0, y: 0, z } });

  test("goes where a Twist says, turned as it heads, no faster than its limit, and no longer than it is said", async () => {
    await using node = await run();
    node.inputs.twist.emit(twist(10, 0, 0));
    await node.step();
    expect(node.calls.at(-1)!.input).toEqual({ x: 1, y: -0 });
    node.inputs.twist.emit(twist(3, 4, Math.PI * 5)); // a quarter in a tenth of a second
    await node.step();
    const { x, y } = node.calls.at(-1)!.input as { x: number; y: number };
    expect([x, y]).toEqual([expect.closeTo(-0.4), expect.closeTo(-0.3)]); // y is downwards in the swarm
    node.inputs.twist.emit(twist(1000, 0, 0));
    await node.step();
    expect((node.calls.at(-1)!.input as { y: number }).y).toBeCloseTo(-1.6);
    const { length } = node.calls;
    for (const bad of [twist(NaN, 0, 0), twist(0, 0, 1)]) {
      node.inputs.twist.emit(bad);
      await node.step();
    }
    await node.run({ seconds: 2 });
    expect(node.calls).toHaveLength(length);
  });
});

/** An address at which no master runs. */
async function noMaster(): Promise<string> {
  const master = await startMaster("built-in");
  await master.kill();
  return master.address;
}

test("the swarm is driven by a node of Pyros where there is no rospy, and no other master", async () => {
  const example = new Example(await noMaster(), [], { PYTHONHOME: "/nowhere" });
  await example.says("no rospy: apt-get install");
  await example.says("driver: reset answers: back to the middle");
  await example.says(/driver: 500 poses around \d/);
  await example.says(/cmd_vel [1-9]\d?\/s/);
  process.kill(example.child.pid!, "SIGTERM");
  expect(await example.ended).toBe(0);
}, 180_000);

describe.skipIf(!isHere)("the swarm in ROS", () => {
  test("starts a master and a driver where there are none, is driven by rospy, and ends after --frames", async () => {
    const example = new Example(await noMaster(), ["--frames", "700"]);
    await example.says("the built-in one runs there now");
    await example.says("rospy: reset answers: back to the middle");
    await example.says(/rospy: 500 poses around \d/);
    await example.says(/cmd_vel [1-9]\d?\/s/);
    expect(await example.ended).toBe(0);
    expect(example.output).not.toMatch(/error|Traceback/i);
  }, 180_000);

  test("shows poses, obeys Twist, services and params, and flies a recorded way again", async () => {
    const master = await startMaster("rosmaster");
    const example = new Example(master.address, ["--no-driver"]);
    await example.says("frame");
    const shows = async (what: string | RegExp, tool: string, ...args: string[]): Promise<void> => {
      const { lines } = startTool(master.address, tool, ...args);
      await until(`${tool} ${args.join(" ")} shows ${String(what)}`, () => lines.some((line) => new RegExp(what).test(line)));
    };
    await until("the bridge is there", async () => (await master.publishers("/swarm/goal")).length === 1);
    await shows("Type: geometry_msgs/PoseArray", "rostopic", "info", "/swarm/poses");
    await shows('frame_id: "world"', "rostopic", "echo", "-n", "1", "/swarm/body_2");
    await shows("the bodies stand still", "rosservice", "call", "/swarm/pause", "true");
    await shows("back to the middle", "rosservice", "call", "/swarm/reset");
    await master.call("setParam", "/swarm/speed", 0.25);
    await shows(/^0.25/, "rosparam", "get", "/swarm/speed");
    await example.says(/frame/);

    const goal = startTool(master.address, "rostopic", "echo", "-p", "/swarm/goal/pose/position");
    await until("it is in the middle", () => places(goal).length > 0 && far(places(goal).at(-1)) < 1);
    const bag = join(scratch(), "way.bag");
    const recorder = startBinary(master.address, "/usr/lib/rosbag/record", "-O", bag, "/swarm/cmd_vel");
    await until("it records", async () => (await master.subscribers("/swarm/cmd_vel")).length === 2);
    const wheel = driver(master.address);
    await until("it was driven away", () => far(places(goal).at(-1)) > 15);
    await shows(/^1.5/, "rosparam", "get", "/swarm/speed"); // as the driver has set it
    process.kill(wheel.pid!, "SIGKILL");
    process.kill(recorder.pid!, "SIGINT");
    await until("the way is written", () => existsSync(bag));

    await shows("back to the middle", "rosservice", "call", "/swarm/reset");
    await until("it is in the middle again", () => far(places(goal).at(-1)) < 1);
    startBinary(master.address, "/usr/lib/rosbag/play", "--quiet", bag);
    await until("it flies the way again", () => far(places(goal).at(-1)) > 15);
    process.kill(example.child.pid!, "SIGTERM");
    expect(await example.ended).toBe(0);
  }, 180_000);
});
