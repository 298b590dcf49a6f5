import { type ParamListener, parentName, type Watcher } from "./nodes.ts";

const nobody: readonly Watcher[] = [];

/** Who watches which name. */
export class Watchers {
  readonly #byName: Map<string, readonly Watcher[]> = new Map();
  /** Grows with every change of who watches, so that a leaf can keep its list until then. */
  epoch = 0;

  /** Adds a listener for `name` and everything below it. */
  add(name: string, listener: ParamListener): () => void {
    const watcher: Watcher = { listener, active: true };
    this.#byName.set(name, [...(this.#byName.get(name) ?? nobody), watcher]);
    this.epoch++;
    return () => {
      if (!watcher.active) return;
      watcher.active = false;
      const rest = this.#byName.get(name)!.filter((other) => other !== watcher);
      if (rest.length === 0) this.#byName.delete(name);
      else this.#byName.set(name, rest);
      this.epoch++;
    };
  }

  /** Who watches `name` or a subtree around it, the nearest first. */
  of(name: string): readonly Watcher[] {
    if (this.#byName.size === 0) return nobody;
    let found = this.#byName.get(name) ?? nobody;
    for (let at = name; at !== "/";) {
      at = parentName(at);
      const above = this.#byName.get(at);
      if (above !== undefined) found = found.length === 0 ? above : [...found, ...above];
    }
    return found;
  }
}
