import { describe, expect, it, onTestFinished } from "vitest";
import { commandOf, own, startProgram } from "../conformance/runtimes.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";

function pyros(
  ...args: string[]
): { readonly output: () => string; readonly ended: Promise<number | null>; kill(signal: NodeJS.Signals): void } {
  const child = startProgram(commandOf(own)!, own, new URL("../../src/cli/main.ts", import.meta.url), ...args);
  let text = "";
  child.stdout!.on("data", (data: Buffer) => (text += data.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  });
  return { output: () => text, ended, kill: (signal) => void process.kill(child.pid!, signal) };
}

describe("pyros ros", () => {
  it("master runs a master until it is interrupted, and says where", async () => {
    const run = pyros("ros", "master", "--port", "0");
    while (!run.output().includes("\n")) await new Promise((resolve) => setTimeout(resolve, 20));
    const [, address] = /ROS_MASTER_URI=(\S+)/.exec(run.output())!;
    expect(await callXml(address!, "getParamNames", ["/test"])).toEqual([1, "", []]);
    run.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });

  it("refuses other words, and ports that are none", async () => {
    expect(await pyros("ros", "core").ended).toBe(2);
    expect(await pyros("ros", "master", "--port", "70000").ended).toBe(2);
  });
});
