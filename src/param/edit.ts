import { UnknownParamError, ValidationError } from "../errors.ts";
import { checkAbsolute, nearest } from "../graph/names.ts";
import { freezeDeep } from "../value/freeze.ts";
import {
  attach,
  childName,
  childrenOf,
  detach,
  lastSegment,
  ParamBranch,
  type ParamChange,
  ParamLeaf,
  type ParamNode,
  parentName,
  sortedChildren,
} from "./nodes.ts";
import { isSubtree, show, typeOf, undefinedProblem } from "./rule.ts";

/** All parts of a tree by their absolute names; the root is `/`. */
export type ParamIndex = Map<string, ParamNode>;

/** One write while it is being made: each step is checked and done at once, and the whole can be undone. */
export class Edit {
  readonly #index: ParamIndex;
  readonly #trusted: boolean;
  /** What stood under each name before the write. */
  readonly #before: Map<string, ParamNode | undefined> = new Map();
  readonly #undo: (() => void)[] = [];

  /**
   * @param index the parts of the tree
   * @param trusted whether rules and declarations were checked elsewhere, and deleting what is not there is fine
   */
  constructor(index: ParamIndex, trusted: boolean) {
    this.#index = index;
    this.#trusted = trusted;
  }

  /** Sets a leaf, or replaces a subtree by what a plain object holds. */
  set(name: string, value: unknown): void {
    if (isSubtree(value)) this.#setSubtree(name, value);
    else this.#setLeaf(name, value);
  }

  /** Deletes a leaf or a subtree; of the root, everything in it. */
  delete(name: string): void {
    const node = this.#index.get(name);
    if (node !== undefined) this.#remove(node, "be deleted");
    else if (!this.#trusted) throw new UnknownParamError(this.#unknown(name), { name });
  }

  /** Makes the tree what it was before. */
  rollback(): void {
    for (const step of this.#undo.reverse()) step();
  }

  /** Stamps what was changed with its revision, and tells it: first what is no more, then what is new. */
  commit(revision: number): readonly ParamChange[] {
    const gone: ParamChange[] = [];
    const set: ParamChange[] = [];
    for (const [name, before] of this.#before) {
      const now = this.#index.get(name);
      const node = now ?? before;
      for (let at: ParamNode | undefined = node; at !== undefined; at = at.parent) at.revision = revision;
      if (now instanceof ParamLeaf) set.push({ name, value: now.value, revision, exists: true });
      else if (now !== undefined && now.first === undefined) set.push({ name, value: {}, revision, exists: true });
      else if (now === undefined ? before !== undefined : before instanceof ParamLeaf) {
        gone.push({ name, value: undefined, revision, exists: false });
      }
    }
    return gone.concat(set);
  }

  #setLeaf(name: string, value: unknown): void {
    if (value === undefined) throw refusal(name, undefinedProblem);
    if (typeOf(value) === undefined) throw refusal(name, `${typeof value} is no value of a param`);
    const found = this.#index.get(name);
    if (found instanceof ParamLeaf) {
      const reason = this.#trusted ? undefined : found.constraint?.check(value);
      if (reason !== undefined) throw refusal(name, reason);
      this.#touch(found);
      const old = found.value;
      this.#undo.push(() => (found.value = old));
      found.value = frozen(value);
      return;
    }
    if (name === "/") throw refusal(name, "the root is always a subtree; give it a plain object");
    if (found !== undefined) this.#remove(found, `be replaced by ${show(value)}`);
    this.#link(new ParamLeaf(checkName(name), this.#branch(parentName(name), name), frozen(value)));
  }

  #setSubtree(name: string, value: Record<string, unknown>): void {
    let branch = this.#index.get(name);
    if (branch instanceof ParamLeaf) {
      if (!this.#trusted && branch.declared > 0) throw refusal(name, branch.constraint!.check(value) ?? "a subtree cannot take its place");
      this.#remove(branch, "become a subtree");
      branch = undefined;
    }
    if (branch === undefined) branch = this.#branch(name, name);
    else this.#touch(branch);
    for (const child of sortedChildren(branch)) {
      if (!Object.hasOwn(value, lastSegment(child.name))) this.#remove(child, `be left out of what replaces ${name}`);
    }
    for (const key of Object.keys(value)) this.set(childName(name, key), value[key]);
  }

  /** The branch of that name, made where there is none. */
  #branch(name: string, wanted: string): ParamBranch {
    const found = this.#index.get(name);
    if (found instanceof ParamBranch) return found;
    if (found !== undefined && !this.#trusted) {
      throw refusal(
        wanted,
        `${name} is a value (${show(found.value)}) and no subtree, so nothing can be set below it; delete ${name} first`,
      );
    }
    if (found !== undefined) this.#remove(found, "become a subtree");
    const branch = new ParamBranch(checkName(name), this.#branch(parentName(name), wanted));
    this.#link(branch);
    return branch;
  }

  #link(node: ParamNode): void {
    this.#touch(node);
    attach(node);
    this.#index.set(node.name, node);
    this.#undo.push(() => {
      detach(node);
      this.#index.delete(node.name);
      if (node instanceof ParamLeaf) node.exists = false;
    });
  }

  #remove(node: ParamNode, what: string): void {
    if (!this.#trusted && node.owners.length > 0 && node.name !== "/") {
      throw refusal(node.name, `it is declared by ${node.owners.join(", ")}, so it cannot ${what}`);
    }
    if (node instanceof ParamBranch) { for (const child of sortedChildren(node)) this.#remove(child, what); }
    this.#touch(node);
    if (node.parent === undefined) return;
    detach(node);
    this.#index.delete(node.name);
    if (node instanceof ParamLeaf) node.exists = false;
    this.#undo.push(() => {
      attach(node);
      this.#index.set(node.name, node);
      if (node instanceof ParamLeaf) node.exists = true;
    });
  }

  #touch(node: ParamNode): void {
    if (!this.#before.has(node.name)) this.#before.set(node.name, this.#index.get(node.name));
  }

  #unknown(name: string): string {
    let parent = parentName(name);
    while (!this.#index.has(parent)) parent = parentName(parent);
    const around = this.#index.get(parent)!;
    const names = around instanceof ParamBranch ? childrenOf(around).map((node) => node.name) : [];
    const near = nearest(name, names);
    return `there is no param ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
  }
}

/** A value that all readers may share. */
export function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Array.isArray(value) && !value.some(isObject) ? Object.freeze(value) : freezeDeep(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** A refused write of one name. */
export function refusal(name: string, reason: string): ValidationError {
  return new ValidationError(`${name}: ${reason}`, { name, issues: [{ path: name, message: reason }] });
}

function checkName(name: string): string {
  checkAbsolute(name, "param");
  // It would be the prototype of the object that a subtree is read as.
  if (lastSegment(name) === "__proto__") throw refusal(name, "no param can be called __proto__");
  return name;
}
