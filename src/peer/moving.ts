import { Gate } from "../stream/passage.ts";
import type { HubParts } from "./hub.ts";
import { entries, kinds, type LedgerEntry } from "./messages.ts";
import type { Remote } from "./remote.ts";

/** Whether an entry of the ledger is about a node that moves. */
export function isAboutMoving([kind]: LedgerEntry): boolean {
  return kind >= entries.hold && kind <= entries.release;
}

/** What an engine does while nodes move, wherever in the graph they do. */
export class Moving {
  readonly #id: number;
  readonly #parts: HubParts;
  readonly #remotes: ReadonlyMap<number, Remote>;
  /** What decides which items belong to a node that comes to this engine or leaves it, by its name. */
  readonly #gates: Map<string, Gate[]> = new Map();

  constructor(id: number, parts: HubParts, remotes: ReadonlyMap<number, Remote>) {
    this.#id = id;
    this.#parts = parts;
    this.#remotes = remotes;
  }

  /** An entry has come. */
  enter([kind, name, from, to]: LedgerEntry): void {
    const node = String(name);
    if (kind === entries.hold) this.#parts.services.hold(node);
    else if (kind === entries.cut) this.#cut(node, from as number, to as number);
    else {
      this.#gates.delete(node);
      for (const { peer } of this.#remotes.values()) peer.forget(keyOf(node));
      this.#parts.services.release(node);
    }
  }

  /** Another engine says that what it sends from now on belongs to the new place. */
  marked(engine: number, node: string): void {
    for (const gate of this.#gates.get(node) ?? []) gate.mark(engine);
  }

  /** Another engine has gone, and says nothing any more. */
  gone(engine: number): void {
    for (const gates of this.#gates.values()) for (const gate of gates) gate.mark(engine);
  }

  #cut(node: string, from: number, to: number): void {
    if (this.#id === from) this.#gate(node, false);
    else if (this.#id === to) this.#gate(node, true);
    for (const id of [from, to]) {
      const remote = this.#remotes.get(id);
      if (remote === undefined) continue;
      remote.streams.expel();
      remote.peer.preface(keyOf(node), [kinds.tell, "cut", node]);
    }
  }

  #gate(node: string, arriving: boolean): void {
    const gates: Gate[] = [];
    for (const topic of this.#parts.streams.topics()) {
      for (const subscription of topic.local()) {
        if (subscription.sender.name !== node) continue;
        const gate = (subscription.gate ??= new Gate(arriving));
        gate.cut(this.#remotes.keys());
        gates.push(gate);
      }
    }
    this.#gates.set(node, gates);
  }
}

function keyOf(node: string): string {
  return `cut ${node}`;
}
