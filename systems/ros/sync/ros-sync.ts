import { RosError } from "../../../src/errors.ts";
import type { Stage } from "../../../src/frame/stages.ts";
import { defineSystem, type SystemContext, type SystemDefinition } from "../../../src/frame/system.ts";
import { nearest } from "../../../src/graph/names.ts";
import { isTypeName } from "../message/definition.ts";
import { Library } from "../message/library.ts";
import { type Arrays, Fields, type SyncedArray } from "./fields.ts";
import { Incoming } from "./incoming.ts";
import { Outgoing } from "./outgoing.ts";

/** How a component and topics are kept in step. */
export interface RosSyncOptions {
  /** `out`, the default: streams tell what the component is. `in`: the component becomes what streams tell. */
  readonly direction?: "out" | "in";
  /** What stands in the place of `{name}`: a segment of a name, another one for each entity, the same while the entity is there. */
  readonly name?: (entity: number) => string;
  /** Components that an entity must have, beside the one that is kept in step. */
  readonly query?: readonly object[];
  /** Fields of the message, such as `position.x`, by the component's arrays; by default, all arrays are fields of the same names. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Hz, at most, for each entity; once a frame by default. */
  readonly rate?: number;
  /** Of `out`: whether only entities whose values have changed are sent. The streams are latched then. */
  readonly changed?: boolean;
  /** Folders of packages with definitions, which count before all others. */
  readonly types?: readonly string[];
  /** Name of the system, one segment; made of the direction and the pattern by default. */
  readonly system?: string;
  /** The part of the frame in which it runs; `send` by default for `out`, `receive` for `in`. */
  readonly stage?: Stage;
  /** Systems of the same stage that it must run before. */
  readonly before?: readonly string[];
  /** Systems of the same stage that it must run after. */
  readonly after?: readonly string[];
}

const keys = ["direction", "name", "query", "fields", "rate", "changed", "types", "system", "stage", "before", "after"];

/**
 * Keeps a component of all entities that have it in step with streams, one an entity, which a bridge may mirror as topics.
 *
 * @param component a bitECS component: an object of arrays, which has one item an entity
 * @param pattern the streams' names: `/{name}/pose`, by the option `name`, or `/body{id}/pose`, by the entity's id
 * @param type the ROS type of an item, such as `geometry_msgs/Pose2D`
 * @returns a system, for `systems` in a config
 * @throws RosError when something of this cannot be; a type that is not known, or has other fields, is told when the system starts
 *
 * @example
 * ```ts
 * import { createEngine } from "pyros";
 * import { rosSync } from "pyros/ros";
 *
 * const Pose = { x: new Float64Array(1000), y: new Float64Array(1000), theta: new Float64Array(1000) };
 * await using engine = await createEngine({ systems: [rosSync(Pose, "/robot{id}/pose", "geometry_msgs/Pose2D")] });
 * ```
 */
export function rosSync(component: object, pattern: string, type: string, options: RosSyncOptions = {}): SystemDefinition {
  const refuse = (why: string): never => {
    throw new RosError(`rosSync of ${JSON.stringify(pattern)}: ${why}`, { name: String(pattern) });
  };
  for (const key of Object.keys(options)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    refuse(`there is no option ${JSON.stringify(key)}${near === undefined ? `; there are ${keys.join(", ")}` : `; did you mean ${near}?`}`);
  }
  const { direction = "out", name, query = [], rate, changed = false, types = [], stage, before, after } = options;
  if (direction !== "out" && direction !== "in") refuse(`direction is ${JSON.stringify(direction)}; it must be "out" or "in"`);
  if (typeof pattern !== "string" || !/\{(name|id)\}/.test(pattern)) refuse("a pattern has {name} or {id} in it: each entity has a stream");
  if (!/^[A-Za-z0-9_/]+$/.test(pattern.replace(/\{(name|id)\}/g, "x"))) {
    refuse("it must be a name, such as /{name}/pose; {name} and {id} are what may stand in braces");
  }
  if (pattern.includes("{name}") && typeof name !== "function") {
    refuse("{name} needs the option name, which names an entity; {id} is the entity's id");
  }
  if (typeof type !== "string" || !isTypeName(type)) refuse(`${JSON.stringify(type)} is no type; one is written package/Name`);
  if (rate !== undefined && !(rate > 0)) refuse(`rate is ${String(rate)}; it must be above 0 Hz`);
  if (changed && direction === "in") refuse("changed is for what goes out");
  const mapping = mappingOf(component, options.fields, refuse);
  const terms = [component, ...query];
  const topicOf = (entity: number): string =>
    pattern.replace(/\{(name|id)\}/g, (_, what: string) => (what === "id" ? String(entity) : String(name!(entity))));
  const make = (context: SystemContext): Outgoing | Incoming => {
    const fields = new Fields(component as Arrays, mapping, type, new Library({ folders: types }));
    if (direction === "in") return new Incoming(context, { terms, topicOf, type, fields, rate });
    return new Outgoing(context, { terms, topicOf, type, fields, period: rate === undefined ? 0 : 1 / rate, changed });
  };
  const local = (context: SystemContext): Outgoing | Incoming => (context as unknown as { local: Outgoing | Incoming }).local;
  return defineSystem({
    name: options.system ?? `ros_${direction}_${pattern.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "")}`,
    description: `keeps a component in step with ${pattern} as ${type}, ${direction}`,
    stage: stage ?? (direction === "in" ? "receive" : "send"),
    ...(before === undefined ? {} : { before }),
    after: after ?? (direction === "in" && (stage ?? "receive") === "receive" ? ["receive"] : []),
    query: terms,
    ...(direction === "in" ? { writes: [component] } : {}),
    restart: "on-failure",
    setup: make as (context: SystemContext) => never, // what it returns is the context's `local`, as of a node
    run: (context, dt) => local(context).run(dt),
    dispose: (context) => local(context).close(),
  });
}

/** Paths of fields, by the names of arrays. */
function mappingOf(
  component: object,
  fields: Readonly<Record<string, string>> | undefined,
  refuse: (why: string) => never,
): Readonly<Record<string, string>> {
  if (typeof component !== "object" || component === null) refuse("a component is an object of arrays");
  const isArray = (value: unknown): value is SyncedArray =>
    Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  const arrays = Object.keys(component).filter((key) => isArray((component as Record<string, unknown>)[key]));
  if (arrays.length === 0) refuse("the component has no arrays: it is an object of arrays, which have one item an entity");
  if (fields === undefined) return Object.fromEntries(arrays.map((key) => [key, key]));
  const paths = new Set<string>();
  for (const [key, path] of Object.entries(fields)) {
    if (!arrays.includes(key)) refuse(`fields.${key}: the component has no such array; it has ${arrays.join(", ")}`);
    if (typeof path !== "string" || !/^\w+(\.\w+)*$/.test(path)) refuse(`fields.${key} must be a field, such as position.x`);
    if (paths.has(path)) refuse(`fields.${key}: ${path} has two arrays`);
    paths.add(path);
  }
  if (paths.size === 0) refuse("fields is empty");
  return fields;
}
