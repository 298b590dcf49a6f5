import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { ConfigProblem } from "../errors.ts";
import { type Keys, pathText } from "./problems.ts";

type Tree = ReturnType<typeof parseDocument>;

/** Where a config came from: a file or a value, and, of a text, the lines of its parts. */
export class Source {
  /** The file; undefined for a value that is no file's. */
  readonly file: URL | undefined;
  /** Relative paths in the config start here. */
  readonly base: URL;
  readonly #tree: Tree | undefined;
  readonly #lines: LineCounter | undefined;

  constructor(file: URL | undefined, base: URL, tree?: Tree, lines?: LineCounter) {
    this.file = file;
    this.base = base;
    this.#tree = tree;
    this.#lines = lines;
  }

  /** The file's name as people see it; undefined for a value that is no file's. */
  get label(): string | undefined {
    return this.file === undefined ? undefined : fileLabel(this.file);
  }

  /** `file:line:column` of a part, as far as known. */
  where(keys: Keys, of: "key" | "value" = "value"): string | undefined {
    const { label } = this;
    const offset = this.#offset(keys, of);
    return offset === undefined ? label : `${label}:${this.#position(offset)}`;
  }

  #position(offset: number): string {
    const { line, col } = this.#lines!.linePos(offset);
    return `${line}:${col}`;
  }

  /** Of the part, or of the nearest one around it that is there. */
  #offset(keys: Keys, of: "key" | "value"): number | undefined {
    const tree = this.#tree;
    if (tree === undefined) return undefined;
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
    walk(this.#tree?.contents, []);
    return found;
  }
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** A file's path as people see it: from the folder they are in, if it is in there. */
export function fileLabel(file: URL): string {
  if (file.protocol !== "file:") return file.href;
  const path = fileURLToPath(file);
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
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
  const source = new Source(file, file, tree, lines);
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
