/**
 * What the param tree is made of: leaves with values, and branches.
 *
 * @module
 */
import { NameError } from "../errors.ts";
import type { Constraint, ParamRule, ParamType } from "./rule.ts";

/** What a write has done to one name. */
export interface ParamChange {
  /** Absolute name of a leaf, or of a subtree that was deleted or is empty. */
  readonly name: string;
  /** The new value; `{}` of an empty subtree, undefined of what was deleted. */
  readonly value: unknown;
  /** Revision of the write. */
  readonly revision: number;
  /** Whether the name has a value now; false when it was deleted, or became a subtree. */
  readonly exists: boolean;
}

/**
 * What is told of every change, at once, when the whole write is in.
 *
 * It must neither throw nor write to the tree. `change` may be a leaf itself: it is true during the call only.
 */
export type ParamListener = (change: ParamChange) => void;

/** One call of `watch`. */
export interface Watcher {
  readonly listener: ParamListener;
  active: boolean;
}

/** A part of the tree. */
export type ParamNode = ParamLeaf | ParamBranch;

const nobody: readonly string[] = [];
const unwatched: readonly Watcher[] = [];

/** A value in the tree. Only the tree writes its fields; a leaf that was deleted never comes back, a new one takes its name. */
export class ParamLeaf implements ParamChange {
  readonly name: string;
  readonly parent: ParamBranch;
  /** The children of a branch are a list that runs through them, which takes no memory of its own. */
  next: ParamNode | undefined = undefined;
  previous: ParamNode | undefined = undefined;
  value: unknown;
  /** Revision of the write that changed it last. */
  revision = 0;
  exists = true;
  /** What it may be set to; undefined while nobody declares it. */
  constraint: Constraint | undefined = undefined;
  /** Who declares it. */
  owners: readonly string[] = nobody;
  /** Who watches it or a subtree around it, as of `epoch` of {@link Watchers}. */
  watchers: readonly Watcher[] = unwatched;
  epoch = -1;

  constructor(name: string, parent: ParamBranch, value: unknown) {
    this.name = name;
    this.parent = parent;
    this.value = value;
  }

  /** How many nodes declare it. */
  get declared(): number {
    return this.owners.length;
  }

  /** Its rule, while it is declared. */
  get rule(): ParamRule | undefined {
    return this.constraint?.rule;
  }

  /** Its only type, while it is declared; undefined where any type is allowed. */
  get type(): ParamType | undefined {
    return this.constraint?.type;
  }
}

/** A subtree. */
export class ParamBranch {
  readonly name: string;
  readonly parent: ParamBranch | undefined;
  next: ParamNode | undefined = undefined;
  previous: ParamNode | undefined = undefined;
  /** Its first child; undefined where it is empty. */
  first: ParamNode | undefined = undefined;
  /** Revision of the write that last changed it, or anything in it. */
  revision = 0;
  /** Who declares it with an object as default. */
  owners: readonly string[] = nobody;

  constructor(name: string, parent: ParamBranch | undefined) {
    this.name = name;
    this.parent = parent;
  }
}

/** The name of the subtree around `name`. */
export function parentName(name: string): string {
  const end = name.lastIndexOf("/");
  return end <= 0 ? "/" : name.slice(0, end);
}

/** The last segment of `name`. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/**
 * The name of the child `key` of `name`.
 *
 * @throws {NameError} if the key is more than one segment; the other rules for names are checked when a part is made
 */
export function childName(name: string, key: string): string {
  if (key.includes("/")) {
    throw new NameError(`${name}: the key ${JSON.stringify(key)} of an object has a /; write an object for each subtree`, { name });
  }
  return name === "/" ? `/${key}` : `${name}/${key}`;
}

/** Puts a node among the children of its parent. */
export function attach(node: ParamNode): void {
  const parent = node.parent!;
  node.previous = undefined;
  node.next = parent.first;
  if (parent.first !== undefined) parent.first.previous = node;
  parent.first = node;
}

/** Takes a node out of the children of its parent. */
export function detach(node: ParamNode): void {
  const { next, previous } = node;
  if (previous === undefined) node.parent!.first = next;
  else previous.next = next;
  if (next !== undefined) next.previous = previous;
}

/** The children of a branch as they are now, in no order. */
export function childrenOf(branch: ParamBranch): ParamNode[] {
  const children: ParamNode[] = [];
  for (let child = branch.first; child !== undefined; child = child.next) children.push(child);
  return children;
}

/** The children of a branch in the order of their names: what is read and told must not depend on the order of earlier writes. */
export function sortedChildren(branch: ParamBranch): ParamNode[] {
  const children = childrenOf(branch);
  return children.length < 2 ? children : children.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The value of a leaf, or a new plain object with what a subtree holds. */
export function valueOf(node: ParamNode): unknown {
  if (node instanceof ParamLeaf) return node.value;
  const tree: Record<string, unknown> = {};
  for (const child of sortedChildren(node)) tree[lastSegment(child.name)] = valueOf(child); // no segment is __proto__
  return tree;
}

/** The leaves and the empty subtrees of `node`, in the order of their names. */
export function* contentsOf(node: ParamNode): Generator<ParamNode> {
  if (node instanceof ParamLeaf || (node.first === undefined && node.parent !== undefined)) yield node;
  else for (const child of sortedChildren(node)) yield* contentsOf(child);
}

/** Notes that something in `branch` was changed. */
export function touchUp(branch: ParamBranch | undefined, revision: number): void {
  for (let at = branch; at !== undefined; at = at.parent) at.revision = revision;
}
