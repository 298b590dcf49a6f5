import { checkAbsolute, checkRelative, namespaceOf, remapped } from "./names.ts";

const nothing: ReadonlyMap<string, string> = new Map();

/**
 * The root of names of a graph or of a mounted graph: `/x` inside a mount `/arm` is `/arm/x` outside, unless the mount's `remap` leads it elsewhere.
 */
export class Scope {
  /** Where this graph is mounted in `parent`; empty for the outermost graph. */
  readonly mount: string;
  readonly #parent: Scope | undefined;
  readonly #remap: ReadonlyMap<string, string>;

  /**
   * @param mount the absolute name, inside the parent, at which this graph is mounted; empty for the outermost
   * @param remap names inside this graph to names inside the parent
   * @param parent the graph that this one is mounted in
   * @throws NameError when a name breaks the rules
   */
  constructor(mount = "", remap: Readonly<Record<string, string>> = {}, parent?: Scope) {
    if (mount !== "") checkAbsolute(mount, "mount");
    this.mount = mount;
    this.#parent = parent;
    const entries = Object.entries(remap);
    this.#remap = entries.length === 0
      ? nothing
      : new Map(entries.map(([from, to]) => [checkAbsolute(from, "remap of"), checkAbsolute(to, "remap to")]));
  }

  /** The scope of which {@link data} tells. */
  static of({ mount, remap, parent }: ScopeData): Scope {
    return new Scope(mount, remap, parent === undefined ? undefined : Scope.of(parent));
  }

  /** The scope as data. */
  get data(): ScopeData {
    const parent = this.#parent?.data;
    return { mount: this.mount, remap: Object.fromEntries(this.#remap), ...(parent === undefined ? {} : { parent }) };
  }

  /**
   * The name outside all mounts.
   *
   * @param inside an absolute name inside this graph
   * @returns the absolute name in the outermost graph
   */
  absolute(inside: string): string {
    if (inside === "/" && this.mount !== "") inside = "";
    if (this.#parent === undefined) return inside;
    return this.#parent.absolute(remapped(inside, this.#remap) ?? this.mount + inside);
  }
}

/** A scope as data. */
export interface ScopeData {
  readonly mount: string;
  readonly remap: Readonly<Record<string, string>>;
  readonly parent?: ScopeData;
}

/** The words of one node: how what it declares and what it refers to become names of the whole graph. */
export class NodeNames {
  /** The node's absolute name in the outermost graph. */
  readonly node: string;
  readonly #inside: string;
  readonly #scope: Scope;
  readonly #raw: ReadonlyMap<string, string>;
  readonly #remap: ReadonlyMap<string, string>;

  /**
   * @param name the node's absolute name inside its graph
   * @param scope the graph's root of names
   * @param remap the node's words to other names
   * @throws NameError when a name breaks the rules
   */
  constructor(name: string, scope: Scope, remap: Readonly<Record<string, string>> = {}) {
    this.#inside = checkAbsolute(name, "node");
    this.#scope = scope;
    this.node = scope.absolute(name);
    const entries = Object.entries(remap);
    if (entries.length === 0) {
      this.#raw = this.#remap = nothing;
      return;
    }
    const targets = entries.map(([from, to]) => [checkRelative(from, "remap of"), this.#inGraph(checkRelative(to, "remap to"))] as const);
    this.#raw = new Map(targets);
    this.#remap = new Map(targets.filter(([from]) => from[0] === "/" || from[0] === "~").map(([from, to]) => [this.#inGraph(from), to]));
  }

  /**
   * The name of what the node declares: under the node, unless it begins with `/`.
   *
   * @param name as the node wrote it
   * @returns an absolute name in the outermost graph
   * @throws NameError when it breaks the rules
   */
  declared(name: string): string {
    checkRelative(name);
    return this.#finish(name, name[0] === "/" || name[0] === "~" ? this.#inGraph(name) : `${this.#inside}/${name}`);
  }

  /**
   * The name of what the node refers to: in the node's namespace, unless it begins with `/` or, for the node's own, with `~`.
   *
   * @param name as the node wrote it
   * @returns an absolute name in the outermost graph
   * @throws NameError when it breaks the rules
   */
  referred(name: string): string {
    return this.#finish(checkRelative(name), this.#inGraph(name));
  }

  /** The name of everything in the node's graph. */
  get root(): string {
    return this.#scope.absolute("/");
  }

  #inGraph(name: string): string {
    if (name[0] === "/") return name;
    return name[0] === "~" ? `${this.#inside}/${name.slice(1)}` : `${namespaceOf(this.#inside)}/${name}`;
  }

  #finish(written: string, inside: string): string {
    return this.#scope.absolute(remapped(written, this.#raw) ?? remapped(inside, this.#remap) ?? inside);
  }
}
