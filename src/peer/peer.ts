import type { Batch, Codec } from "../codec/codec.ts";
import type { Sender } from "../dispatch/dispatcher.ts";
import { StateError } from "../errors.ts";
import type { Connection } from "../link/connection.ts";
import type { Greeted } from "./hello.ts";
import { type Envelope, kinds } from "./messages.ts";
import { fromWire } from "./wire-error.ts";

const largestBatch = 2 ** 20; // bytes after which a batch leaves at once
const behind = 2 ** 20; // bytes that wait for the system before streams hold back

interface Asked {
  readonly resolve: (result: any) => void;
  readonly reject: (error: unknown) => void;
  ordered: (() => void) | undefined;
}

/** What a peer needs of the engine it is a peer of. */
export interface PeerOwner {
  readonly codec: Codec;
  /** How far this engine has come in the ledger. */
  readonly position: number;
  /** Takes an envelope. What it throws closes the link: an envelope that cannot be read is no reason to end an engine. */
  take(peer: Peer, envelope: Envelope): void;
  /** The link is down. */
  lost(peer: Peer, reason: Error | undefined): void;
}

/**
 * Another engine, seen from this one: what is said to it, in batches, and what it says.
 *
 * What is said before the link is there waits for it.
 */
export class Peer {
  readonly id: number;
  /** As people know it. */
  readonly name: string;
  readonly #owner: PeerOwner;
  /** Whether batches wait until this engine has come as far in the ledger as their sender: not on a link that carries the ledger itself. */
  readonly #ordered: boolean;
  #connection: Connection | undefined;
  readonly #batch: Batch;
  #scheduled = false;
  #early: { readonly position: number; readonly envelopes: readonly Envelope[] }[] = [];
  #asked = 0;
  readonly #answers: Map<number, Asked> = new Map();
  #down: Error | undefined;
  /** How much was said of calls and streams. */
  sent = 0;
  /** Called when something is said for the first time and there is no link yet. */
  onFirst: () => void = () => {};
  /** Called when the system has taken what it was behind with. */
  onDrain: () => void = () => {};

  /**
   * @param owner the engine
   * @param id the other engine's number in the graph
   * @param name the other engine's name
   * @param direct whether the link leads beside the main engine
   */
  constructor(owner: PeerOwner, id: number, name: string, direct: boolean) {
    this.#owner = owner;
    this.id = id;
    this.name = name;
    this.#ordered = direct;
    this.#batch = owner.codec.batch();
  }

  /** Whether there is a link. */
  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Whether the link has more to send than it should. */
  get behind(): boolean {
    return this.#connection !== undefined && this.#connection.buffered > behind;
  }

  /** Why nothing can be said any more. */
  get down(): Error | undefined {
    return this.#down;
  }

  /** Takes a link into use. */
  attach({ connection, early }: Greeted): void {
    if (this.#down !== undefined || this.#connection !== undefined) return connection.destroy();
    this.#connection = connection;
    connection.onMessage = (parts) => this.#receive(parts);
    connection.onDrain = () => this.onDrain();
    connection.onClose = (reason) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#owner.lost(this, reason);
    };
    for (const parts of early) this.#receive(parts);
    this.#schedule();
  }

  /**
   * Says something; it leaves with all else that is said in this turn. What it holds may change afterwards.
   *
   * @throws ValueError when it is more than any engine would take
   */
  post(envelope: Envelope): void {
    if (this.#down !== undefined) return;
    this.#batch.add(envelope);
    if (envelope[0] >= kinds.call) this.sent++;
    if (this.#connection === undefined && this.#batch.length === 1) this.onFirst();
    if (!this.#scheduled) this.#schedule();
    else if (this.#batch.bytes >= largestBatch) this.#flush();
  }

  /**
   * Asks for something.
   *
   * @param sender in whose name
   * @param ordered called once, when what was asked has its place in the ledger, or will not get one
   */
  ask<T>(sender: Sender, verb: string, args: readonly unknown[], ordered?: () => void): Promise<T> {
    if (this.#down !== undefined) {
      ordered?.();
      return Promise.reject(this.#down);
    }
    const id = ++this.#asked;
    return new Promise<T>((resolve, reject) => {
      this.#answers.set(id, { resolve, reject, ordered });
      this.post([kinds.ask, id, sender.name, verb, ...args]);
    });
  }

  /** What was asked here is answered there. */
  answer(kind: number, id: number, result: unknown): void {
    const asked = this.#answers.get(id);
    if (asked === undefined) return;
    asked.ordered?.();
    asked.ordered = undefined;
    if (kind === kinds.ordered) return;
    this.#answers.delete(id);
    if (kind === kinds.done) asked.resolve(result);
    else asked.reject(fromWire(result));
  }

  /** This engine has come further in the ledger: what has waited for it may come in. */
  catchUp(): void {
    const { position } = this.#owner;
    while (this.#early.length > 0 && this.#early[0]!.position <= position) this.#take(this.#early.shift()!.envelopes);
  }

  /** Ends it: nothing is said any more, and what was asked is rejected. */
  end(reason: Error, destroy: boolean): void {
    if (this.#down !== undefined) return;
    if (!destroy) this.#flush();
    this.#down = reason;
    this.#early = [];
    const connection = this.#connection;
    this.#connection = undefined;
    if (destroy) connection?.destroy(reason);
    else connection?.close();
    for (const asked of this.#answers.values()) {
      asked.ordered?.();
      asked.reject(reason);
    }
    this.#answers.clear();
  }

  #schedule(): void {
    if (this.#connection === undefined || this.#batch.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const connection = this.#connection;
    if (connection === undefined || this.#batch.length === 0 || this.#down !== undefined) return;
    this.#batch.add(this.#owner.position);
    connection.send(this.#batch.finish());
  };

  #receive(parts: Uint8Array[]): void {
    try {
      const batch = this.#owner.codec.decode(parts);
      const position: unknown = Array.isArray(batch) ? batch.pop() : undefined;
      if (typeof position !== "number") throw new StateError("a batch ends with a position");
      const envelopes = batch as Envelope[];
      if (this.#ordered && (position > this.#owner.position || this.#early.length > 0)) this.#early.push({ position, envelopes });
      else this.#take(envelopes);
    } catch (error) {
      this.#connection?.destroy(error as Error);
    }
  }

  #take(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) this.#owner.take(this, envelope);
  }
}
