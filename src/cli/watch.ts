import { createHash } from "node:crypto";
import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { getLogger, type Logger } from "@logtape/logtape";
import type { Composed } from "../config/compose.ts";
import { importModule } from "../config/import-module.ts";
import { reasonOf } from "../config/load.ts";
import type { Engine } from "../engine/engine.ts";
import { toNodeDefinition } from "../node/define.ts";

const quiet = 50; // ms in which an editor may still be writing
const imports = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.\.?\/[^"']+)["']/g;

/** Swaps nodes of a running engine when the files that they are made of change. */
export class Watch {
  readonly #engine: Engine;
  readonly #log: Logger = getLogger(["pyros", "cli"]);
  /** Nodes by the module that defines them. */
  readonly #nodes: Map<string, string[]> = new Map();
  /** Files that cannot be swapped. */
  readonly #fixed: ReadonlySet<string>;
  /** What each module is made of: itself, and what it imports by relative paths. */
  readonly #parts: Map<string, ReadonlySet<string>> = new Map();
  readonly #hashes: Map<string, string> = new Map();
  readonly #watchers: Map<string, FSWatcher> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();

  /** @param graph says which node comes from which module */
  constructor(engine: Engine, graph: Composed) {
    this.#engine = engine;
    for (const { file, names } of graph.nodes) {
      if (file === undefined) continue;
      const path = fileURLToPath(file);
      this.#nodes.set(path, [...(this.#nodes.get(path) ?? []), names.node]);
    }
    const fixed = [graph.source.file, ...graph.systems.map(({ file }) => file)].filter((file) => file !== undefined);
    this.#fixed = new Set(fixed.map((file) => fileURLToPath(file)));
    for (const file of this.#nodes.keys()) this.#scan(file);
    for (const file of this.#fixed) this.#look(file);
    const values = graph.nodes.filter(({ file }) => file === undefined).map(({ names }) => names.node);
    if (values.length > 0) this.#log.info("given as values, so not watched: {nodes}", { nodes: values.join(", ") });
    this.#log.info("watching {count} files", { count: this.#hashes.size });
  }

  /** Watches no longer. */
  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Notes what a module is made of now. */
  #scan(module: string): void {
    const parts = new Set<string>();
    const open = [module];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (parts.has(file) || !existsSync(file)) continue;
      parts.add(file);
      this.#look(file);
      for (const [, specifier] of readFileSync(file, "utf8").matchAll(imports)) {
        open.push(fileURLToPath(new URL(specifier!, pathToFileURL(file))));
      }
    }
    this.#parts.set(module, parts);
  }

  /** Watches the folder of a file: an editor may put a new file in the place of the old one. */
  #look(file: string): void {
    this.#hashes.set(file, hashOf(file));
    const folder = dirname(file);
    if (this.#watchers.has(folder)) return;
    const watcher = watch(folder, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => (this.#work = this.#work.then(() => this.#changed())), quiet);
    });
    watcher.on("error", (error) => this.#log.error("{folder} cannot be watched: {error}", { folder, error }));
    this.#watchers.set(folder, watcher);
  }

  async #changed(): Promise<void> {
    const changed = new Set<string>();
    for (const [file, hash] of this.#hashes) {
      const now = hashOf(file);
      if (now === "" || now === hash) continue; // gone, perhaps for a moment only
      this.#hashes.set(file, now);
      changed.add(file);
    }
    for (const file of changed) if (this.#fixed.has(file)) this.#log.warn("{file} has changed; that needs a new start", { file });
    for (const [module, parts] of [...this.#parts]) {
      if ([...changed].some((file) => parts.has(file))) await this.#swap(module);
    }
  }

  async #swap(module: string): Promise<void> {
    const nodes = this.#nodes.get(module)!;
    const file = pathToFileURL(module);
    try {
      const { default: value } = await importModule(file, true);
      const definition = toNodeDefinition(value);
      if (definition === undefined) throw new TypeError("it exports no node by default any more");
      this.#scan(module);
      for (const node of nodes) {
        await this.#engine.reloadNode(node, definition);
        this.#log.info("{node} is swapped", { node });
      }
    } catch (error) {
      this.#log.error("{module} is not swapped, the old one goes on: {reason}", { module, reason: reasonOf(error, file) });
    }
  }
}

function hashOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return "";
  }
}
