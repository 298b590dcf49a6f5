import type { Services } from "../service/services.ts";
import { localSubscriptions } from "../stream/local-readers.ts";
import { Gate } from "../stream/handover.ts";
import type { Streams } from "../stream/streams.ts";
import { entries, kinds, type LedgerEntry } from "./messages.ts";
import type { Remote } from "./remote.ts";

/** Whether an entry of the ledger is about a node that moves. */
export function isAboutMoving([kind]: LedgerEntry): boolean {
  return kind >= entries.hold && kind <= entries.release;
}

/** What moving nodes touch in an engine. */
interface Movable {
  readonly services: Services;
  readonly streams: Streams;
}

/** What an engine does while nodes move, wherever in the graph they do. */
export class Moving {
  readonly #id: number;
  readonly #parts: Movable;
  readonly #remotes: ReadonlyMap<number, Remote>;
  /** What decides which items belong to a node that comes to this engine or leaves it, by its name; and the cut, by its position. */
  readonly #gates: Map<string, { readonly cut: number; readonly gates: readonly Gate[] }> = new Map();

  constructor(id: number, parts: Movable, remotes: ReadonlyMap<number, Remote>) {
    this.#id = id;
    this.#parts = parts;
    this.#remotes = remotes;
  }

  /** An entry has come, at that position in the ledger. */
  enter([kind, name, from, to, streams]: LedgerEntry, position: number): void {
    const node = String(name);
    if (kind === entries.hold) this.#parts.services.hold(node);
    else if (kind === entries.cut) this.#cut(position, node, [from as number, to as number], streams as string[]);
    else {
      this.#gates.delete(node);
      for (const { peer } of this.#remotes.values()) peer.forget(keyOf(node));
      this.#parts.services.release(node);
    }
  }

  /**
   * Another engine says that what it sends from now on belongs to the new place.
   *
   * @param cut of which: where there was no link, it may come after the node has gone on, or back
   */
  marked(engine: number, node: string, cut: number): void {
    const known = this.#gates.get(node);
    if (known?.cut === cut) { for (const gate of known.gates) gate.mark(engine); }
  }

  /** Another engine has gone, and says nothing any more. */
  gone(engine: number): void {
    for (const { gates } of this.#gates.values()) for (const gate of gates) gate.mark(engine);
  }

  #cut(cut: number, node: string, places: readonly [from: number, to: number], streams: readonly string[]): void {
    const here = places.indexOf(this.#id);
    if (here >= 0) this.#gates.set(node, { cut, gates: this.#gate(node, here === 1) });
    for (const id of places) {
      const remote = this.#remotes.get(id);
      if (remote === undefined) continue;
      if (id === places[1]) { for (const stream of streams) remote.streams.reachBack(stream); }
      for (const stream of streams) remote.streams.expel(stream);
      remote.peer.preface(keyOf(node), [kinds.tell, "cut", node, cut]);
    }
  }

  #gate(node: string, arriving: boolean): Gate[] {
    const gates: Gate[] = [];
    for (const topic of this.#parts.streams.topics()) {
      for (const subscription of localSubscriptions(topic)) {
        if (subscription.sender.name !== node) continue;
        const gate = (subscription.gate ??= new Gate(arriving));
        gate.cut(this.#remotes.keys());
        if (arriving) subscription.reachBack();
        gates.push(gate);
      }
    }
    return gates;
  }
}

function keyOf(node: string): string {
  return `cut ${node}`;
}
