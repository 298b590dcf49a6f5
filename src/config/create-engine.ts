import { Engine } from "../engine/engine.ts";
import { Scope } from "../graph/scope.ts";
import { toNodeDefinition } from "../node/define.ts";
import type { ConfigFunction, EngineConfig, NodeEntry } from "./define.ts";

/** Makes and starts an engine. (first cut) */
export async function createEngine(given: EngineConfig | ConfigFunction, _options: {} = {}): Promise<Engine> {
  const config = typeof given === "function" ? await given([]) : given;
  const scope = new Scope();
  const clock = config.clock ?? "live";
  const nodes = Object.entries(config.nodes ?? {}).map(([name, value]) => {
    const direct = toNodeDefinition(value);
    const entry = (direct === undefined ? value : { use: direct }) as NodeEntry;
    const { use, placement: _placement, ...settings } = entry;
    return { ...settings, restart: settings.restart ?? config.restart, name, scope, definition: toNodeDefinition(use)! };
  });
  const engine = new Engine({
    rate: config.rate ?? 60,
    clock,
    seed: String(config.seed ?? (clock === "sim" ? "0" : Math.random())),
    speed: config.speed ?? Infinity,
    development: config.development ?? process.env.NODE_ENV !== "production",
    params: config.params ?? {},
    paramsFile: config.paramsFile,
    systems: (config.systems ?? []) as never,
    nodes,
  });
  await engine.start();
  return engine;
}
