import { own } from "./own-property.ts";
import type { NodeNames } from "../graph/scope.ts";
import type { NodeDefinition } from "./define.ts";

const most = 256; // names that are remembered

/** Whose words they are. */
interface Speaker {
  readonly definition: NodeDefinition;
  readonly names: NodeNames;
}

/** What a node's words for params mean. */
export class ParamNames {
  readonly #source: Speaker;
  readonly #known: Map<string, string> = new Map();

  constructor(source: Speaker) {
    this.#source = source;
  }

  /** A param that the node declares is its own; any other name stands in its namespace. */
  absolute(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { definition: { params }, names } = this.#source;
    const isDeclared = typeof name === "string" && own(params, name.split("/", 1)[0]!) !== undefined;
    const found = name === "/" ? names.root : isDeclared ? names.declared(name) : names.referred(name);
    if (this.#known.size >= most) this.#known.clear();
    this.#known.set(name, found);
    return found;
  }
}
