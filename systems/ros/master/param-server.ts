import { XmlFault } from "../xmlrpc/value.ts";

type Tree = { [key: string]: unknown };

/** The params of a ROS graph: a tree, and who is told of changes. */
export class ParamServer {
  #root: Tree = Object.create(null) as Tree;
  readonly #subscribers: Map<string, Map<string, string>> = new Map();
  readonly #tell: (address: string, node: string, key: string, value: unknown) => void;

  /** @param tell tells a node of a change */
  constructor(tell: (address: string, node: string, key: string, value: unknown) => void) {
    this.#tell = tell;
  }

  get(key: string): unknown {
    let at: unknown = this.#root;
    for (const part of parts(key)) at = isTree(at) && Object.hasOwn(at, part) ? at[part] : undefined;
    return at;
  }

  set(key: string, value: unknown, caller: string): void {
    const way = parts(key);
    if (way.includes("__proto__")) throw new XmlFault(-1, "no param may be called __proto__");
    const last = way.pop();
    if (last === undefined) {
      if (!isTree(value)) throw new XmlFault(-1, "the root of all params is a dictionary");
      this.#root = value;
    } else {
      let at = this.#root;
      for (const part of way) {
        if (!Object.hasOwn(at, part) || !isTree(at[part])) at[part] = {};
        at = at[part] as Tree;
      }
      at[last] = value;
    }
    this.#changed(key, value, caller);
  }

  delete(key: string, caller: string): boolean {
    const way = parts(key);
    const last = way.pop();
    const parent = last === undefined ? undefined : this.get(`/${way.join("/")}`);
    if (!isTree(parent) || !Object.hasOwn(parent, last!)) return false;
    delete parent[last!];
    this.#changed(key, {}, caller);
    return true;
  }

  /** The nearest param of that name, seen from a node, upwards. */
  search(node: string, key: string): string | undefined {
    if (key.startsWith("/")) return this.get(key) === undefined ? undefined : key;
    const [first] = parts(key);
    for (const way = parts(node);; way.pop()) {
      const base = way.length === 0 ? "" : `/${way.join("/")}`;
      if (first !== undefined && this.get(`${base}/${first}`) !== undefined) return `${base}/${key}`;
      if (way.length === 0) return undefined;
    }
  }

  subscribe(node: string, address: string, key: string): unknown {
    let nodes = this.#subscribers.get(whole(key));
    if (nodes === undefined) this.#subscribers.set(whole(key), nodes = new Map());
    nodes.set(node, address);
    return this.get(key) ?? {};
  }

  unsubscribe(node: string, key: string): boolean {
    return this.#subscribers.get(whole(key))?.delete(node) === true;
  }

  forget(node: string): void {
    for (const nodes of this.#subscribers.values()) nodes.delete(node);
  }

  /** The names of all values. */
  get names(): string[] {
    const found: string[] = [];
    const visit = (tree: Tree, base: string): void => {
      for (const [key, value] of Object.entries(tree)) {
        if (isTree(value) && Object.keys(value).length > 0) visit(value, `${base}/${key}`);
        else found.push(`${base}/${key}`);
      }
    };
    visit(this.#root, "");
    return found;
  }

  /** Tells those who subscribe to it, to something in it, or to what it is in. Who made the change knows it. */
  #changed(key: string, value: unknown, caller: string): void {
    const name = whole(key);
    for (const [subscribed, nodes] of this.#subscribers) {
      const isInside = subscribed.startsWith(name === "/" ? "/" : `${name}/`) && subscribed !== name;
      if (!isInside && subscribed !== name && !name.startsWith(subscribed === "/" ? "/" : `${subscribed}/`)) continue;
      const told = isInside ? (this.get(subscribed) ?? {}) : value;
      for (const [node, address] of nodes) {
        if (node !== caller) this.#tell(address, node, `${(isInside ? subscribed : name).replace(/\/$/, "")}/`, told);
      }
    }
  }
}

function parts(key: string): string[] {
  return key.split("/").filter((part) => part !== "");
}

function whole(key: string): string {
  return `/${parts(key).join("/")}`;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array);
}
