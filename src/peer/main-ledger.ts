import type { Sender } from "../dispatch/delivery.ts";
import type { Hub } from "./hub.ts";
import type { Ledger } from "./own-graph.ts";
import { entries, kinds, type LedgerEntry } from "./messages.ts";
import { isAboutMoving } from "./moving.ts";
import type { Remote } from "./remote.ts";

/** The ledger in the main engine: it gives every change of the graph its place, and tells all engines. */
export class MainLedger implements Ledger {
  readonly #hub: Hub;
  /** Who has the whole ledger, and is told what comes. */
  readonly #joined: Set<Remote> = new Set();
  /** What is in force, by engine: whoever joins is told it. */
  readonly #current: Map<number, Map<string, LedgerEntry>> = new Map();

  /** Called when all have been told of an entry. */
  onAdd: () => void = () => {};

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  append(_sender: Sender, entry: LedgerEntry): void {
    this.add(this.#hub.id, entry);
  }

  /**
   * Gives an entry of an engine its place.
   *
   * @param after what that engine has sent to others before
   */
  add(engine: number, entry: LedgerEntry, after: Readonly<Record<string, number>> | 0 = 0): void {
    this.#note(engine, entry);
    const position = this.#hub.position + 1;
    const tell = () => {
      for (const { peer } of this.#joined) peer.post([kinds.log, position, engine, after, ...entry]);
    };
    if (isAboutMoving(entry)) tell(); // before what this engine says because of it
    this.#hub.enter(position, engine, entry);
    if (!isAboutMoving(entry)) tell();
    this.onAdd();
  }

  /** Tells an engine all that is in force; from now on it is told what comes. */
  join(remote: Remote): void {
    const { position, parts: { params } } = this.#hub;
    const tell = (engine: number, entry: LedgerEntry) => remote.peer.post([kinds.log, position, engine, 0, ...entry]);
    tell(0, [entries.params, params.tree.contents().map(({ name, value }) => [name, value]), params.revision]);
    for (const [engine, all] of this.#current) for (const entry of all.values()) tell(engine, entry);
    this.#joined.add(remote);
  }

  /** An engine has gone, and all that was its own. */
  leave(remote: Remote, reason: string): void {
    this.#joined.delete(remote);
    this.add(remote.peer.id, [entries.gone, reason]);
  }

  #note(engine: number, entry: LedgerEntry): void {
    const [kind, a] = entry;
    if (kind === entries.params || kind === entries.cut) return;
    if (kind === entries.gone) return void this.#current.delete(engine);
    let all = this.#current.get(engine);
    if (all === undefined) this.#current.set(engine, all = new Map());
    if (kind === entries.noService || kind === entries.noStream) all.delete(`ref ${String(a)}`);
    else if (kind === entries.release) all.delete(`hold ${String(a)}`);
    else if (kind === entries.hold) all.set(`hold ${String(a)}`, entry);
    else if (kind === entries.noInterest) all.delete(`interest ${String(a)}`);
    else if (kind === entries.interest) all.set(`interest ${String(a)}`, entry);
    else if (kind === entries.engine) all.set("engine", entry);
    else all.set(`ref ${String(a)}`, entry);
  }
}
