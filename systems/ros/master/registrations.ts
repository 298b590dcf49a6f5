/** Who has what: for each name, the nodes that have registered it, in their order, with the address that they gave. */
export class Registrations {
  readonly #names: Map<string, Map<string, string>> = new Map();

  add(name: string, node: string, address: string): void {
    let nodes = this.#names.get(name);
    if (nodes === undefined) this.#names.set(name, nodes = new Map());
    nodes.set(node, address);
  }

  /** Whether something was there to be removed: that of the same address. */
  remove(name: string, node: string, address: string): boolean {
    const nodes = this.#names.get(name);
    if (nodes?.get(node) !== address) return false;
    nodes.delete(node);
    if (nodes.size === 0) this.#names.delete(name);
    return true;
  }

  /** Removes everything of a node; returns the names that it had. */
  forget(node: string): string[] {
    const had: string[] = [];
    for (const [name, nodes] of this.#names) {
      if (!nodes.delete(node)) continue;
      had.push(name);
      if (nodes.size === 0) this.#names.delete(name);
    }
    return had;
  }

  addresses(name: string): string[] {
    return [...(this.#names.get(name)?.values() ?? [])];
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  holds(node: string): boolean {
    return [...this.#names.values()].some((nodes) => nodes.has(node));
  }

  /** Names and nodes, as the master tells them. */
  get list(): (readonly [string, readonly string[]])[] {
    return [...this.#names].map(([name, nodes]) => [name, [...nodes.keys()]]);
  }

  get names(): string[] {
    return [...this.#names.keys()];
  }
}
