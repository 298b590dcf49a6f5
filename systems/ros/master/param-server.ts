import { isStruct, XmlFault } from "../xmlrpc/value.ts";
import { partsOf } from "./call-arguments.ts";
import { Registrations } from "./registrations.ts";

type Tree = { [key: string]: unknown };

const mostBytes = 256 * 2 ** 20; // of all params, about

/** The params of a ROS graph: a tree, and who is told of changes. Keys are absolute. */
export class ParamServer {
  /** By key, who wants to be told. */
  readonly subscribers: Registrations = new Registrations();
  #root: Tree = {};
  #bytes: number = bytesOf({});
  readonly #tell: (address: string, key: string) => void;

  /** @param tell tells a node that a param has changed: the key has no slash at its end, so that the root's is empty */
  constructor(tell: (address: string, key: string) => void) {
    this.#tell = tell;
  }

  get(key: string): unknown {
    let at: unknown = this.#root;
    for (const part of partsOf(key)) at = isStruct(at) && Object.hasOwn(at, part) ? at[part] : undefined;
    return at;
  }

  /** @throws XmlFault when it cannot be set */
  set(key: string, value: unknown, caller: string): void {
    const way = partsOf(key);
    if (way.includes("__proto__")) throw new XmlFault(-1, "no param may be called __proto__");
    if (way.length === 0 && !isStruct(value)) throw new XmlFault(-1, "the root of all params is a dictionary");
    const bytes = this.#bytes + this.#growth(way, value);
    if (bytes > mostBytes) throw new XmlFault(-1, `all params have ${mostBytes} bytes, and no more are taken`);
    this.#bytes = bytes;
    const last = way.pop();
    if (last === undefined) {
      this.#root = value as Tree;
    } else {
      let at = this.#root;
      for (const part of way) {
        if (!Object.hasOwn(at, part) || !isStruct(at[part])) at[part] = {};
        at = at[part] as Tree;
      }
      at[last] = value;
    }
    this.#changed(key, caller);
  }

  delete(key: string): boolean {
    const way = partsOf(key);
    const last = way.pop();
    const parent = last === undefined ? undefined : this.get(`/${way.join("/")}`);
    if (!isStruct(parent) || !Object.hasOwn(parent, last!)) return false;
    this.#bytes -= bytesOfKey(last!) + bytesOf(parent[last!]);
    delete parent[last!];
    this.#changed(key, undefined);
    return true;
  }

  /**
   * The nearest param of that name, seen from a node, upwards.
   *
   * @throws XmlFault when the name cannot be looked for
   */
  search(node: string, key: string): string | undefined {
    if (key.startsWith("/")) return this.get(key) === undefined ? undefined : key;
    const [first] = partsOf(key);
    if (first === undefined || key.startsWith("~")) throw new XmlFault(-1, "key must be a name such as arm/speed");
    if (!node.startsWith("/")) throw new XmlFault(-1, "caller_id must be an absolute name");
    for (const way = partsOf(node);; way.pop()) {
      const base = way.length === 0 ? "" : `/${way.join("/")}`;
      if (this.get(`${base}/${first}`) !== undefined) return `${base}/${key}`;
      if (way.length === 0) return undefined;
    }
  }

  /** What all values take, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The names of all values. */
  get names(): string[] {
    const found: string[] = [];
    const visit = (tree: Tree, base: string): void => {
      for (const [key, value] of Object.entries(tree)) {
        if (isStruct(value)) visit(value, `${base}/${key}`);
        else found.push(`${base}/${key}`);
      }
    };
    visit(this.#root, "");
    return found;
  }

  /** By how much all grows when a value is set: it takes the place of what is there, and what is missing above it is made. */
  #growth(way: readonly string[], value: unknown): number {
    let bytes = bytesOf(value);
    let at: unknown = this.#root;
    for (const part of way) {
      if (!isStruct(at)) bytes += bytesOf({}) - bytesOf(at);
      const isThere = isStruct(at) && Object.hasOwn(at, part);
      if (!isThere) bytes += bytesOfKey(part);
      at = isThere ? (at as Tree)[part] : undefined;
    }
    return bytes - bytesOf(at);
  }

  /** Tells those who subscribe to it, to what it is in, or to something in it. Who made the change knows it. */
  #changed(key: string, caller: string | undefined): void {
    const name = key === "/" ? "" : key;
    for (const subscribed of this.subscribers.names) {
      const isAround = subscribed === key || subscribed === "/" || name.startsWith(`${subscribed}/`);
      if (!isAround && !subscribed.startsWith(`${name}/`)) continue;
      for (const [node, address] of this.subscribers.of(subscribed)) {
        if (!isAround || node !== caller) this.#tell(address, isAround ? name : subscribed);
      }
    }
  }
}

/** What a value takes, about. */
function bytesOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return 32 + 2 * value.length;
  if (value instanceof Uint8Array) return 128 + value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + bytesOf(item), 32);
  if (!isStruct(value)) return 16;
  return Object.entries(value).reduce((sum, [key, item]) => sum + bytesOfKey(key) + bytesOf(item), 64);
}

function bytesOfKey(key: string): number {
  return 64 + 2 * key.length;
}
