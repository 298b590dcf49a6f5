import type { ParamChange } from "./nodes.ts";
import type { ParamTree } from "./tree.ts";

/** What has happened to a watched param or subtree since it was last asked. */
export interface WatchNews {
  /** The watched name. */
  readonly name: string;
  /** Its value now; undefined where there is none. */
  readonly value: unknown;
  /** Revision of the last change. */
  readonly revision: number;
  /** Names of leaves, and of subtrees that are empty, that were set last. */
  readonly changed: readonly string[];
  /** Names of leaves and subtrees that were deleted last. */
  readonly deleted: readonly string[];
}

/** Gathers the changes of a param or a subtree until somebody takes them; what happened last to a name counts. */
export class Watch {
  readonly name: string;
  readonly #tree: ParamTree;
  readonly #wake: (() => void) | undefined;
  readonly #end: () => void;
  readonly #names: Map<string, boolean> = new Map();
  #revision = 0;
  /** What was noted last, where it is a leaf that is there. */
  #last: ParamChange | undefined;

  /**
   * @param tree the tree
   * @param name absolute name of a param or a subtree, whether it is there yet or not
   * @param wake is called at the first change since the last {@link take}; it must neither throw nor write to the tree
   */
  constructor(tree: ParamTree, name: string, wake?: () => void) {
    this.name = name;
    this.#tree = tree;
    this.#wake = wake;
    this.#end = tree.watch(name, (change) => this.#note(change));
  }

  /** Whether there is something to take. */
  get pending(): boolean {
    return this.#names.size > 0;
  }

  /** What has happened since the last call, or undefined where nothing has. */
  take(): WatchNews | undefined {
    const names = this.#names;
    if (names.size === 0) return undefined;
    const changed: string[] = [];
    const deleted: string[] = [];
    for (const [name, exists] of names) (exists ? changed : deleted).push(name);
    names.clear();
    this.#last = undefined; // the next change counts, of the same leaf too
    return { name: this.name, value: this.#tree.get(this.name), revision: this.#revision, changed, deleted };
  }

  /** Ends it; what was not taken is forgotten. */
  close(): void {
    this.#end();
    this.#names.clear();
  }

  #note(change: ParamChange): void {
    this.#revision = change.revision;
    if (change === this.#last) return; // the same leaf again
    const isFirst = this.#names.size === 0;
    this.#names.set(change.name, change.exists);
    this.#last = change.exists ? change : undefined;
    if (isFirst) this.#wake?.();
  }
}
