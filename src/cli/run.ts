import { fileURLToPath } from "node:url";
import { getLogger } from "@logtape/logtape";
import { makeEngine } from "../config/create-engine.ts";
import type { LogConfig, LogLevel } from "../config/define.ts";
import type { Engine } from "../engine/engine.ts";
import { NodeStartError } from "../errors.ts";
import { defineSystem } from "../frame/system.ts";
import { Scope } from "../graph/scope.ts";
import { proposal } from "./arguments.ts";
import { Control } from "./control.ts";
import { Ending } from "./ending.ts";
import { showLogs } from "./logs.ts";
import { configOptions, prepareConfig } from "./prepare.ts";
import { type Arguments, numberOf, UsageError, type Verb } from "./verb.ts";
import { Watch } from "./watch.ts";

const levels: readonly LogLevel[] = ["trace", "debug", "info", "warning", "error", "fatal"];

/** `pyros run`: runs a graph until it ends or is interrupted. */
export const run: Verb = {
  name: "run",
  about: "Run a graph.",
  options: {
    ...configOptions,
    frames: { value: "N", about: "End after N frames." },
    until: { value: "MS", about: "End after MS of the engine's time." },
    watch: { about: "Swap nodes whose files change, and keep their state." },
    "log-level": { value: "LEVEL", about: `The least severe level that is logged: ${levels.join(", ")}.` },
    "json-logs": { about: "Log one JSON object a line." },
  },
  async run(args) {
    const frames = numberOf(args, "frames", true);
    const until = numberOf(args, "until", false);
    const log = logOf(args);
    const prepared = await prepareConfig(args);
    showLogs({ ...prepared.graph.config.log, ...log });
    const limit = { counts: false, reached: (): void => {} };
    const live = prepared.plan.clock === "live";
    const plan = !live || frames === undefined
      ? prepared.plan
      : { ...prepared.plan, systems: [...prepared.plan.systems, { definition: frameLimit(frames, limit), scope: new Scope() }] };
    const engine = await makeEngine(plan);
    const ending = new Ending(engine);
    limit.reached = () => ending.end();
    let watch: Watch | undefined;
    let control: Control | undefined;
    try {
      await engine.start();
      control = await openControl(engine, prepared.graph.source.file);
      limit.counts = true;
      if (args.options.has("watch")) watch = new Watch(engine, prepared.graph);
      if (!live) {
        await engine.run({ ...(frames === undefined ? {} : { frames }), ...(until === undefined ? {} : { until }) });
        ending.end();
      } else if (until !== undefined) ending.endAfter(until);
      return await ending.ended;
    } catch (error) {
      if (ending.interrupted) return await ending.ended;
      if (!(error instanceof NodeStartError)) throw error;
      tellStart(error);
      return 1;
    } finally {
      watch?.close();
      await control?.close();
      await engine.close();
      ending.close();
    }
  },
};

/** The graph runs all the same where it cannot be reached. */
async function openControl(engine: Engine, config: URL | undefined): Promise<Control | undefined> {
  if (config === undefined) return undefined;
  try {
    return await Control.open(engine, fileURLToPath(config));
  } catch (error) {
    getLogger(["pyros", "cli"]).warn("pyros move cannot reach this graph: {error}", { error });
    return undefined;
  }
}

/** Counts frames as the last system of each, from when all nodes have started, so that exactly so many run with all of them. */
function frameLimit(frames: number, limit: { readonly counts: boolean; readonly reached: () => void }) {
  let left = frames;
  return defineSystem({
    name: `frame_limit_${process.pid}`, // in a graph that it joins, others may have one
    stage: "send",
    run() {
      if (limit.counts && --left === 0) limit.reached();
    },
  });
}

function tellStart(error: NodeStartError): void {
  console.error(`error: ${error.message}`);
  const { cause } = error;
  if (cause instanceof Error && cause.stack !== undefined) console.error(cause.stack);
}

function logOf({ options }: Arguments): LogConfig {
  const level = options.get("log-level")?.[0];
  if (level !== undefined && !levels.includes(level as LogLevel)) {
    throw new UsageError(`there is no log level ${JSON.stringify(level)}${proposal(level, levels)}`);
  }
  return { ...(level === undefined ? {} : { level: level as LogLevel }), ...(options.has("json-logs") ? { format: "json" as const } : {}) };
}
