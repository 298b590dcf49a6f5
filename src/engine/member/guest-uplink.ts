import type { ParamRule } from "../../param/rule.ts";
import type { ParamOrder, ParamWriting } from "../../param/params.ts";
import type { Peer } from "../../peer/peer.ts";
import { Uplink, verbs } from "../../peer/uplink.ts";
import type { Dispatcher } from "../../dispatch/dispatcher.ts";

/** What a node has declared: name, default, rule, and the value from its config. */
type Declared = readonly [name: string, standard: unknown, rule: ParamRule, given: unknown];

/** What the nodes of an engine have declared, beyond its time in one graph. */
export class Declarations {
  readonly #of: Map<string, Declared[]> = new Map();

  /** All of them, with whose they are. */
  all(): [owner: string, declared: Declared][] {
    return [...this.#of].flatMap(([owner, list]) => list.map((declared): [string, Declared] => [owner, declared]));
  }

  add(owner: string, declared: Declared): void {
    const list = this.#of.get(owner);
    if (list === undefined) this.#of.set(owner, [declared]);
    else list.push(declared);
  }

  remove(owner: string): void {
    this.#of.delete(owner);
  }
}

/** The way to the main engine of an engine that it has not started: it has to be told what nodes declare. */
export class GuestUplink extends Uplink {
  readonly #main: Peer;
  readonly #declarations: Declarations;

  /** @param declarations what was declared before is declared at once */
  constructor(dispatcher: Dispatcher, main: Peer, declarations: Declarations, onError: (error: unknown) => void) {
    super(dispatcher, main, onError);
    this.#main = main;
    this.#declarations = declarations;
    for (const [owner, declared] of declarations.all()) this.#ask(owner, declared).catch(onError);
  }

  override declare(owner: string, name: string, standard: unknown, rule: ParamRule, given: unknown): Promise<void> {
    const declared: Declared = [name, standard, rule, given];
    this.#declarations.add(owner, declared);
    return this.#ask(owner, declared);
  }

  override undeclare(owner: string): void {
    this.#declarations.remove(owner);
    this.#main.ask({ name: owner }, verbs.undeclare, []).catch(() => {}); // with the link, they are taken back
  }

  #ask(owner: string, [name, standard, rule, given]: Declared): Promise<void> {
    return this.#main.ask({ name: owner }, verbs.declare, [name, standard, { ...rule }, given]);
  }
}

/** There is no main engine: nothing can be written. What is declared waits for the next one; until then the values stay as they were. */
export class NoUplink implements ParamOrder {
  readonly #declarations: Declarations;
  readonly #why: () => Error;

  constructor(declarations: Declarations, why: () => Error) {
    this.#declarations = declarations;
    this.#why = why;
  }

  write(write: ParamWriting): void {
    write.reject(this.#why());
  }

  declare(owner: string, name: string, standard: unknown, rule: ParamRule, given: unknown): undefined {
    this.#declarations.add(owner, [name, standard, rule, given]);
  }

  undeclare(owner: string): void {
    this.#declarations.remove(owner);
  }
}
