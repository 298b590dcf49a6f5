import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import type { ParamOrder, ParamWriting } from "../param/params.ts";
import type { Ledger } from "./own-graph.ts";
import type { LedgerEntry } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** What one may ask of the main engine. */
export const verbs = {
  /** `[entry]`: puts it into the ledger. */
  enter: "enter",
  /** `[steps, expect]`: writes params. */
  set: "set",
  /** `[name, default, rule, given]`: declares a param. */
  declare: "declare",
  /** Takes all declarations of the sender back. */
  undeclare: "undeclare",
  /** `[name, description]`: keeps a name for a node of an engine that the main engine has not started. */
  reserve: "reserve",
  /** `[engine]`: makes the way to another engine. */
  introduce: "introduce",
} as const;

/**
 * The way to the main engine, which orders what happens in the graph.
 *
 * Whoever asks something of it is held back until that has its place: what it sends afterwards is seen after it.
 */
export class Uplink implements Ledger, ParamOrder {
  readonly #dispatcher: Dispatcher;
  readonly #main: Peer;
  readonly #onError: (error: unknown) => void;

  /** @param onError is told of an entry that the main engine has refused */
  constructor(dispatcher: Dispatcher, main: Peer, onError: (error: unknown) => void) {
    this.#dispatcher = dispatcher;
    this.#main = main;
    this.#onError = onError;
  }

  append(sender: Sender, entry: LedgerEntry): void {
    this.#main.ask(sender, verbs.enter, [entry], this.#dispatcher.hold(sender)).catch(this.#onError);
  }

  write(write: ParamWriting): void {
    const { writer, steps, options } = write;
    if (writer.ended !== undefined) return write.reject(writer.ended);
    const args = options?.expect === undefined ? [steps] : [steps, { ...options.expect }];
    this.#main.ask<number>(writer, verbs.set, args, this.#dispatcher.hold(writer)).then(
      (revision) => write.resolve(revision),
      (error) => write.reject(error),
    );
  }

  /** The main engine, which knows the nodes that it has others run, has declared their params before they start. */
  declare(..._declaration: Parameters<ParamOrder["declare"]>): Promise<void> | undefined {
    return undefined;
  }

  undeclare(_owner: string): void {
    // so does it
  }
}
