import { RosError } from "../../../src/errors.ts";
import type { Write } from "./compile-writer.ts";
import type { Layout } from "./layout.ts";
import { Output } from "./output.ts";

/**
 * Tells where in a message lies what does not fit: the error names the inner type and its field, and this the way there. It is found
 * by trying, so that a message that fits pays nothing for it.
 *
 * @param failed what writing `value` has thrown
 * @returns what is to be thrown instead; `failed` where that says it all
 */
export function located(
  failed: unknown,
  value: unknown,
  type: string,
  layouts: ReadonlyMap<string, Layout>,
  writers: ReadonlyMap<string, Write>,
): unknown {
  if (!(failed instanceof RosError) || failed.subject === undefined) return failed;
  const [inner, ...fields] = failed.subject.split(".");
  const way = inner === type ? undefined : wayTo(inner!, value, type, layouts, writers);
  if (way === undefined) return failed;
  const place = [...way, ...fields].join(".");
  return new RosError(`${failed.message}: ${place} of ${type}`, { name: place });
}

/** The fields that lead to the first message of the type `inner` that cannot be written. */
function wayTo(
  inner: string,
  value: unknown,
  type: string,
  layouts: ReadonlyMap<string, Layout>,
  writers: ReadonlyMap<string, Write>,
): string[] | undefined {
  if (type === inner) return [];
  for (const { name, type: next, count } of layouts.get(type)!.definition.fields) {
    const write = writers.get(next);
    const found = (value as Record<string, unknown>)[name];
    if (write === undefined || found === undefined) continue;
    const items = count === undefined ? [found] : (found as unknown[]);
    const bad = items.findIndex((item) => !fits(write, item));
    if (bad < 0) continue;
    const rest = wayTo(inner, items[bad], next, layouts, writers);
    return rest && [count === undefined ? name : `${name}[${bad}]`, ...rest];
  }
  return undefined;
}

function fits(write: Write, value: unknown): boolean {
  const output = new Output();
  output.begin();
  try {
    write(output, value);
    return true;
  } catch {
    return false;
  }
}
