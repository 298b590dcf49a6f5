import type { EngineConfig } from "pyros";
import { onTestFinished } from "vitest";
import { commandOf, own, startProgram } from "../conformance/runtimes.ts";

/** Starts an engine in a process of its own, which can be killed, and ends with the test. */
export async function elsewhere(config: EngineConfig): Promise<{ kill(): Promise<void>; readonly pid: number }> {
  const child = startProgram(commandOf(own)!, own, new URL("./engine-program.ts", import.meta.url), JSON.stringify(config));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on("data", (text: Buffer) => text.includes("ready") && resolve());
    child.once("exit", (code) => reject(new Error(`the engine ended with ${String(code)}`)));
  });
  return { kill, pid: child.pid! };
}
