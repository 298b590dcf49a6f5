/**
 * Configs that are written as text: YAML and JSON. Loaded only when there is one, since the parser takes long to load.
 *
 * @module
 */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { ConfigProblem } from "../errors.ts";
import { type Keys, pathText } from "./keys.ts";
import { Source } from "./source.ts";

type Tree = ReturnType<typeof parseDocument>;

/** A text, and the lines of its parts. */
class TextSource extends Source {
  readonly #tree: Tree;
  readonly #lines: LineCounter;

  constructor(file: URL, tree: Tree, lines: LineCounter) {
    super(file, file);
    this.#tree = tree;
    this.#lines = lines;
  }

  override where(keys: Keys, of: "key" | "value" = "value"): string | undefined {
    const offset = this.#offset(keys, of);
    return offset === undefined ? this.label : `${this.label}:${this.#position(offset)}`;
  }

  /** Keys that stand twice in one object, which no parser's result shows. */
  duplicates(): ConfigProblem[] {
    const found: ConfigProblem[] = [];
    const walk = (node: unknown, keys: Keys): void => {
      if (isSeq(node)) {
        for (const [i, item] of node.items.entries()) walk(item, [...keys, i]);
      } else if (isMap(node)) {
        const first = new Map<string, number>();
        for (const item of node.items) {
          if (!isPair(item)) continue;
          const key = keyOf(item.key);
          const offset = (isNode(item.key) ? item.key.range?.[0] : undefined) ?? 0;
          const path = [...keys, key];
          const other = first.get(key);
          if (other === undefined) first.set(key, offset);
          else {
            const message = `${
              keys.at(-1) === "nodes" ? "two nodes have this name" : "this key stands twice"
            }; the other one is at ${this.label}:${this.#position(other)}`;
            found.push({ path: pathText(path), message, where: `${this.label}:${this.#position(offset)}` });
          }
          walk(item.value, path);
        }
      }
    };
    walk(this.#tree.contents, []);
    return found;
  }

  #position(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${line}:${col}`;
  }

  /** Of the part, or of the nearest one around it that is there. */
  #offset(keys: Keys, of: "key" | "value"): number | undefined {
    const tree = this.#tree;
    let node: unknown = tree.contents;
    let offset = isNode(node) ? node.range?.[0] : 0;
    for (const [i, key] of keys.entries()) {
      if (isNode(node) && "source" in node && node.tag === undefined && !isScalar(node)) {
        node = (node as { resolve(tree: Tree): Node | undefined }).resolve(tree);
      }
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => keyOf(item.key) === String(key));
        if (pair === undefined) break;
        next = pair.value;
        const place = of === "key" && i === keys.length - 1 ? pair.key : (pair.value ?? pair.key);
        offset = (isNode(place) ? place.range?.[0] : undefined) ?? (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      } else if (isSeq(node)) {
        next = node.items[Number(key)];
        offset = (isNode(next) ? next.range?.[0] : undefined) ?? offset;
      } else break;
      node = next;
    }
    return offset;
  }
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** A config that was written as text. */
export interface Parsed {
  readonly value: unknown;
  readonly source: Source;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Parses YAML or JSON, and remembers where everything stands.
 *
 * @param text the file's text
 * @param file the file; `.json` has to be strict JSON
 */
export function parseText(text: string, file: URL): Parsed {
  const lines = new LineCounter();
  // Duplicate keys are looked for by ourselves: the parser does not say whose.
  const tree = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: "silent", prettyErrors: false });
  const source = new TextSource(file, tree, lines);
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${source.label}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const json = file.pathname.endsWith(".json") ? jsonProblem(text, place) : undefined;
  const syntax = json !== undefined
    ? [json]
    : tree.errors.map((error) => ({ path: "", message: error.message, where: place(error.pos[0]) }));
  if (syntax.length > 0) return { value: undefined, source, problems: syntax };
  try {
    return { value: tree.toJS(), source, problems: source.duplicates() };
  } catch (error) {
    return { value: undefined, source, problems: [{ path: "", message: (error as Error).message, where: place(0) }] };
  }
}

function jsonProblem(text: string, place: (offset: number) => string): ConfigProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const at = /at position (\d+)/.exec(message)?.[1];
    const offset = at === undefined ? text.length : Number(at);
    return { path: "", message: `this is no JSON: ${message}`, where: place(offset) };
  }
}
