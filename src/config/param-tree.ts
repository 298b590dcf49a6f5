import { isSubtree } from "../param/rule.ts";
import { snapshot } from "../value/copy.ts";
import type { Place, Problems } from "./problems.ts";

/** A param with its value, as a config says it. */
export interface ParamLeaf {
  /** Absolute name inside its graph. */
  readonly name: string;
  readonly value: unknown;
  /** Where it was written; `--set` for one of the command line. */
  readonly place: Place | string;
}

/**
 * The values of a tree, by their absolute names.
 *
 * @param tree nested plain objects; anything else has no values
 * @param place where it was written
 */
export function leavesOf(tree: unknown, place: Place): ParamLeaf[] {
  const leaves: ParamLeaf[] = [];
  const walk = (value: unknown, name: string, keys: Place["keys"]): void => {
    if (!isSubtree(value) || (Object.keys(value).length === 0 && name !== "")) {
      leaves.push({ name, value, place: { source: place.source, keys } });
    } else for (const key of Object.keys(value)) walk(value[key], `${name}/${key}`, [...keys, key]);
  };
  if (!isSubtree(tree)) return leaves;
  try {
    walk(snapshot(tree), "", place.keys);
  } catch {
    return []; // the check of the config has told it
  }
  return leaves;
}

/**
 * The tree of the values.
 *
 * @param leaves by absolute name
 * @param problems is told where a value and a subtree would have one name
 */
export function treeOf(leaves: ReadonlyMap<string, ParamLeaf>, problems: Problems): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, leaf] of leaves) {
    const keys = name.slice(1).split("/");
    const last = keys.pop()!;
    let branch: unknown = tree;
    for (const key of keys) {
      if (!isSubtree(branch)) break;
      branch = branch[key] ??= {};
    }
    const isBranch = isSubtree(branch);
    const taken = isBranch && Object.hasOwn(branch as object, last);
    if (isBranch && !taken) (branch as Record<string, unknown>)[last] = leaf.value;
    else if (typeof leaf.place !== "string" && !(taken && isSubtree(leaf.value))) {
      problems.add(
        leaf.place,
        `${name} is given a value, and something ${taken ? "below" : "above"} it too; one of the two names must change`,
      );
    }
  }
  return tree;
}
