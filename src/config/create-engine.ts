import { Engine } from "../engine/engine.ts";
import type { EnginePlan } from "../engine/core/plan.ts";
import type { ConfigFunction, EngineConfig } from "./define.ts";
import type { CreateOptions } from "./plan.ts";

/**
 * Checks a config, loads what it names, and starts an engine that runs it.
 *
 * The engine owns no signal handlers, no rejection handlers and no process title: those are the program's around it.
 *
 * @param config a config, a function of the arguments that makes one, or the path of a config's file or folder
 * @returns the engine, when all nodes have started
 * @throws ConfigError with every mistake, before anything starts; HostError, LinkError or ProtocolError when the graph that it is to join is not there or refuses; NodeStartError when a node does not start: everything is closed again then
 * @example
 * ```ts
 * import { createEngine } from "pyros";
 * await using engine = await createEngine({ nodes: { "/hello": { use: ({ log }) => log.info("a frame") } } });
 * console.log(engine.nodes[0].status); // running
 * ```
 */
export async function createEngine(config: EngineConfig | ConfigFunction | string | URL, options: CreateOptions = {}): Promise<Engine> {
  const [{ prepare }] = await leading();
  const { plan } = await prepare(config, options);
  const engine = await makeEngine(plan);
  await engine.start();
  return engine;
}

/**
 * Makes an engine, which is to be started in the same turn. One that joins a graph has been let in then.
 *
 * @throws HostError when there is no such graph, LinkError when it cannot be reached, ProtocolError when it refuses
 */
export async function makeEngine(plan: EnginePlan): Promise<Engine> {
  if (plan.join === undefined) return new Engine(plan);
  const [, { askToJoin, planOf }, { GuestRole }] = await leading();
  const entry = await askToJoin(plan.join, plan.wire);
  return new Engine(planOf(plan, entry), ({ core, engine, nodes }) => new GuestRole(core, engine, nodes, entry));
}

/**
 * What it takes to lead a graph, or to join one. Threads and processes, whose nodes import this module too, do without it. All of it is
 * loaded before any of it is needed: where no file descriptor is left it cannot be, and Node does not try a module a second time.
 */
function leading() {
  return Promise.all([
    import("./plan.ts"),
    import("../engine/member/ask-to-join.ts"),
    import("../engine/member/guest-role.ts"),
    import("../engine/main/main-role.ts"),
  ]);
}
