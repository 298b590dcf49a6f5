/**
 * The tree of params: pure data, changed at once or not at all.
 *
 * @module
 */
import { RevisionError, StateError } from "../errors.ts";
import { Constraints } from "./constraints.ts";
import { type ParamDeclare, planDeclaration } from "./declaration.ts";
import { Edit, frozen, type ParamIndex, refusal } from "./edit.ts";
import {
  contentsOf,
  ParamBranch,
  type ParamChange,
  ParamLeaf,
  type ParamListener,
  type ParamNode,
  touchUp,
  valueOf,
  type Watcher,
} from "./nodes.ts";
import { isSubtree, typeOf, undefinedProblem } from "./rule.ts";
import { Watchers } from "./watchers.ts";

/** One step of a write. */
export type ParamStep =
  | {
    /** Absolute name. */
    readonly name: string;
    /** A leaf value, or a plain object that replaces a whole subtree. */
    readonly value: unknown;
  }
  | { readonly name: string; readonly delete: true };

/** Steps that are done in their order, all or none. */
export interface ParamWrite {
  readonly changes: readonly ParamStep[];
  /** Revisions that leaves or subtrees must have for the write to be done; 0 says that there must be nothing. */
  readonly expect?: readonly { readonly name: string; readonly revision: number }[];
}

/**
 * The params of a graph by absolute names, which are checked by the caller; `/` is the whole.
 *
 * A plain object is a subtree, everything else is the value of a leaf. To set a subtree replaces it: what the object
 * leaves out is deleted, and where that is declared, the write is refused. A leaf that nobody declares gives way to a subtree that is set in its
 * place, but not to one that would have to be made to hold a name below it. A subtree stays when its last leaf is deleted.
 *
 * Values must be canonical, the tree's own, and are frozen as far as the language can; those of objects are handed out
 * as they are, so that who hands them on to a node makes a copy (`recopy`).
 */
export class ParamTree {
  readonly #root: ParamBranch = new ParamBranch("/", undefined);
  readonly #index: ParamIndex = new Map<string, ParamNode>([["/", this.#root]]);
  readonly #watchers: Watchers = new Watchers();
  readonly #constraints: Constraints = new Constraints();
  readonly #owned: Map<string, readonly ParamNode[]> = new Map();
  #revision = 0;
  #telling = false;

  /** How many writes were applied; it grows by one with each. */
  get revision(): number {
    return this.#revision;
  }

  /** The leaf of that name, to be kept and set directly for as long as it `exists`; undefined where there is none. */
  leaf(name: string): ParamLeaf | undefined {
    const node = this.#index.get(name);
    return node instanceof ParamLeaf ? node : undefined;
  }

  /** Whether there is a leaf or a subtree of that name. */
  has(name: string): boolean {
    return this.#index.has(name);
  }

  /** The value of a leaf, a new plain object with what a subtree holds, or undefined. */
  get(name: string): unknown {
    const node = this.#index.get(name);
    return node instanceof ParamLeaf ? node.value : node === undefined ? undefined : valueOf(node);
  }

  /** Revision of the last write that changed a leaf, or anything in a subtree, deletions included; 0 where there is nothing. */
  revisionOf(name: string): number {
    return this.#index.get(name)?.revision ?? 0;
  }

  /** Names of the leaf called `prefix` or of all leaves below it, in their order. */
  list(prefix = "/"): string[] {
    const node = this.#index.get(prefix);
    return node === undefined ? [] : Array.from(contentsOf(node)).filter((part) => part instanceof ParamLeaf).map((part) => part.name);
  }

  /** Leaves and empty subtrees below `prefix`, as changes that make them anew in another tree. */
  contents(prefix = "/"): ParamChange[] {
    const node = this.#index.get(prefix);
    if (node === undefined) return [];
    return Array.from(contentsOf(node), (part) => {
      const { name, revision } = part;
      return { name, value: part instanceof ParamLeaf ? part.value : {}, revision, exists: true };
    });
  }

  /**
   * Sets one param.
   *
   * @returns the revision of this write
   * @throws {ValidationError} if the value breaks a rule, or the tree has no place for it; nothing is changed
   */
  set(name: string, value: unknown): number {
    const node = this.#index.get(name);
    if (node instanceof ParamLeaf) return this.setLeaf(node, value);
    this.apply({ changes: [{ name, value }] });
    return this.#revision;
  }

  /** Sets a leaf that {@link leaf} gave, as {@link set} does by its name. */
  setLeaf(leaf: ParamLeaf, value: unknown): number {
    if (this.#telling) throw reentrant(leaf.name);
    if (!leaf.exists || isSubtree(value)) {
      this.apply({ changes: [{ name: leaf.name, value }] });
      return this.#revision;
    }
    const { constraint } = leaf;
    const reason = constraint === undefined ? plainProblem(value) : constraint.check(value);
    if (reason !== undefined) throw refusal(leaf.name, reason);
    leaf.value = frozen(value);
    const revision = ++this.#revision;
    leaf.revision = revision;
    touchUp(leaf.parent, revision);
    if (leaf.epoch !== this.#watchers.epoch) {
      leaf.watchers = this.#watchers.of(leaf.name);
      leaf.epoch = this.#watchers.epoch;
    }
    if (leaf.watchers.length > 0) this.#tell(leaf.watchers, leaf);
    return revision;
  }

  /**
   * Deletes a leaf or a subtree.
   *
   * @returns the revision of this write
   * @throws {UnknownParamError} if there is none of that name
   * @throws {ValidationError} if it, or a part of it, is declared
   */
  delete(name: string): number {
    this.apply({ changes: [{ name, delete: true }] });
    return this.#revision;
  }

  /**
   * Makes a write: all of its steps in their order, or, where one is refused, none.
   *
   * @returns what was changed in effect, first what is no more, then what is new; made in another tree, it has the same effect there
   * @throws {RevisionError} if a revision is not as expected
   * @throws {ValidationError} if a value breaks a rule, or the tree has no place for it, or what is declared would be deleted
   * @throws {UnknownParamError} if there is nothing to delete
   * @throws {NameError} if a key of a plain object cannot be a name
   */
  apply(write: ParamWrite): readonly ParamChange[] {
    if (write.expect !== undefined) { for (const { name, revision } of write.expect) this.#expect(name, revision); }
    const [step] = write.changes;
    if (write.changes.length === 1 && "value" in step) {
      const node = this.#index.get(step.name);
      if (node instanceof ParamLeaf && !isSubtree(step.value)) {
        const revision = this.setLeaf(node, step.value);
        return [{ name: node.name, value: node.value, revision, exists: true }];
      }
    }
    return this.#edit(write.changes, false);
  }

  /**
   * Makes what {@link apply} changed in another tree, without a check; what to delete may be missing.
   *
   * @param changes what was changed there
   * @param revision its revision there, which becomes the revision here
   */
  replay(changes: readonly ParamChange[], revision: number): void {
    this.#edit(changes.map(({ name, value, exists }) => (exists ? { name, value } : { name, delete: true })), true, revision);
  }

  /**
   * Declares a param, or each leaf of an object, for a node. A value that is there beats the given one, which beats the default.
   *
   * @returns what was changed by it: the params that were not there before
   * @throws {DeclarationError} if the declaration makes no sense, or another node has declared the param with another type or rule
   * @throws {ValidationError} if the given value, or the one that is there, does not fit
   */
  declare(name: string, declaration: ParamDeclare): readonly ParamChange[] {
    const { owner } = declaration;
    const plan = planDeclaration(this.#index, this.#constraints, name, declaration);
    const steps = plan.filter((step) => step.initial !== undefined).map((step) => ({ name: step.name, value: step.initial }));
    const changes = steps.length === 0 ? [] : this.#edit(steps, true);
    const added: ParamNode[] = [];
    for (const step of plan) {
      const node = this.#index.get(step.name)!;
      if (node instanceof ParamLeaf) node.constraint ??= step.constraint;
      if (node.owners.includes(owner)) continue;
      node.owners = [...node.owners, owner];
      added.push(node);
    }
    this.#owned.set(owner, [...(this.#owned.get(owner) ?? []), ...added]);
    return changes;
  }

  /** Takes back all declarations of a node; the values stay, and what nobody declares any more takes any value. */
  undeclare(owner: string): void {
    for (const node of this.#owned.get(owner) ?? []) {
      node.owners = node.owners.filter((other) => other !== owner);
      if (node instanceof ParamLeaf && node.owners.length === 0) node.constraint = undefined;
    }
    this.#owned.delete(owner);
  }

  /**
   * Tells a listener of every change of a name and of everything below it, whether it is there yet or not.
   *
   * @returns a function that ends it
   */
  watch(name: string, listener: ParamListener): () => void {
    return this.#watchers.add(name, listener);
  }

  #expect(name: string, revision: number): void {
    const actual = this.revisionOf(name);
    if (actual === revision && (revision > 0 || !this.has(name) || name === "/")) return;
    const is = this.has(name) ? `is at revision ${actual}` : "does not exist";
    const wanted = revision === 0 ? "is expected not to exist" : `is expected at revision ${revision}`;
    throw new RevisionError(`${name} ${is}, but ${wanted}; read it again and decide anew`, { name });
  }

  #edit(steps: readonly ParamStep[], trusted: boolean, at?: number): readonly ParamChange[] {
    if (this.#telling) throw reentrant(steps[0]?.name ?? "/");
    const edit = new Edit(this.#index, trusted);
    try {
      for (const step of steps) {
        if ("delete" in step) edit.delete(step.name);
        else edit.set(step.name, step.value);
      }
    } catch (error) {
      edit.rollback();
      throw error;
    }
    if (at !== undefined) this.#revision = at;
    else if (steps.length > 0) this.#revision++;
    const changes = edit.commit(this.#revision);
    for (const change of changes) {
      const watchers = this.#watchers.of(change.name);
      if (watchers.length > 0) this.#tell(watchers, change);
    }
    return changes;
  }

  #tell(watchers: readonly Watcher[], change: ParamChange): void {
    this.#telling = true;
    try {
      for (const watcher of watchers) if (watcher.active) watcher.listener(change);
    } finally {
      this.#telling = false;
    }
  }
}

function plainProblem(value: unknown): string | undefined {
  return typeof value === "number" || typeof value === "string" || typeOf(value) !== undefined
    ? undefined
    : value === undefined
    ? undefinedProblem
    : `${typeof value} is no value of a param`;
}

function reentrant(name: string): StateError {
  return new StateError(`${name}: a listener that is told of a write cannot write itself; do it in a later turn`, { name });
}
