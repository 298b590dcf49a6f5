import { checkAbsolute } from "../graph/names.ts";
import type { ParamChange, Params, SetOptions } from "../param/params.ts";
import type { ParamRule } from "../param/rule.ts";
import { stepsOf } from "../param/steps.ts";
import type { ParamFormat } from "../param/text.ts";
import type { Caller } from "../service/caller.ts";

/** The params of the graph, for the program around the engine. Names are absolute. */
export class EngineParams {
  readonly #params: Params;
  readonly #caller: Caller;
  readonly #onError: (error: unknown) => void;

  constructor(params: Params, caller: Caller, onError: (error: unknown) => void) {
    this.#params = params;
    this.#caller = caller;
    this.#onError = onError;
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
    return this.#params.read(checkName(name)) as T | undefined;
  }

  /** Whether there is a param or subtree of that name. */
  has(name: string): boolean {
    return this.#params.tree.has(checkName(name));
  }

  /** The revision of the last change of a param or of anything in a subtree; 0 where there was none. */
  revisionOf(name: string): number {
    return this.#params.tree.revisionOf(checkName(name));
  }

  /** The names of all params below a name, sorted. */
  list(prefix = "/"): string[] {
    return this.#params.tree.list(checkName(prefix));
  }

  /**
   * Sets a param, or several at once: either all of them change or none.
   *
   * @returns a promise of the revision, once the write is ordered, and in the file where there is one
   * @throws ValidationError, RevisionError or ValueError (as a rejection) when it is refused; nothing has changed then
   */
  set(name: string, value: unknown, options?: SetOptions): Promise<number>;
  set(values: Readonly<Record<string, unknown>>, options?: SetOptions): Promise<number>;
  async set(name: string | Readonly<Record<string, unknown>>, value?: unknown, options?: SetOptions): Promise<number> {
    if (typeof name === "string") return this.#params.setOne(this.#caller, checkName(name), value, options);
    const changes = Object.entries(name).map(([key, v]) => [checkName(key), v] as const);
    return this.#params.set(this.#caller, changes, value as SetOptions | undefined);
  }

  /** Deletes a param or a subtree. */
  async delete(name: string): Promise<number> {
    return this.#params.delete(this.#caller, checkName(name));
  }

  /** Declares a param: its default, and what it may be set to. */
  declare(name: string, value: unknown, rule: ParamRule = {}): void {
    this.#params.declare(this.#caller.name, checkName(name), value, rule, undefined);
  }

  /**
   * Watches a param or a subtree; several changes of one turn come as one. An error that the callback throws is logged.
   *
   * @returns stops watching
   */
  watch(name: string, callback: (value: any, change: ParamChange) => unknown): () => void {
    return this.#params.watch(this.#caller, checkName(name), callback, this.#onError);
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
    const steps = stepsOf(parseParams(text, options.format ?? "yaml"), checkName(options.prefix ?? "/"));
    return this.#params.set(this.#caller, steps.map((step) => [step.name, (step as { value: unknown }).value] as const));
  }

  /**
   * Writes params down: text that {@link load} reads, with every value as it was.
   *
   * @param options the format, `yaml` by default, and the subtree, `/` by default
   */
  async save(options: { format?: ParamFormat; prefix?: string } = {}): Promise<string> {
    const { printParams } = await import("../param/text.ts");
    return printParams(this.#params.read(checkName(options.prefix ?? "/")), options.format ?? "yaml");
  }
}

function checkName(name: string): string {
  return name === "/" ? name : checkAbsolute(name, "param");
}
