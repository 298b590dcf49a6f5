import { checkAbsolute } from "../graph/names.ts";
import type { ParamChange, Params, SetOptions } from "../param/params.ts";
import type { ParamRule } from "../param/rule.ts";
import { stepsOf } from "../param/steps.ts";
import type { ParamFormat } from "../param/text.ts";
import type { Caller } from "../service/caller.ts";

const mostChecked = 4096; // names

/** The params of the graph, for the program around the engine. Names are absolute. */
export class EngineParams {
  /** Names that were found to be right: checking one costs more than setting a param. */
  readonly #checked: Set<string> = new Set(["/"]);
  readonly #params: Params;
  readonly #caller: Caller;
  readonly #onError: (error: unknown) => void;
  readonly #onRefused: (error: unknown) => void;

  /**
   * @internal
   * @param onError is told what a watcher throws
   * @param onRefused is told of a declaration that was refused after it was made
   */
  constructor(params: Params, caller: Caller, onError: (error: unknown) => void, onRefused: (error: unknown) => void) {
    this.#params = params;
    this.#caller = caller;
    this.#onError = onError;
    this.#onRefused = onRefused;
  }

  /** The revision of the whole tree: the number of writes that were applied. */
  get revision(): number {
    return this.#params.revision;
  }

  /**
   * Reads a param or a subtree.
   *
   * @returns a copy, undefined where there is none
   */
  get<T = any>(name: string): T | undefined {
    return this.#params.read(this.#check(name)) as T | undefined;
  }

  /** Whether there is a param or subtree of that name. */
  has(name: string): boolean {
    return this.#params.tree.has(this.#check(name));
  }

  /** The revision of the last change of a param or of anything in a subtree; 0 where there was none. */
  revisionOf(name: string): number {
    return this.#params.tree.revisionOf(this.#check(name));
  }

  /** The names of all params below a name, sorted. */
  list(prefix = "/"): string[] {
    return this.#params.tree.list(this.#check(prefix));
  }

  /**
   * Sets a param.
   *
   * @returns a promise of the revision, once the write is ordered, and in the file where there is one
   * @throws ValidationError, RevisionError or ValueError (as a rejection) when it is refused; nothing has changed then
   */
  set(name: string, value: unknown, options?: SetOptions): Promise<number>;
  /** Sets several params at once: either all of them change or none. */
  set(values: Readonly<Record<string, unknown>>, options?: SetOptions): Promise<number>;
  set(name: string | Readonly<Record<string, unknown>>, value?: unknown, options?: SetOptions): Promise<number> {
    try {
      if (typeof name === "string") return this.#params.setOne(this.#caller, this.#check(name), value, options);
      const changes = Object.entries(name).map(([key, v]) => [this.#check(key), v] as const);
      return this.#params.set(this.#caller, changes, value as SetOptions | undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Deletes a param or a subtree. */
  async delete(name: string): Promise<number> {
    return this.#params.delete(this.#caller, this.#check(name));
  }

  /** Declares a param: its default, and what it may be set to. In an engine that has joined a graph, a refusal comes later, and is logged. */
  declare(name: string, value: unknown, rule: ParamRule = {}): void {
    this.#params.declare(this.#caller.name, this.#check(name), value, rule, undefined)?.catch(this.#onRefused);
  }

  /**
   * Watches a param or a subtree; several changes of one turn come as one. An error that the callback throws is logged.
   *
   * @returns stops watching
   */
  watch(name: string, callback: (value: any, change: ParamChange) => unknown): () => void {
    return this.#params.watch(this.#check(name), callback, this.#onError);
  }

  /**
   * Sets every param of a text, all or none; what the text leaves out stays as it is.
   *
   * @param text a tree of params, in YAML or JSON
   * @param options the format, `yaml` by default, and where the tree goes, `/` by default
   * @throws ValidationError (as a rejection) when the text is not of that format, told by line and column, or a value is refused
   */
  async load(text: string, options: { format?: ParamFormat; prefix?: string } = {}): Promise<number> {
    const { parseParams } = await import("../param/text.ts");
    const steps = stepsOf(parseParams(text, options.format ?? "yaml"), this.#check(options.prefix ?? "/"));
    return this.#params.set(this.#caller, steps.map((step) => [step.name, (step as { value: unknown }).value] as const));
  }

  /**
   * Writes params down: text that {@link load} reads, with every value as it was.
   *
   * @param options the format, `yaml` by default, and the subtree, `/` by default
   */
  async save(options: { format?: ParamFormat; prefix?: string } = {}): Promise<string> {
    const { printParams } = await import("../param/text.ts");
    return printParams(this.#params.read(this.#check(options.prefix ?? "/")), options.format ?? "yaml");
  }

  #check(name: string): string {
    if (this.#checked.has(name)) return name;
    checkAbsolute(name, "param");
    if (this.#checked.size >= mostChecked) this.#checked.clear();
    this.#checked.add(name);
    return name;
  }
}
