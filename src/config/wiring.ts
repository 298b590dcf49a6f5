import type { ConfigProblem } from "../errors.ts";
import type { NodeDefinition } from "../node/define.ts";
import type { Composed } from "./compose.ts";
import type { Place } from "./problems.ts";
import { pathText } from "./keys.ts";
import { closest } from "./shape.ts";

interface Part {
  readonly definition: Pick<NodeDefinition, "streams" | "inputs" | "needs">;
  readonly place: Place;
  declared(name: string): string;
  referred(name: string): string;
}

/** The streams that the nodes and systems of a config publish, by absolute name. */
export function published(graph: Composed): Set<string> {
  return streamsOf(partsOf(graph));
}

/**
 * What nodes read or call, and nobody in the config publishes or is.
 *
 * No mistakes: it may come later, or from elsewhere.
 */
export function dangling(graph: Composed): ConfigProblem[] {
  const parts = partsOf(graph);
  const streams = streamsOf(parts);
  const names = new Set(graph.nodes.map((node) => node.names.node));
  return parts.flatMap((part) => {
    const { inputs, needs } = part.definition;
    return missing(part, inputs, streams, "reads", "nobody publishes it").concat(
      missing(part, needs, names, "calls", "there is no such node"),
    );
  });
}

function partsOf({ nodes, systems }: Composed): Part[] {
  const parts: Part[] = nodes.map(({ definition, names, place }) => ({
    definition,
    place,
    declared: (name) => names.declared(name),
    referred: (name) => names.referred(name),
  }));
  for (const { definition, scope, place } of systems) {
    const resolve = (namespace: string) => (name: string) =>
      scope.absolute(name[0] === "/" ? name : name[0] === "~" ? `/${definition.name}/${name.slice(1)}` : `${namespace}/${name}`);
    parts.push({ definition, place, declared: resolve(`/${definition.name}`), referred: resolve("") });
  }
  return parts;
}

function streamsOf(parts: readonly Part[]): Set<string> {
  return new Set(parts.flatMap((part) => Object.keys(part.definition.streams ?? {}).map((name) => part.declared(name))));
}

function missing(
  { place, referred }: Part,
  uses: Readonly<Record<string, { readonly name: string }>> = {},
  known: ReadonlySet<string>,
  verb: string,
  why: string,
): ConfigProblem[] {
  return Object.values(uses).flatMap(({ name }) => {
    const absolute = referred(name);
    if (known.has(absolute)) return [];
    const near = closest(absolute, [...known]);
    const where = place.source.where(place.keys);
    const message = `${verb} ${absolute}, and ${why} in this config${near === undefined ? "" : `; did you mean ${near}?`}`;
    return [{ path: pathText(place.keys), message, ...(where === undefined ? {} : { where }) }];
  });
}
