import { fileURLToPath, pathToFileURL } from "node:url";
import type { EnginePlan, HostSettings, JoinPlan, ListenPlan, PlannedNode, WirePlan } from "../engine/core/plan.ts";
import type { Placement } from "../node/placement.ts";
import { type Composed, type ComposedNode, Composer } from "./compose.ts";
import type { ConfigFunction, EngineConfig } from "./define.ts";
import { checkGuest, checkLinks } from "./guest.ts";
import { configFields } from "./fields.ts";
import { load } from "./load.ts";
import { loadNode } from "./load-node.ts";
import { checkTree, declaredParams, override } from "./overrides.ts";
import { treeOf } from "./param-tree.ts";
import { type PlacementOverride, placementsOf } from "./placements.ts";
import { Problems } from "./problems.ts";
import { Source } from "./source.ts";
import { wireOf } from "./wire.ts";

/** What {@link createEngine} takes beside the config. */
export interface CreateOptions {
  /** Arguments for a config that is a function. */
  args?: readonly string[];
  /** Where relative paths of a config that is no file start: a folder, or `import.meta.url`; the working directory by default. */
  base?: string | URL;
  /** Values that replace those of the config, by absolute name: `{ "/guide/gain": 3 }`. */
  set?: Readonly<Record<string, unknown>>;
  /** Where nodes run, whatever the config says: all of them, or some, by absolute name: `{ all: "thread", nodes: { "/vision": "loop" } }`. */
  placement?: Placement | PlacementOverride;
  /** The graph's name, whatever the config says. */
  name?: string;
  /** The graph that this engine joins, by its name or address, whatever the config says. */
  join?: string;
}

/** A config that was checked and loaded. */
export interface Prepared {
  readonly graph: Composed;
  readonly plan: EnginePlan;
}

/**
 * Checks and loads a config, and all that it names.
 *
 * @param config a config, a function that makes one, or the path of a file or folder
 * @throws ConfigError with every mistake that was found
 */
export async function prepare(config: EngineConfig | ConfigFunction | string | URL, options: CreateOptions = {}): Promise<Prepared> {
  const problems = new Problems();
  const base = baseOf(options.base);
  let value: unknown = config;
  let source = new Source(undefined, base);
  if (typeof config === "string" || config instanceof URL) {
    const loaded = await load(String(config), { source, keys: [] }, problems);
    if (loaded === undefined) problems.check();
    else ({ value, source } = loaded);
  }
  const composer = new Composer(source, problems, options.args ?? []);
  await composer.compose(value);
  const known = composer.params.size > 0 || options.set !== undefined ? declaredParams(composer) : new Map<string, never>();
  checkTree(composer, known, problems);
  if (options.set !== undefined) override(composer, known, options.set, problems);
  const params = treeOf(composer.params, problems);
  const overrides = treeOf(composer.overrides, problems);
  const wire = await wireOf(composer, problems);
  const hosts = placementsOf(composer, typeof options.placement === "string" ? { all: options.placement } : options.placement, problems);
  for (const key of ["name", "join"] as const) {
    if (options[key] === undefined) continue;
    composer.config = { ...composer.config, [key]: options[key] };
    configFields[key]!.shape.check(options[key], [], (_keys, message) => problems.list.push({ path: "", message, where: `--${key}` }));
  }
  if (problems.list.length === 0) checkLinks(composer, problems);
  if (problems.list.length === 0 && composer.config.join !== undefined) checkGuest(composer, hosts, problems);
  problems.check();
  return { graph: composer, plan: planOf(composer, params, overrides, hosts, wire!) };
}

function baseOf(base: string | URL | undefined): URL {
  if (base === undefined) return pathToFileURL(`${process.cwd()}/`);
  if (base instanceof URL || base.startsWith("file:")) return new URL(base);
  return pathToFileURL(base.endsWith("/") ? base : `${base}/`);
}

function planOf(
  graph: Composed,
  params: Record<string, unknown>,
  overrides: Record<string, unknown>,
  hosts: ReadonlyMap<string, HostSettings>,
  wire: WirePlan,
): EnginePlan {
  const { config, source } = graph;
  const clock = config.clock ?? "live";
  const { name, join } = config;
  return {
    ...(name === undefined || join !== undefined ? {} : { name }),
    ...(join === undefined ? {} : { join: joinPlan(join, config, source) }),
    ...(config.listen === undefined || join !== undefined ? {} : { listen: listenPlan(config.listen, config, source) }),
    rate: config.rate ?? 60,
    clock,
    ...(config.heartbeat === undefined ? {} : { heartbeat: config.heartbeat }),
    seed: String(config.seed ?? (clock === "sim" ? "0" : crypto.randomUUID())),
    speed: config.speed ?? Infinity,
    wire,
    load: loadNode,
    development: config.development ?? process.env.NODE_ENV !== "production",
    ...(config.control === undefined ? {} : { control: config.control }),
    params,
    overrides,
    paramsFile: config.paramsFile === undefined ? undefined : pathOf(config.paramsFile, source),
    systems: graph.systems.map(({ definition, scope }) => ({ definition, scope })),
    nodes: graph.nodes.map((node) => plannedNode(node, hosts.get(node.names.node))),
  };
}

function joinPlan(graph: string, { name, rate, listen, keys, serverKey }: EngineConfig, source: Source): JoinPlan {
  return {
    graph,
    as: name ?? `process ${process.pid}`,
    ...(rate === undefined ? {} : { rate }),
    ...(listen === undefined ? {} : { listen }),
    ...(keys === undefined ? {} : { keys: pathOf(keys, source) }),
    ...(serverKey === undefined ? {} : { serverKey }),
  };
}

function listenPlan(address: string, { keys, allow }: EngineConfig, source: Source): ListenPlan {
  return {
    address,
    ...(keys === undefined ? {} : { keys: pathOf(keys, source) }),
    ...(allow === undefined ? {} : { allow: typeof allow === "string" ? pathOf(allow, source) : allow }),
  };
}

function pathOf(path: string, { base }: Source): string {
  return fileURLToPath(new URL(encodeURI(path), base));
}

function plannedNode(
  { name, scope, definition, entry, params, defaults, file }: ComposedNode,
  host: HostSettings | undefined,
): PlannedNode {
  return {
    ...(file === undefined ? {} : { module: file.href }),
    ...(host === undefined ? {} : { host }),
    name,
    scope,
    definition,
    params,
    remap: entry.remap,
    rate: entry.rate ?? definition.rate ?? defaults.rate?.value,
    restart: entry.restart ?? definition.restart ?? defaults.restart?.value,
    ...(entry.checkpoint === undefined ? {} : { checkpoint: entry.checkpoint }),
  };
}
