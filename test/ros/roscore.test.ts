import { existsSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type talker from "./nodes/talker.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { bridge, freePort, hasRos, healthOf, howToGetRos, started, startPeer, startTool, until } from "./support.ts";

const hasRoscore = hasRos && existsSync("/usr/bin/roscore");
if (!hasRoscore) console.log(hasRos ? "roscore is missing: apt-get install python3-roslaunch rosout" : howToGetRos);

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Starts what a robot has: a master, rosout and the params of roslaunch. It ends with the test, and all that it has started. */
async function startRoscore(): Promise<string> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/`;
  const roscore = startTool(address, "roscore", "-p", String(port));
  const pidOf = async (node: string): Promise<number> => ((await callXml(node, "getPid", ["/test"])) as [number, string, number])[2];
  let pids: readonly number[] = [];
  onTestFinished(async () => {
    // Killed, it would leave its children behind.
    process.kill(roscore.pid!, "SIGINT");
    await until("all of it has ended", () => roscore.exitCode !== null && !pids.some(isAlive));
  });
  await until("rosout is there", async () => {
    const [found, , rosout] = (await callXml(address, "lookupNode", ["/test", "/rosout"]).catch(() => [0])) as [number, string, string];
    if (found === 1) pids = [await pidOf(address), await pidOf(rosout)];
    return found === 1;
  });
  return address;
}

describe.skipIf(!hasRoscore)("roscore", () => {
  it("is a graph like any other: topics and services with rospy, its params, and what rosout gathers", async () => {
    const address = await startRoscore();
    const engine = await started({
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/worker": "./nodes/worker.ts",
        "/ros": bridge(address, "/pyros", {
          import: {
            streams: ["/count", "/rosout_agg"],
            services: ["/flip", "/fails"],
            params: ["/ros*", "/run_id", "/roslaunch/**"],
          },
          export: { streams: ["/talker/**"], services: ["/worker/flip"], params: ["/robot/**"] },
        }),
      },
    });
    await until("it is found", () => engine.params.get("/ros/status/graph") === "here");
    await until(
      "its params are here",
      () => ["/rosdistro", "/rosversion", "/run_id", "/roslaunch/uris"].every((name) => engine.params.get(name) !== undefined),
    );
    expect(engine.params.get("/rosdistro")).toMatch(/^\w+\s*$/);
    expect(engine.params.get("/rosversion")).toMatch(/^1\.\d+\.\d+\s*$/);
    expect(Object.keys(engine.params.get("/roslaunch/uris") as object)[0]).toMatch(/^host_/);
    await engine.params.set("/robot/name", "r2");
    await until("ours is there", async () => ((await callXml(address, "getParam", ["/test", "/robot/name"])) as unknown[])[2] === "r2");

    startPeer(address, "counter.py");
    startPeer(address, "server.py");
    const numbers: bigint[] = [];
    engine.stream<{ data: bigint }>("/count", { depth: 1000 }).on(({ data }) => void numbers.push(data));
    await until("numbers come", () => numbers.length > 10);
    await engine.waitForService("/flip", { timeout: 20_000 });
    expect(await engine.call("/flip", { data: true })).toEqual({ success: false, message: "was True" });
    const caller = startPeer(address, "caller.py");
    await until("it is ready", () => caller.lines.includes("ready"));
    caller.stdin!.write("/worker/flip SetBool true\n");
    await until("rospy calls us", () => caller.lines.includes("/worker/flip: False was true"));
    await engine.client<typeof talker>("/talker").keep("kept");
    const echo = startTool(address, "rostopic", "echo", "-n", "1", "/talker/last");
    await until("rospy hears us", () => echo.lines.includes('data: "kept"'));

    const told: string[] = [];
    engine.stream<{ name: string; msg: string }>("/rosout_agg", { depth: 100 }).on(({ name, msg }) => void told.push(`${name} ${msg}`));
    await engine.waitForService("/fails", { timeout: 20_000 });
    await until("rosout hands on what rospy says", async () => {
      await expect(engine.call("/fails", {})).rejects.toThrow("the gripper is stuck");
      return told.some((line) => line.startsWith("/server ") && line.includes("the gripper is stuck"));
    });
    const nodes = startTool(address, "rosnode", "list");
    await until("both are nodes of it", () => ["/rosout", "/pyros"].every((name) => nodes.lines.includes(name)));
    const health = await healthOf(engine);
    expect(health.imported.map(({ stream, unfit, peers }) => [stream, unfit, peers.map(({ state }) => state)])).toEqual([
      ["/count", 0, ["connected"]],
      ["/rosout_agg", 0, ["connected"]],
    ]);
  });
});
