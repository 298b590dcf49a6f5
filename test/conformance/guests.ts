/** Engines in processes of their own that join the graph of a test. */
import { onTestFinished } from "vitest";
import * as pyros from "pyros";
import { createEngine, type Engine, type EngineConfig } from "pyros";
import { commandOf, own, startProgram } from "./runtimes.ts";

const base = new URL("./", import.meta.url);
let count = 0;

/** Starts a graph whose nodes run in engines that join it. */
export async function startGuests({ nodes = {}, restart, ...config }: EngineConfig, guests: number): Promise<Engine> {
  const name = `c${process.pid}-${++count}`;
  const engine = await createEngine({ ...config, name }, { base });
  onTestFinished(() => engine.close()); // what is to be done last is said first
  try {
    const parts = Array.from({ length: guests }, (_, i) => Object.entries(nodes).filter((_entry, at) => at % guests === i));
    const own = { join: name, ...(restart === undefined ? {} : { restart }) };
    await Promise.all(parts.map((part) => startGuest({ ...own, nodes: Object.fromEntries(part) })));
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

async function startGuest(config: EngineConfig): Promise<void> {
  const child = startProgram(commandOf(own)!, own, new URL("./guest-program.ts", import.meta.url), JSON.stringify(config));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    child.stdin!.end();
    const late = setTimeout(() => process.kill(child.pid!, "SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stdout!.on("data", (data: Buffer) => {
      said += data.toString();
      const told = /^ready (.*)$/m.exec(said);
      if (told === null) return;
      const { name, message } = JSON.parse(told[1]!) as { name?: string; message?: string };
      if (message === undefined) return resolve();
      const { prototype } = (pyros as Record<string, any>)[name!] ?? Error;
      reject(Object.assign(Object.create(prototype as object), { name, message }));
    });
    void ended.then(() => reject(new Error(`the guest ended and said: ${said}`)));
  });
}
