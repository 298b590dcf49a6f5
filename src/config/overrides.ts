import { checkAbsolute } from "../graph/names.ts";
import { isSubtree } from "../param/rule.ts";
import type { Composed, ComposedNode, ComposedSystem } from "./compose.ts";
import { checkGiven, checkLeaf, type DeclaredParam } from "./node-params.ts";
import type { Problems } from "./problems.ts";
import { closest, didYouMean } from "./shape.ts";

/** Where a value of the command line comes from. */
export const fromSet = "--set";

/** A declared param of a node or of a system. */
export type Known = DeclaredParam<ComposedNode | ComposedSystem>;

/** All declared params, by absolute name. */
export function declaredParams(graph: Composed): Map<string, Known> {
  const known = new Map<string, Known>();
  const add = (name: string, param: Known) => {
    if (!known.has(name)) known.set(name, param);
  };
  for (const owner of graph.nodes) {
    for (const key of Object.keys(owner.definition.params ?? {})) add(nameIn(key, (name) => owner.names.declared(name)), { owner, key });
  }
  for (const owner of graph.systems) {
    const { name, params } = owner.definition;
    for (const key of Object.keys(params ?? {})) {
      add(nameIn(key, (key) => owner.scope.absolute(key[0] === "/" ? key : `/${name}/${key}`)), { owner, key });
    }
  }
  return known;
}

/** A declared name that breaks the rules is told when its node starts. */
function nameIn(key: string, resolve: (key: string) => string): string {
  try {
    return resolve(key);
  } catch {
    return "";
  }
}

/** Checks the tree of initial params against what is declared. */
export function checkTree(graph: Composed, known: ReadonlyMap<string, Known>, problems: Problems): void {
  for (const [name, leaf] of graph.params) {
    if (typeof leaf.place !== "string") checkLeaf(name, leaf.value, known, leaf.place.keys, problems.at(leaf.place.source));
  }
}

/**
 * Parses `/guide/gain=3`, as it stands behind `--set`.
 *
 * @param text a name, `=`, and a value as JSON, or any other text as it is
 * @returns name and value; undefined when there is no `=`
 */
export function parseSet(text: string): [name: string, value: unknown] | undefined {
  const end = text.indexOf("=");
  if (end < 0) return undefined;
  const value = text.slice(end + 1);
  try {
    return [text.slice(0, end), JSON.parse(value)];
  } catch {
    return [text.slice(0, end), value];
  }
}

/** Puts values in the place of what the config says. */
export function override(
  graph: Composed,
  known: ReadonlyMap<string, Known>,
  values: Readonly<Record<string, unknown>>,
  problems: Problems,
): void {
  for (const [name, value] of Object.entries(values)) {
    const refuse = (message: string) => problems.list.push({ path: `${fromSet} ${name}`, message });
    try {
      checkAbsolute(name, "param");
    } catch (error) {
      refuse((error as Error).message);
      continue;
    }
    const found = ownerOf(name, known);
    const replaced = [...graph.params.keys()].filter((other) => other === name || other.startsWith(`${name}/`));
    if (found === undefined && replaced.length === 0) {
      refuse(`there is no param ${name}${didYouMean(closest(name, [...known.keys(), ...graph.params.keys()]))}`);
      continue;
    }
    for (const other of replaced) graph.params.delete(other);
    graph.overrides.set(name, { name, value, place: fromSet });
    const report = (keys: readonly (string | number)[], message: string) =>
      refuse(keys.length === 0 ? message : `${keys.join(".")}: ${message}`);
    if (found !== undefined && "params" in found.owner) {
      const { owner, key, rest } = found;
      owner.params[key] = merged(owner.params[key], rest, value);
      owner.paramPlaces.set(key, fromSet);
      checkGiven(owner.definition, key, owner.params[key], [], report);
    } else {
      checkLeaf(name, value, known, [], report);
      graph.params.set(name, { name, value, place: fromSet });
    }
  }
}

function ownerOf(name: string, known: ReadonlyMap<string, Known>): (Known & { readonly rest: string[] }) | undefined {
  for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
    const found = known.get(name.slice(0, end));
    if (found !== undefined) return { ...found, rest: name.slice(end + 1).split("/").filter((part) => part !== "") };
  }
  return undefined;
}

function merged(into: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const before = isSubtree(into) ? into : {};
  return { ...before, [key]: merged(before[key], rest, value) };
}
