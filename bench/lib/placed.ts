import { createEngine, type Engine, type EngineConfig, type Placement } from "../../src/mod.ts";
import type { Enter, Entrant } from "./contest.ts";
import { startProgram } from "./program.ts";
import { script } from "./runtime.ts";

/** What a node of `bench/nodes` is called: as its file is. */
export function nameOf(file: string): string {
  return `/${file.slice(file.lastIndexOf("/") + 1)}`;
}

/** An engine of nodes of `bench/nodes`, each in a thread or process of its own: it starts them and is not in their way. */
export function placed(
  placement: Placement,
  files: readonly string[],
  more: Partial<EngineConfig> = {},
): Promise<Engine> {
  return createEngine({
    placement,
    nodes: Object.fromEntries(
      files.map((file) => [nameOf(file), script(`nodes/${file}`)]),
    ),
    ...more,
  });
}

/** An entrant that is an engine. */
export function ours(
  make: () => Promise<Engine>,
  run: (
    call: (service: string, input: unknown) => Promise<any>,
  ) => Promise<Record<string, number>>,
): Enter {
  return async (): Promise<Entrant> => {
    const engine = await make();
    return {
      run: () => run((service, input) => engine.call(service, input, { timeout: Infinity })),
      close: () => engine.close(),
    };
  };
}

/** An entrant that is a program of `bench/child`. */
export function theirs(
  name: string,
  args: readonly string[],
  run: (
    ask: <T>(name: string, ...args: unknown[]) => Promise<T>,
  ) => Promise<Record<string, number>>,
  on: "own" | "node" = "own",
): Enter {
  return async (): Promise<Entrant> => {
    const program = await startProgram(script(`child/${name}`), args, on);
    return {
      run: () => run((name, ...args) => program.ask(name, ...args)),
      close: () => program.close(),
    };
  };
}
