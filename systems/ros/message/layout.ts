import { RosError } from "../../../src/errors.ts";
import { type Definition, type Field, primitives } from "./definition.ts";

/** How a message lies on the wire. */
export interface Layout {
  readonly definition: Definition;
  /** Bytes, where each message of the type has the same; else undefined. */
  readonly size: number | undefined;
  /** Bytes that each takes at least. */
  readonly least: number;
  /** Objects, texts and lists that one is made of at least. */
  readonly parts: number;
  /** Its place among the layouts: those that it needs come before it. */
  readonly index: number;
}

const deepest = 64; // messages inside messages
const largest = 2 ** 26; // bytes that a message takes at least
const mostParts = 1_000_000;

/**
 * Lays out a message and all that it needs.
 *
 * @param define the definition of a type
 * @returns the layouts by name; the one of `name` comes last
 * @throws RosError when a type is not known or contains itself, or is larger than any message may be
 */
export function layOut(name: string, define: (type: string) => Definition): ReadonlyMap<string, Layout> {
  const layouts = new Map<string, Layout>();
  const lay = (type: string, chain: readonly string[]): Layout => {
    const known = layouts.get(type);
    if (known !== undefined) return known;
    if (chain.includes(type)) throw new RosError(`${type} contains itself: ${[...chain, type].join(" -> ")}`, { name });
    if (chain.length > deepest) throw new RosError(`${name} has more than ${deepest} messages inside each other`, { name });
    const definition = define(type);
    let size: number | undefined = 0;
    let least = 0;
    let parts = 1;
    for (const field of definition.fields) {
      const one = element(field, (inner) => lay(inner, [...chain, type]));
      const count = field.count === undefined ? 1 : field.count === "any" ? 0 : field.count;
      size = size === undefined || one.size === undefined || field.count === "any" ? undefined : size + one.size * count;
      least += field.count === "any" ? 4 : one.least * count;
      parts += one.parts * count + (field.count === undefined ? 0 : 1);
      if (least > largest || parts > mostParts) throw new RosError(`${type} is larger than any message may be`, { name });
    }
    const layout = { definition, size, least, parts, index: layouts.size };
    layouts.set(type, layout);
    return layout;
  };
  lay(name, []);
  return layouts;
}

function element({ type }: Field, lay: (type: string) => Layout): Pick<Layout, "size" | "least" | "parts"> {
  if (!Object.hasOwn(primitives, type)) return lay(type);
  const size = primitives[type];
  return { size, least: size ?? 4, parts: type === "time" || type === "duration" || type === "string" ? 1 : 0 };
}
