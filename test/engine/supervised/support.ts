import { onTestFinished } from "vitest";
import { createEngine, type Engine, type EngineConfig } from "pyros";
import { isAlive } from "../../host/support.ts";
import type caller from "./caller.ts";
import type mortal from "./mortal.ts";

export const onDeno: boolean = "Deno" in globalThis;

/** Starts an engine whose nodes are the modules beside this one, and closes it when the test has finished. */
export async function start(config: EngineConfig): Promise<Engine> {
  const engine = await createEngine(config, { base: import.meta.url });
  onTestFinished(() => engine.close());
  return engine;
}

export const mortalOf = (engine: Engine, name = "/mortal") => engine.client<typeof mortal>(name);
export const callerOf = (engine: Engine, name = "/caller") => engine.client<typeof caller>(name);

/** What happens to a node, in short words. */
export function chronicle(engine: Engine, name = "/mortal"): string[] {
  const events: string[] = [];
  onTestFinished(engine.watchGraph(({ type, node }) => void (node === name && events.push(type))));
  return events;
}

export function nodeOf(engine: Engine, name = "/mortal") {
  return engine.nodes.find((node) => node.name === name)!;
}

/** Whether a process has gone. */
export const isGone = (pid: number): boolean => !isAlive(pid);
