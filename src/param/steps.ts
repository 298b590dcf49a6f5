import { childName } from "./nodes.ts";
import { isSubtree } from "./rule.ts";
import type { ParamStep } from "./tree.ts";

/**
 * The writes that set each leaf of a value and leave everything else as it is.
 *
 * @param value what {@link parseParams} has read
 * @param prefix absolute name under which it is set
 */
export function stepsOf(value: unknown, prefix = "/"): ParamStep[] {
  if (!isSubtree(value) || (Object.keys(value).length === 0 && prefix !== "/")) return [{ name: prefix, value }];
  return Object.keys(value).flatMap((key) => stepsOf(value[key], childName(prefix, key)));
}
