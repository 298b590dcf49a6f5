import type { ChildProcess } from "node:child_process";
import { onTestFinished } from "vitest";
import { createEngine, type CreateOptions, type Engine, type EngineConfig, type NodeInfo } from "pyros";
import { commandOf, own, type Runtime, startProgram } from "../conformance/runtimes.ts";

let count = 0;

/** A name that no other graph has. */
export function freshName(): string {
  return `t${process.pid}-${++count}`;
}

/** Starts an engine, and closes it when the test has finished. */
export async function started(config: EngineConfig, options: CreateOptions = {}): Promise<Engine> {
  const engine = await createEngine(config, { base: new URL("./", import.meta.url), ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** What an engine tells of its nodes. */
export function nodesOf(engine: Engine): Pick<NodeInfo, "name" | "status" | "guest">[] {
  return engine.nodes.map(({ name, status, guest }) => ({ name, status, ...(guest === undefined ? {} : { guest }) }));
}

/** Starts an engine in a process of its own, and ends that when the test has finished. */
export async function elsewhere(config: EngineConfig, runtime: Runtime = own): Promise<ChildProcess & { readonly pid: number }> {
  const child = startProgram(commandOf(runtime)!, runtime, new URL("./program.ts", import.meta.url), JSON.stringify(config));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on("data", (text: Buffer) => text.includes("ready") && resolve());
    child.once("exit", (code) => reject(new Error(`the engine ended with ${String(code)}`)));
  });
  return child as ChildProcess & { readonly pid: number };
}
