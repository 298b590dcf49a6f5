import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Delivery, Sender } from "../dispatch/delivery.ts";
import { enter, type Entry, type GraphWorld, leave } from "../graph/world.ts";
import { recopy, snapshot } from "../value/copy.ts";
import type { ParamChange as TreeChange } from "./nodes.ts";
import type { ParamRule } from "./rule.ts";
import { stepsOf } from "./steps.ts";
import { type ParamStep, ParamTree } from "./tree.ts";
import { Watch } from "./watch.ts";

/** How to write params. */
export interface SetOptions {
  /** Compare and set: the write is refused unless each of these names has this revision; 0 says that there must be nothing. */
  expect?: Readonly<Record<string, number>>;
}

/** What a watcher is told beside the value. */
export interface ParamChange {
  /** Absolute name of what is watched. */
  readonly name: string;
  /** The tree's revision at the last change. */
  readonly revision: number;
  /** Absolute names of the params that were set since the watcher was told last. */
  readonly changed: readonly string[];
  /** Absolute names of the params that were deleted since. */
  readonly deleted: readonly string[];
}

/** Who writes: it must not write any more once it has ended. */
export interface Writer extends Sender {
  readonly ended: Error | undefined;
}

/** Where params are kept beyond the life of the engine. */
export interface ParamKeeper {
  /** Resolves when the changes are safe. */
  append(changes: readonly TreeChange[], revision: number): Promise<void>;
  close(): Promise<void>;
}

/** The main engine, seen from another: it orders what is written there. */
export interface ParamOrder {
  /** Sends a write there, holds its writer back until it is ordered, and settles it. */
  write(write: ParamWriting): void;
  /** Declares a param; see {@link Params.declare}. Undefined where the main engine has done so already. */
  declare(owner: string, name: string, standard: unknown, rule: ParamRule, given: unknown): Promise<void> | undefined;
  undeclare(owner: string): void;
}

/** A write on its way. */
export interface ParamWriting {
  readonly writer: Writer;
  readonly steps: readonly ParamStep[];
  readonly options: SetOptions | undefined;
  resolve(revision: number): void;
  reject(error: unknown): void;
}

/** News comes from the graph itself: in a round of simulated time before all that nodes send, who may know of the write already. */
const graph: Sender = { name: "/" };

let resolve!: (revision: number) => void;
let reject!: (error: unknown) => void;
const capture = (yes: (revision: number) => void, no: (error: unknown) => void): void => {
  resolve = yes;
  reject = no;
};

/** The params of an engine: reads are local; writes are ordered here, one after the other, or by the main engine. */
export class Params {
  readonly tree: ParamTree = new ParamTree();
  readonly #dispatcher: Dispatcher;
  readonly #world: GraphWorld;
  readonly #external: <T>(fn: () => Promise<T>) => Promise<T>;
  readonly #entities: Map<string, number> = new Map();
  #keeper: ParamKeeper | undefined;
  /** Where writes are ordered; undefined in the main engine. */
  elsewhere: ParamOrder | undefined;
  /** Is told of what has changed, for other engines. */
  onChange: ((changes: readonly TreeChange[], revision: number) => void) | undefined;

  /**
   * @param dispatcher the engine's
   * @param world the engine's
   * @param external waits for what is outside, such as a file
   */
  constructor(dispatcher: Dispatcher, world: GraphWorld, external: <T>(fn: () => Promise<T>) => Promise<T>) {
    this.#dispatcher = dispatcher;
    this.#world = world;
    this.#external = external;
  }

  /** The number of writes that were applied. */
  get revision(): number {
    return this.tree.revision;
  }

  /**
   * Sets what there is before any node starts: what the file holds, and what a config gives beside it.
   *
   * @param file YAML or JSON, in which every write is kept from now on; without one, params end with the engine
   * @param initial a tree of values, for what is not in the file
   * @param instead a tree of values that replace those of the file
   * @throws ParamFileError when the file is in use, damaged, or cannot be read or written
   */
  async open(
    file: string | undefined,
    initial: Readonly<Record<string, unknown>>,
    instead: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    if (file !== undefined) {
      const { ParamFile } = await import("./file.ts");
      const opened = await ParamFile.open(file);
      this.#keeper = opened;
      const changes = opened.contents();
      this.tree.replay(changes, opened.revision);
      this.#enter(changes, "/");
    }
    const steps = stepsOf(initial).filter(({ name }) => !this.tree.has(name)).concat(stepsOf(instead));
    if (steps.length > 0) this.#enter(this.tree.apply({ changes: steps }), "/");
  }

  /** A copy of a param or a subtree, undefined where there is none. */
  read(name: string): unknown {
    const value = this.tree.get(name);
    return typeof value === "object" && value !== null ? recopy(value) : value;
  }

  /**
   * Sends a write of one or more params.
   *
   * @returns a promise of the revision, once the write is ordered and kept; a refused write rejects it and has changed nothing
   */
  set(writer: Writer, entries: readonly (readonly [string, unknown])[], options?: SetOptions): Promise<number> {
    try {
      const steps = entries.map(([name, value]) => ({ name, value: snapshot(value, name) }));
      return this.#send(new Write(this, writer, steps, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends a write of one param. */
  setOne(writer: Writer, name: string, value: unknown, options?: SetOptions): Promise<number> {
    if (typeof value === "number" && options === undefined) return this.#send(new NumberWrite(this, writer, name, value));
    return this.set(writer, [[name, value]], options);
  }

  /** Sends the deletion of a param or a subtree. */
  delete(writer: Writer, name: string): Promise<number> {
    return this.#send(new Write(this, writer, [{ name, delete: true }], undefined));
  }

  /**
   * Declares a param of a node; see `ParamTree.declare`. In the main engine it is ordered at once.
   *
   * @returns elsewhere, a promise that resolves when it is ordered, and rejects when it is refused
   */
  declare(owner: string, name: string, standard: unknown, rule: ParamRule, given: unknown): Promise<void> | undefined {
    if (this.elsewhere !== undefined) return this.elsewhere.declare(owner, name, standard, rule, given);
    this.#enter(this.tree.declare(name, { default: standard, rule, owner, given }), owner);
    return undefined;
  }

  /** Takes back all declarations of a node; the values stay. */
  undeclare(owner: string): void {
    if (this.elsewhere !== undefined) return this.elsewhere.undeclare(owner);
    this.tree.undeclare(owner);
  }

  /** What the main engine has ordered has come here. */
  replay(changes: readonly TreeChange[], revision: number): void {
    this.tree.replay(changes, revision);
    this.#enter(changes, "/");
  }

  /** The main engine tells all that there is: what an engine that joins again still knows, and is not among it, is no more. */
  reset(contents: readonly TreeChange[], revision: number): void {
    const names = new Set(contents.map(({ name }) => name));
    const gone = this.tree.contents().filter(({ name }) => !names.has(name));
    const news = contents.filter(({ name, value }) => !Object.is(this.tree.leaf(name)?.value, value) || value === undefined);
    this.replay([...gone.map(({ name }) => ({ name, value: undefined, revision, exists: false })), ...news], revision);
  }

  /** Orders a write of another engine's, whose turn it is. */
  orderFrom(writer: Writer, steps: readonly ParamStep[], options: SetOptions | undefined): Promise<number> {
    const promise = new Promise<number>(capture);
    const write = new Write(this, writer, steps, options);
    write.resolve = resolve;
    write.reject = reject;
    this.order(write);
    return promise;
  }

  /** Calls `update` with a copy of the value whenever it changes, at once; only for views that the engine itself keeps. */
  follow(name: string, update: (value: unknown) => void): () => void {
    const plain = this.tree.leaf(name) !== undefined;
    return this.tree.watch(name, (change) => {
      const value = plain && change.name === name ? change.value : this.tree.get(name);
      update(typeof value === "object" && value !== null ? recopy(value) : value);
    });
  }

  /**
   * Watches a param or a subtree: several changes of one turn come as one.
   *
   * @param callback gets a copy of the value and what has changed
   * @param onError what to do with an error that it throws or rejects with
   * @returns stops watching
   */
  watch(name: string, callback: (value: any, change: ParamChange) => unknown, onError: (error: unknown) => void): () => void {
    const deliver = () => {
      const news = watch.take();
      if (news === undefined) return;
      const { value, ...change } = news;
      try {
        const result = callback(typeof value === "object" && value !== null ? recopy(value) : value, change);
        if (result instanceof Promise) result.catch(onError);
      } catch (error) {
        onError(error);
      }
    };
    const delivery: Delivery = { sender: graph, deliver };
    const watch = new Watch(this.tree, name, () => this.#dispatcher.send(delivery));
    return () => watch.close();
  }

  /** Makes a write that has arrived; only for {@link Write}. */
  order(write: Write): void {
    if (this.elsewhere !== undefined) return this.elsewhere.write(write);
    try {
      if (write.writer.ended !== undefined) throw write.writer.ended;
      this.#acknowledge(write, this.#apply(write.steps, write.options));
    } catch (error) {
      write.reject(error);
    }
  }

  /** The way of most writes: a leaf that is there gets another number; only for {@link NumberWrite}. */
  orderNumber(write: NumberWrite): void {
    const { name, value, writer } = write;
    if (this.elsewhere !== undefined) return this.elsewhere.write(write);
    try {
      if (writer.ended !== undefined) throw writer.ended;
      const leaf = this.tree.leaf(name);
      if (leaf === undefined) return this.#acknowledge(write, this.#apply([{ name, value }], undefined));
      const revision = this.tree.setLeaf(leaf, value);
      if (this.#keeper === undefined && this.onChange === undefined) return write.resolve(revision);
      const changes = [{ name, value, revision, exists: true }];
      this.onChange?.(changes, revision);
      this.#acknowledge(write, this.#kept(changes));
    } catch (error) {
      write.reject(error);
    }
  }

  /** Waits until all that was acknowledged is safe, and lets go of the file. */
  async close(): Promise<void> {
    await this.#keeper?.close();
    this.#keeper = undefined;
  }

  #acknowledge(write: Write | NumberWrite, kept: Promise<void> | undefined): void {
    const { revision } = this.tree;
    if (kept === undefined) write.resolve(revision);
    else kept.then(() => write.resolve(revision), write.reject);
  }

  #apply(steps: readonly ParamStep[], options: SetOptions | undefined): Promise<void> | undefined {
    const expect = options?.expect === undefined
      ? undefined
      : Object.entries(options.expect).map(([name, revision]) => ({ name, revision }));
    const changes = this.tree.apply({ changes: steps, expect });
    this.#enter(changes, "/");
    return this.#kept(changes);
  }

  #kept(changes: readonly TreeChange[]): Promise<void> | undefined {
    const keeper = this.#keeper;
    const { revision } = this.tree;
    return keeper === undefined ? undefined : this.#external(() => keeper.append(changes, revision));
  }

  #send(write: Write | NumberWrite): Promise<number> {
    if (write.writer.ended !== undefined) return Promise.reject(write.writer.ended);
    const promise = new Promise<number>(capture);
    write.resolve = resolve;
    write.reject = reject;
    this.#dispatcher.send(write);
    return promise;
  }

  /** Params come and go as entities of the graph, and other engines hear of it. */
  #enter(changes: readonly TreeChange[], owner: string): void {
    if (changes.length > 0) this.onChange?.(changes, this.tree.revision);
    for (const { name } of changes) {
      const exists = this.tree.leaf(name) !== undefined;
      const id = this.#entities.get(name);
      if (exists && id === undefined) this.#entities.set(name, enter<Entry>(this.#world, "param", { name, owner }));
      if (!exists && id !== undefined) {
        this.#entities.delete(name);
        leave(this.#world, "param", id);
      }
    }
  }
}

/** A write on its way to be ordered. */
class Write implements Delivery, ParamWriting {
  readonly writer: Writer;
  readonly steps: readonly ParamStep[];
  readonly options: SetOptions | undefined;
  resolve!: (revision: number) => void;
  reject!: (error: unknown) => void;
  readonly #params: Params;

  constructor(params: Params, writer: Writer, steps: readonly ParamStep[], options: SetOptions | undefined) {
    this.#params = params;
    this.writer = writer;
    this.steps = steps;
    this.options = options;
  }

  get sender(): Sender {
    return this.writer;
  }

  get toMain(): boolean {
    return this.#params.elsewhere !== undefined;
  }

  get writes(): boolean {
    return this.#params.elsewhere === undefined;
  }

  ship(): boolean {
    if (this.#params.elsewhere === undefined) return false;
    this.#params.order(this);
    return true;
  }

  deliver(): void {
    this.#params.order(this);
  }
}

/** A write of one number: most writes are, and need no more. */
class NumberWrite implements Delivery, ParamWriting {
  readonly writer: Writer;
  readonly name: string;
  readonly value: number;
  resolve!: (revision: number) => void;
  reject!: (error: unknown) => void;
  private readonly params: Params;

  constructor(params: Params, writer: Writer, name: string, value: number) {
    this.params = params;
    this.writer = writer;
    this.name = name;
    this.value = value;
  }

  get sender(): Sender {
    return this.writer;
  }

  get toMain(): boolean {
    return this.params.elsewhere !== undefined;
  }

  get writes(): boolean {
    return this.params.elsewhere === undefined;
  }

  ship(): boolean {
    if (this.params.elsewhere === undefined) return false;
    this.params.orderNumber(this);
    return true;
  }

  get steps(): readonly ParamStep[] {
    return [{ name: this.name, value: this.value }];
  }

  get options(): undefined {
    return undefined;
  }

  deliver(): void {
    this.params.orderNumber(this);
  }
}
