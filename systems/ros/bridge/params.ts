import { checkAbsolute } from "../../../src/graph/names.ts";
import { sessionName } from "../client/client.ts";
import { Backoff } from "../client/backoff.ts";
import { Refusal } from "../client/refusal.ts";
import { isStruct } from "../xmlrpc/value.ts";
import { type Direction, Exposure, isBelow, type Rule } from "./exposure.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { otherBridges } from "./other-bridges.ts";
import { leavesOf, textOf, toRos } from "./param-value.ts";

const mostTold = 10_000; // changes that wait to be read; when there are more, all is read again

/** What is known of a mirrored param. */
export interface ParamHealth {
  /** Its name in this graph. */
  readonly param: string;
  /** Its name in the ROS graph. */
  readonly there: string;
  /** Why it is not as it is on the other side; empty else. */
  readonly problem: string;
}

/**
 * Keeps params of both graphs in step, as far as they are exposed: one thing after the other, so that the newest value counts at the end,
 * whoever has set it.
 */
export class Params {
  readonly #parts: MirrorParts;
  #import: Exposure;
  #export: Exposure;
  /** What the master has of what is imported, by its names, as text. */
  readonly #theirs: Map<string, string | undefined> = new Map();
  /** What was exported: names here, and there. */
  readonly #ours: Map<string, string> = new Map();
  readonly #problems: Map<string, string> = new Map();
  /** Names here that are to be exported, or looked at. */
  readonly #changedHere: Set<string> = new Set();
  /** Names there, and what was said to be there now. */
  readonly #changedThere: Map<string, unknown> = new Map();
  #mustRead = true;
  #mustGive = true;
  #subscribed: readonly string[] = [];
  #watches: readonly { close(): void }[] = [];
  readonly #ending: AbortController = new AbortController();
  #isRunning = false;

  constructor(parts: MirrorParts, imports: Exposure, exports: Exposure) {
    this.#parts = parts;
    this.#import = imports;
    this.#export = exports;
    const { params } = parts.client;
    params.onChange = (name, value) => this.#told(name, value);
    this.#watch();
  }

  get health(): { readonly imported: readonly ParamHealth[]; readonly exported: readonly ParamHealth[] } {
    const of = (direction: Direction, param: string, there: string): ParamHealth => ({
      param,
      there,
      problem: this.#problems.get(`${direction} ${there}`) ?? "",
    });
    return {
      imported: [...this.#theirs.keys()].map((there) => of("import", this.#here(there), there)),
      exported: [...this.#ours].map(([param, there]) => of("export", param, there)),
    };
  }

  /** Exposes other things from now on. */
  expose(imports: Exposure, exports: Exposure): void {
    this.#import = imports;
    this.#export = exports;
    for (const there of this.#theirs.keys()) if (this.#importRule(there) === undefined) this.#theirs.delete(there);
    for (const here of this.#ours.keys()) if (exports.ruleFor(here) === undefined) this.#ours.delete(here);
    this.#problems.clear();
    this.#watch();
    this.#mustRead = this.#mustGive = true;
  }

  /** Something may be to do. */
  update(): void {
    if (this.#isRunning || this.#ending.signal.aborted || this.#parts.client.state.graph !== "here") return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
      if (this.#mustRead || this.#mustGive || this.#changedHere.size + this.#changedThere.size > 0) this.update();
    });
  }

  /** The master was away: what has changed there meanwhile, nobody has told. */
  readAgain(): void {
    this.#mustRead = true;
    this.update();
  }

  /** The master has forgotten what it was told. */
  giveAgain(): void {
    this.#theirs.clear(); // what a master has lost was not deleted by anybody
    this.#mustRead = this.#mustGive = true;
    this.update();
  }

  /** Rules that expose nothing. */
  idle(direction: Direction): readonly Rule[] {
    return direction === "import" ? this.#import.unused([...this.#theirs.keys()]) : this.#export.unused(this.#parts.view.params);
  }

  close(): void {
    this.#ending.abort();
    for (const watch of this.#watches) watch.close();
  }

  #watch(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = this.#export.bases.map((base) =>
      this.#parts.view.watch(base, (changed, deleted) => {
        for (const name of changed) if (this.#export.ruleFor(name) !== undefined) this.#changedHere.add(name);
        for (const name of deleted) {
          for (const ours of this.#ours.keys()) if (ours === name || isBelow(ours, name)) this.#changedHere.add(ours);
        }
        this.update();
      })
    );
  }

  #told(name: string, value: unknown): void {
    if (!this.#subscribed.some((base) => base === name || isBelow(name, base) || isBelow(base, name))) return;
    this.#changedThere.delete(name);
    this.#changedThere.set(name, value);
    if (this.#changedThere.size > mostTold) {
      this.#changedThere.clear();
      this.#mustRead = true;
    }
    this.update();
  }

  /** Does one thing after the other, until nothing is left or the master is away. */
  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const backoff = new Backoff(100, 2000);
    while (!signal.aborted && this.#parts.client.state.graph === "here") {
      try {
        if (!await this.#step()) return;
        backoff.reset();
      } catch (error) {
        this.#parts.warn(`params are out of step: ${(error as Error).message}`);
        this.#mustRead = true;
        await backoff.wait(signal);
      }
    }
  }

  async #step(): Promise<boolean> {
    if (this.#mustRead) {
      await this.#readAll();
      return true;
    }
    if (this.#mustGive) {
      for (const name of [...this.#parts.view.params, ...this.#ours.keys()]) {
        if (this.#export.ruleFor(name) !== undefined) this.#changedHere.add(name);
      }
      this.#mustGive = false;
      return true;
    }
    // What was changed here goes first: what the master says afterwards is the newest.
    const [here] = this.#changedHere;
    if (here !== undefined) {
      this.#changedHere.delete(here);
      try {
        await this.#give(here);
      } catch (error) {
        this.#changedHere.add(here);
        throw error;
      }
      return true;
    }
    const [change] = this.#changedThere;
    if (change === undefined) return false;
    const [there, value] = change;
    this.#changedThere.delete(there);
    await this.#take(there, this.#isBoth(there) ? await this.#read(there) : leavesOf(there, value));
    return true;
  }

  async #readAll(): Promise<void> {
    this.#mustRead = false;
    this.#changedThere.clear();
    const { params } = this.#parts.client;
    await params.check(); // what is not there because a master has lost it, must not look deleted
    const { bases } = this.#import;
    for (const base of this.#subscribed) if (!bases.includes(base)) await params.unsubscribe(base);
    this.#subscribed = bases;
    for (const base of bases) await this.#take(base, await this.#read(base, true));
  }

  /** What the master has at a name; where it cannot say it as a whole, because something in it is broken, one by one. */
  async #read(name: string, subscribe = false): Promise<Map<string, unknown>> {
    const { params } = this.#parts.client;
    try {
      return leavesOf(name, await (subscribe ? params.subscribe(name) : params.get(name)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    const found = new Map<string, unknown>();
    for (const there of await params.names()) {
      if ((there !== name && !isBelow(there, name)) || this.#importRule(there) === undefined) continue;
      try {
        const value = await params.get(there);
        if (value !== undefined) found.set(there, value);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#fail("import", there, `the master cannot say it: ${error.message}`);
      }
    }
    return found;
  }

  /** Sets here what the master has at a name. */
  async #take(name: string, leaves: Map<string, unknown>): Promise<void> {
    const { view } = this.#parts;
    const values: [there: string, here: string, value: unknown][] = [];
    for (const [there, value] of leaves) {
      if (this.#importRule(there) === undefined) continue;
      const text = textOf(value);
      this.#theirs.set(there, text);
      const here = this.#here(there);
      if (text === undefined || textOf(view.read(here)) !== text) values.push([there, here, value]);
    }
    for (const there of this.#theirs.keys()) {
      if (leaves.has(there) || !(there === name || isBelow(there, name) || isBelow(name, there))) continue;
      this.#theirs.delete(there);
      const here = this.#here(there);
      if (view.read(here) !== undefined) await view.delete(here).catch((error) => this.#fail("import", there, error));
    }
    if (values.length === 0) return;
    try {
      for (const [, here] of values) checkAbsolute(here);
      await view.set(values.map(([, here, value]) => [here, value]));
      for (const [there] of values) this.#problems.delete(`import ${there}`);
    } catch {
      for (const [there, here, value] of values) await this.#takeOne(there, here, value);
    }
  }

  async #takeOne(there: string, here: string, value: unknown): Promise<void> {
    try {
      await this.#parts.view.set([[checkAbsolute(here), value]]);
      this.#problems.delete(`import ${there}`);
    } catch (error) {
      this.#fail("import", there, error);
    }
  }

  /** Sets there what a param is here. */
  async #give(here: string): Promise<void> {
    const { client, view } = this.#parts;
    const rule = this.#export.ruleFor(here);
    const there = rule?.as ?? here;
    if (rule === undefined || isIn(here, view.name) || this.#comesBack(there)) return;
    const value = view.read(here);
    if (isStruct(value)) return; // what is in it has names of its own
    try {
      const text = textOf(value);
      if (value === undefined) {
        if (this.#ours.delete(here)) await client.params.delete(there);
        this.#theirs.delete(there);
      } else {
        this.#ours.set(here, there);
        if (text === undefined || this.#theirs.get(there) !== text) await client.params.set(there, sayable(value));
        if (this.#importRule(there) !== undefined) this.#theirs.set(there, text);
      }
      this.#problems.delete(`export ${there}`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#fail("export", there, error);
    }
  }

  /** The rule by which a param of the master's is imported; what configures this bridge never is. */
  #importRule(there: string): Rule | undefined {
    const rule = this.#import.ruleFor(there);
    return rule === undefined || isIn(rule.as ?? there, this.#parts.view.name) || there.endsWith(`/${sessionName}`) ? undefined : rule;
  }

  #here(there: string): string {
    return this.#import.ruleFor(there)?.as ?? there;
  }

  /** Whether something at a name there is exported too. */
  #isBoth(there: string): boolean {
    return [...this.#ours.values()].some((name) => isIn(name, there) || isBelow(there, name));
  }

  /** Whether another bridge of this graph imports it from the same ROS graph: what has come from there is not led back. */
  #comesBack(there: string): boolean {
    const { view, origin } = this.#parts;
    for (const bridge of otherBridges(view)) {
      if (view.read(`${bridge}/status/origin`) !== origin) continue;
      try {
        if (new Exposure(view.read(`${bridge}/import/params`), "import", "params").ruleFor(there) !== undefined) return true;
      } catch {
        // it exposes nothing of the kind
      }
    }
    return false;
  }

  #fail(direction: Direction, there: string, error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    this.#problems.set(`${direction} ${there}`, problem);
    this.#parts.warn(`the param ${there} cannot be ${direction}ed: ${problem}`);
  }
}

function isIn(name: string, base: string): boolean {
  return name === base || isBelow(name, base);
}

/** @throws Refusal when it cannot be a param of ROS */
function sayable(value: unknown): unknown {
  try {
    return toRos(value);
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
}
