/**
 * Names: their rules, and how a node's own words become names of the whole graph.
 *
 * @module
 */
import { NameError } from "../errors.ts";

const segment = /^[A-Za-z0-9_]+$/;
const longest = 255;
const rule = "a name is made of segments of letters, digits and _, joined by single /, such as /arm/guide";

/**
 * Checks an absolute name.
 *
 * @param name such as `/arm/guide`
 * @param what what is being named, for the message
 * @returns the same name
 * @throws NameError when the name is empty, is longer than 255 characters, does not begin with `/`, or has an empty or foreign segment
 */
export function checkAbsolute(name: string, what = "name"): string {
  if (typeof name !== "string" || name === "") throw new NameError(`${what} ${quote(name)} is empty: ${rule}`);
  if (name[0] !== "/") throw new NameError(`${what} ${quote(name)} does not begin with /: ${rule}`, { name });
  checkSegments(name.slice(1), name, what);
  return name;
}

/**
 * Checks a name as a node writes it: `x`, `x/y`, `/x` or `~x`.
 *
 * @param name the name
 * @param what what is being named, for the message
 * @returns the same name
 * @throws NameError when it breaks the rules
 */
export function checkRelative(name: string, what = "name"): string {
  if (typeof name !== "string" || name === "") throw new NameError(`${what} ${quote(name)} is empty: ${rule}`);
  const first = name[0];
  checkSegments(first === "/" || first === "~" ? name.slice(1) : name, name, what);
  return name;
}

function checkSegments(rest: string, whole: string, what: string): void {
  if (whole.length > longest) {
    throw new NameError(`${what} ${quote(whole.slice(0, 40))}… has ${whole.length} characters, ${longest} are allowed`);
  }
  for (const part of rest.split("/")) {
    if (part === "") throw new NameError(`${what} ${quote(whole)} has an empty segment: ${rule}`, { name: whole });
    if (!segment.test(part)) throw new NameError(`${what} ${quote(whole)} has the segment ${quote(part)}: ${rule}`, { name: whole });
  }
}

function quote(name: unknown): string {
  return typeof name === "string" ? JSON.stringify(name) : String(name);
}

/**
 * The namespace that a name stands in.
 *
 * @param name an absolute name
 * @returns `/arm` for `/arm/guide`, and an empty string for `/guide`
 */
export function namespaceOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/"));
}

/**
 * Replaces the longest leading part of `name` that `remap` lists.
 *
 * @param name an absolute name
 * @param remap absolute names to absolute names
 * @returns the new name, or undefined where none fits
 */
export function remapped(name: string, remap: ReadonlyMap<string, string>): string | undefined {
  if (remap.size === 0) return undefined;
  for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
    const target = remap.get(name.slice(0, end));
    if (target !== undefined) return target + name.slice(end);
  }
  return undefined;
}

/**
 * The known name that is nearest to a mistyped one.
 *
 * @param name what was written
 * @param known what exists
 * @returns the nearest, or undefined when none is near (more than a third of its letters would have to change)
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const d = distance(name, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance, in two rows. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
