import { stringify } from "yaml";
import type { HostSettings } from "../engine/core/plan.ts";
import { isParamDeclaration } from "../node/declare.ts";
import type { ComposedNode } from "./compose.ts";
import { configFields } from "./fields.ts";
import type { Prepared } from "./plan.ts";
import type { Place } from "./problems.ts";
import { pathText } from "./keys.ts";
import { fileLabel } from "./source.ts";

/** A normalised config: mounts are dissolved, defaults filled in. */
export interface Expanded {
  readonly config: Record<string, unknown>;
  /** Where each value came from, by its path: `file:line:column`, `--set`, `definition` or `default`. */
  readonly from: Record<string, string>;
}

/** Normalises a config, and says where each value came from. */
export function expand({ graph, plan }: Prepared): Expanded {
  const from: Record<string, string> = {};
  const note = <T>(keys: readonly (string | number)[], value: T, place: Place | string): T => {
    from[pathText(keys)] = typeof place === "string" ? place : (place.source.where(place.keys) ?? "config");
    return value;
  };
  const config: Record<string, unknown> = {};
  for (const key of ["name", "join", "listen", "keys", "allow", "serverKey"] as const) {
    const value = graph.config[key];
    if (value !== undefined) config[key] = note([key], value, { source: graph.source, keys: [key] });
  }
  for (
    const key of ["rate", "clock", "seed", "speed", "development", "placement", "codec", "link", "control", "paramsFile"] as const
  ) {
    const written = graph.config[key] !== undefined;
    const value = written ? graph.config[key] : (configFields[key]!.byDefault ?? (key === "paramsFile" ? undefined : plan[key as "seed"]));
    if (value === undefined || (!written && plan.clock === "live" && (key === "seed" || key === "speed"))) continue; // random, or without meaning
    config[key] = note([key], value, written ? { source: graph.source, keys: [key] } : "default");
  }
  config.params = graph.params.size > 0 ? plan.params : note(["params"], {}, "default");
  for (const [name, leaf] of graph.params) note(["params", ...name.slice(1).split("/")], leaf.value, leaf.place);
  if (graph.systems.length === 0) from.systems = "default";
  config.systems = graph.systems.map(({ definition, scope, file, place }, i) =>
    note(["systems", i], { name: scope.absolute(`/${definition.name}`), ...(file === undefined ? {} : { file: fileLabel(file) }) }, place)
  );
  if (graph.nodes.length === 0) from.nodes = "default";
  const hosts = new Map(plan.nodes.map(({ name, scope, host }) => [scope.absolute(name), host]));
  config.nodes = Object.fromEntries(graph.nodes.map((node) => [node.names.node, expandNode(node, hosts.get(node.names.node), note)]));
  if (graph.config.hosts !== undefined) config.hosts = note(["hosts"], graph.config.hosts, { source: graph.source, keys: ["hosts"] });
  if (graph.config.heartbeat !== undefined) {
    config.heartbeat = note(["heartbeat"], graph.config.heartbeat, { source: graph.source, keys: ["heartbeat"] });
  }
  if (graph.config.log !== undefined) config.log = note(["log"], graph.config.log, { source: graph.source, keys: ["log"] });
  return { config, from };
}

type Note = <T>(keys: readonly (string | number)[], value: T, place: Place | string) => T;

function expandNode(node: ComposedNode, host: HostSettings | undefined, note: Note): Record<string, unknown> {
  const { entry, definition, defaults, place } = node;
  const path = ["nodes", node.names.node];
  const here = (...keys: string[]): Place => ({ source: place.source, keys: [...place.keys, ...keys] });
  const result: Record<string, unknown> = {
    use: note([...path, "use"], node.file === undefined ? "(a value)" : fileLabel(node.file), here("use")),
  };
  const params = { ...declaredDefaults(definition.params), ...node.params };
  for (const key of Object.keys(params)) note([...path, "params", key], params[key], node.paramPlaces.get(key) ?? "definition");
  if (Object.keys(params).length > 0) result.params = params;
  if (entry.remap !== undefined) result.remap = note([...path, "remap"], entry.remap, here("remap"));
  for (const key of ["rate", "restart"] as const) {
    const inherited = defaults[key];
    if (entry[key] !== undefined) result[key] = note([...path, key], entry[key], here(key));
    else if (definition[key] !== undefined) result[key] = note([...path, key], definition[key], "definition");
    else if (inherited !== undefined) result[key] = note([...path, key], inherited.value, inherited.place);
    else if (key === "restart") result[key] = note([...path, key], "on-failure", "default");
  }
  const placement = host?.placement ?? "loop";
  const said = entry.placement === placement
    ? here("placement")
    : defaults.placement?.value === placement
    ? defaults.placement.place
    : host === undefined
    ? "default"
    : host.name === node.names.node
    ? "--placement"
    : `hosts.${host.name}`;
  result.placement = note([...path, "placement"], placement, said);
  if (entry.checkpoint !== undefined) result.checkpoint = note([...path, "checkpoint"], entry.checkpoint, here("checkpoint"));
  else if (definition.checkpoint !== undefined) result.checkpoint = note([...path, "checkpoint"], definition.checkpoint, "definition");
  return result;
}

function declaredDefaults(declared: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, defaultOf(value)]));
}

/** The default behind a declaration; a plain value is its own. */
function defaultOf(value: unknown): unknown {
  return isParamDeclaration(value) ? value.value : value;
}

/** The normalised config as YAML, each value with a comment that says where it came from. */
export function expandedText({ config, from }: Expanded): string {
  const lines: string[] = [];
  const write = (value: unknown, keys: readonly (string | number)[], indent: string, label: string): void => {
    const origin = from[pathText(keys)];
    const nested = typeof value === "object" && value !== null && Object.keys(value).length > 0;
    const ownOrigins = nested &&
      (keys.length === 0 || Object.keys(from).some((path) => path !== pathText(keys) && path.startsWith(pathText(keys))));
    if (!ownOrigins) {
      const text = stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
      lines.push(`${indent}${label}${text}`.padEnd(origin === undefined ? 0 : 40) + (origin === undefined ? "" : ` # ${origin}`));
      return;
    }
    if (label !== "") lines.push(`${indent}${label.trimEnd()}`);
    for (const [key, part] of Object.entries(value as object)) {
      const list = Array.isArray(value);
      write(
        part,
        [...keys, list ? Number(key) : key],
        label === "" ? indent : `${indent}  `,
        list ? "- " : `${stringify(key).trimEnd()}: `,
      );
    }
  };
  write(config, [], "", "");
  return lines.join("\n");
}
