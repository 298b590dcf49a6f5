/** A sequence of writes that is known beforehand: what the tree holds at a revision depends on the revision only. */
import { type ParamStep, ParamTree } from "../../src/param/tree.ts";

/** The write that makes revision `n`. */
export function deed(n: number): ParamStep[] {
  const at = (n * 7_919) % 11;
  switch (n % 8) {
    case 1:
      return [{ name: `/a/n${at}`, value: n }, { name: "/a/twin", value: n }];
    case 2:
      return [{ name: "/b", value: { [`k${at}`]: n, sub: { text: `é\n"${n}"`, list: [n, -0, Number.NaN] } } }];
    case 3:
      return [{ name: "/last", value: BigInt(n) }];
    case 4:
      return [{ name: "/a", delete: true }, { name: "/a/new", value: new Date(n) }];
    case 5:
      return [{ name: "/flip", value: n % 16 === 5 ? n : { on: n } }];
    case 6:
      return [{ name: `/long`, value: "x".repeat((n * 31) % 5_000) }];
    default:
      return [{ name: `/c/n${n % 40}`, value: n }];
  }
}

/** The tree at revision `n`. */
export function treeAt(n: number): ParamTree {
  const tree = new ParamTree();
  for (let i = 1; i <= n; i++) tree.apply({ changes: deed(i) });
  return tree;
}
