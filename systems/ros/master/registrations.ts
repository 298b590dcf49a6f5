/** Who has what: for each name, the nodes that have registered it, in their order, with the address that they gave. */
export class Registrations {
  readonly #names: Map<string, Map<string, string>> = new Map();
  readonly #ofNode: Map<string, Set<string>> = new Map();
  #size = 0;

  /** Characters of all that is registered, and 64 for each. */
  get size(): number {
    return this.#size;
  }

  add(name: string, node: string, address: string): void {
    this.#remove(name, node);
    let nodes = this.#names.get(name);
    if (nodes === undefined) this.#names.set(name, nodes = new Map());
    nodes.set(node, address);
    let own = this.#ofNode.get(node);
    if (own === undefined) this.#ofNode.set(node, own = new Set());
    own.add(name);
    this.#size += sizeOf(name, node, address);
  }

  /** Registers a name that one node can have: the others lose it. */
  claim(name: string, node: string, address: string): void {
    for (const other of this.#names.get(name)?.keys() ?? []) this.#remove(name, other);
    this.add(name, node, address);
  }

  /** Whether something was there to be removed: that of the same address. */
  remove(name: string, node: string, address: string): boolean {
    return this.#names.get(name)?.get(node) === address && this.#remove(name, node);
  }

  /** Removes everything of a node; returns the names that it had. */
  forget(node: string): string[] {
    const had = [...(this.#ofNode.get(node) ?? [])];
    for (const name of had) this.#remove(name, node);
    return had;
  }

  addresses(name: string): string[] {
    return [...(this.#names.get(name)?.values() ?? [])];
  }

  /** The nodes that have a name, with their addresses. */
  of(name: string): Iterable<readonly [node: string, address: string]> {
    return this.#names.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  holds(node: string): boolean {
    return this.#ofNode.has(node);
  }

  /** Names and nodes, as the master tells them. */
  get list(): (readonly [string, readonly string[]])[] {
    return [...this.#names].map(([name, nodes]) => [name, [...nodes.keys()]]);
  }

  get names(): string[] {
    return [...this.#names.keys()];
  }

  #remove(name: string, node: string): boolean {
    const nodes = this.#names.get(name);
    const address = nodes?.get(node);
    if (nodes === undefined || address === undefined) return false;
    nodes.delete(node);
    if (nodes.size === 0) this.#names.delete(name);
    const own = this.#ofNode.get(node)!;
    own.delete(name);
    if (own.size === 0) this.#ofNode.delete(node);
    this.#size -= sizeOf(name, node, address);
    return true;
  }
}

function sizeOf(name: string, node: string, address: string): number {
  return name.length + node.length + address.length + 64;
}
