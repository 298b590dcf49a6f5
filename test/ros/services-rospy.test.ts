import { describe, expect, it } from "vitest";
import { NodeLostError, ServiceError } from "pyros";
import { bridge, hasRos, healthOf, howToGetRos, started, startMaster, startPeer, startTool, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

describe.skipIf(!hasRos)("services of rospy", () => {
  it("answer, tell their errors, and settle when their node is killed", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({
      nodes: { "/ros": bridge(master.address, "/pyros", { import: { services: ["/*", "!/get_loggers"] } }) },
    });
    const peer = startPeer(master.address, "server.py");
    const has = (name: string): boolean => engine.services.some((service) => service.name === name);
    await until("they are there", () => ["/flip", "/fails", "/none", "/hangs", "/slow"].every(has));
    expect(await engine.call("/flip", { data: true })).toEqual({ success: false, message: "was True" });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => engine.call("/flip", { data: i % 2 === 0 })));
    expect(answers.map(({ success }) => success)).toEqual(Array.from({ length: 100 }, (_, i) => i % 2 === 1));
    const failed = await engine.call("/fails", {}).then(() => undefined, (error: unknown) => error);
    expect(failed).toBeInstanceOf(ServiceError);
    expect((failed as ServiceError).remote.message).toContain("the gripper is stuck");
    expect((failed as ServiceError).provider).toBe("/server");
    await expect(engine.call("/none", {})).rejects.toThrow(/service cannot process request|returned None|invalid/i);
    const slow = await Promise.all(Array.from({ length: 10 }, () => engine.call("/slow", {})));
    expect(Math.max(...slow.map(({ message }) => Number(message)))).toBeGreaterThan(2);
    const call = engine.call("/hangs", {}, { timeout: Infinity }).then(() => undefined, (error: unknown) => error);
    const before = (await healthOf(engine)).services.imported.find(({ service }) => service === "/slow")!.calls;
    await engine.call("/slow", {});
    expect((await healthOf(engine)).services.imported.find(({ service }) => service === "/slow")!.calls).toBe(before + 1);
    process.kill(peer.pid!, "SIGKILL");
    expect(await call).toBeInstanceOf(NodeLostError);
    await until("they have gone", () => !has("/hangs") && !has("/flip"));
    startPeer(master.address, "server.py");
    await until("they are there again", () => has("/flip"));
    expect(await engine.call("/flip", { data: false })).toEqual({ success: true, message: "was False" });
  });
});

describe.skipIf(!hasRos)("services of a bridge", () => {
  it("answer rospy and the tools of ROS, and tell them what went wrong", async () => {
    const master = await startMaster("rosmaster");
    const rules = [{ match: "/worker/never", timeout: 300 }, "/worker/*", "!/worker/seen"];
    const engine = await started({
      nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(master.address, "/pyros", { export: { services: rules } }) },
    });
    await until("they are known", async () => (await healthOf(engine)).services.exported.length === 6);
    const peer = startPeer(master.address, "caller.py");
    await until("it is ready", () => peer.lines.includes("ready"));
    const answer = async (name: string, what: string): Promise<string> => {
      const before = peer.lines.length;
      peer.stdin!.write(`${name} ${what}\n`);
      await until(`${name} is answered`, () => peer.lines.length > before);
      return peer.lines.slice(before).join("\n");
    };
    for (let i = 0; i < 3; i++) expect(await answer("/worker/flip", "SetBool true")).toBe("/worker/flip: False was true");
    expect(await answer("/worker/slow", "Trigger")).toBe("/worker/slow: True slowly");
    expect(await answer("/worker/throws", "Trigger")).toMatch(/ServiceException .*the arm is stuck/);
    expect(await answer("/worker/rejects", "Trigger")).toMatch(/ServiceException .*the arm is s/);
    expect(await answer("/worker/never", "Trigger")).toMatch(/ServiceException .*did not answer within 300 ms/);
    expect(await answer("/worker/wrong", "Trigger")).toMatch(/ServiceException .*success must be true or false, not 5/);
    expect(await answer("/worker/slow", "Empty")).toMatch(/Exception .*(md5sum|MD5)/);
    expect(await answer("/worker/unknown", "Empty")).toMatch(/ServiceException .*unavailable|not available/);
    await engine.remove("/worker");
    expect(await answer("/worker/flip", "SetBool true")).toMatch(/Exception/);
  });

  it("are listed, described and called by the tools of ROS", async () => {
    const master = await startMaster("rosmaster");
    const engine = await started({
      nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(master.address, "/pyros", { export: { services: ["/worker/flip"] } }) },
    });
    await until("it is known", async () => (await healthOf(engine)).services.exported.length === 1);
    const shows = async (what: string, ...args: string[]): Promise<void> => {
      const { lines } = startTool(master.address, "rosservice", ...args);
      await until(`rosservice ${args.join(" ")} shows ${what}`, () => lines.some((line) => line.includes(what)));
    };
    await shows("/worker/flip", "list");
    await shows("std_srvs/SetBool", "type", "/worker/flip");
    await shows("data", "args", "/worker/flip");
    await shows("Node: /pyros", "info", "/worker/flip");
    await shows("was true", "call", "/worker/flip", "true");
  });
});
