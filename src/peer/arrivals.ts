import { entries, type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { Remote } from "./remote.ts";

/** How far an engine has come, and whom it hears from. */
export interface Place {
  readonly id: number;
  readonly position: number;
  readonly remotes: ReadonlyMap<number, Remote>;
}

/**
 * What has come over all links, and what has to come first: messages go beside the ledger, and are still to be seen in one order.
 *
 * What was sent when its sender had come to a position waits until this engine has come as far. An entry of the ledger waits until
 * what its engine had sent to this one before has come.
 */
export class Arrivals {
  readonly #place: Place;
  /** How much has come of calls and streams, from all engines. */
  received = 0;
  #expecting: { readonly count: number; readonly resolve: () => void } | undefined;
  /** Engines of which the ledger says, further on, that they are gone. */
  readonly #dead: Set<number> = new Set();
  /** How much had been sent to each engine when the main engine was told last. */
  readonly #told: Map<number, number> = new Map();
  #catching = false;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Whether an envelope can be taken now. */
  mayTake([kind, position, engine, after]: Envelope): boolean {
    const { id, position: own, remotes } = this.#place;
    if (kind === kinds.at) return (position as number) <= own;
    if (kind !== kinds.log || after === 0) return true;
    const expected = (after as Record<string, number> | undefined)?.[id];
    const remote = remotes.get(engine as number);
    return expected === undefined || remote === undefined || remote.peer.taken >= expected || this.#dead.has(engine as number);
  }

  /** An envelope waits behind one that cannot be taken. */
  queued([kind, , engine, , entry]: Envelope): void {
    if (kind !== kinds.log || entry !== entries.gone) return;
    this.#dead.add(engine as number); // what it has sent, and has not come yet, never will
    this.catchUp();
  }

  /** What was sent to each engine since this was asked last; 0 for nothing. */
  after(): Readonly<Record<string, number>> | 0 {
    let after: Record<string, number> | 0 = 0;
    for (const [id, { peer }] of this.#place.remotes) {
      if (id === 0 || (this.#told.get(id) ?? 0) === peer.sent) continue;
      this.#told.set(id, peer.sent);
      (after ||= {})[id] = peer.sent;
    }
    return after;
  }

  /** Takes what has waited for what has come now. */
  catchUp(): void {
    if (this.#catching) return;
    this.#catching = true;
    let more = true;
    while (more) {
      more = false;
      for (const { peer } of [...this.#place.remotes.values()]) more = peer.catchUp() || more;
    }
    this.#catching = false;
  }

  /** Something of calls and streams has come. */
  count(peer: Peer): void {
    this.received++;
    peer.taken++;
    if (!this.#catching && this.#halted) queueMicrotask(() => this.catchUp());
    if (this.#expecting === undefined || this.received < this.#expecting.count) return;
    // Behind what came with it, which is still being taken.
    queueMicrotask(this.#expecting.resolve);
    this.#expecting = undefined;
  }

  /** Resolves when so much has come of calls and streams, or an engine was lost that some of it may have been from. */
  hasReceived(count: number): Promise<void> {
    if (this.received >= count) return Promise.resolve();
    return new Promise((resolve) => (this.#expecting = { count, resolve }));
  }

  /** An engine was lost: nobody waits for what may have been on its way. */
  giveUp(): void {
    this.#expecting?.resolve();
    this.#expecting = undefined;
  }

  get #halted(): boolean {
    for (const { peer } of this.#place.remotes.values()) if (peer.halted) return true;
    return false;
  }
}
