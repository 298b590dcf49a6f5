import type { Batch, Codec } from "../codec/codec.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { LinkError, ProtocolError } from "../errors.ts";
import type { Connection } from "../link/connection.ts";
import type { Greeted, Hello } from "./hello.ts";
import { type Envelope, kinds } from "./messages.ts";
import { fromWire } from "./wire-error.ts";

const largestBatch = 2 ** 20; // bytes after which a batch leaves at once
const longestBatch = 32; // entries after which it does, so that the other side begins while this one goes on
const behind = 2 ** 20; // bytes that wait for the system before streams hold back

interface Asked {
  readonly verb: string;
  readonly resolve: (result: any) => void;
  readonly reject: (error: unknown) => void;
  ordered: (() => void) | undefined;
}

/** A link, and what the other side has told of itself. */
export type Introduced = Greeted<Pick<Hello, "files">>;

/** What a peer needs of the engine it is a peer of. */
export interface PeerOwner {
  readonly codec: Codec;
  /** How far this engine has come in the ledger. */
  readonly position: number;
  /** Whether an envelope can be taken now: what comes before it, over another link, may still be on its way. */
  mayTake(envelope: Envelope): boolean;
  /** Whether an envelope goes ahead of those that wait. */
  overtakes(peer: Peer, envelope: Envelope): boolean;
  /** An envelope waits behind one that cannot be taken. */
  queued(envelope: Envelope): void;
  /** What this engine has sent to others since it was asked last, by engine; 0 for nothing. */
  after(): Readonly<Record<string, number>> | 0;
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
  name: string;
  readonly #owner: PeerOwner;
  /**
   * Whether the link leads beside the main engine. Then batches wait until this engine has come as far in the ledger as their sender,
   * and a link that breaks ends neither engine.
   */
  readonly direct: boolean;
  #connection: Connection | undefined;
  /** Whether somebody has been asked for a link. */
  #met = false;
  /** The folder in which this engine and the other one can share files. */
  folder: string | undefined;
  #batch: Batch;
  #scheduled = false;
  /** What has come and cannot be taken yet. */
  #inbox: Envelope[] = [];
  /** How far this engine had come when it was told last. */
  #toldPosition = 0;
  #asked = 0;
  readonly #answers: Map<number, Asked> = new Map();
  #down: Error | undefined;
  /** How many messages have come. */
  heard = 0;
  /** Whether a debugger may hold the other engine up. */
  debugged = false;
  /** What is to be said before anything else, by what it is about. */
  readonly #prefaces: Map<string, Envelope> = new Map();
  /** How much was said of calls and streams. */
  sent = 0;
  /** How much has been taken of calls and streams. */
  taken = 0;
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
    this.direct = direct;
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

  /** Whether something has come that cannot be taken yet. */
  get halted(): boolean {
    return this.#inbox.length > 0;
  }

  /** Whether something waits for a link. */
  get pending(): boolean {
    return this.#batch.length > 0;
  }

  /** Why nothing can be said any more. */
  get down(): Error | undefined {
    return this.#down;
  }

  /** Takes a link into use. A new one beside the main engine says that the other side has lost the one before. */
  attach({ hello, connection, early }: Introduced): void {
    const before = this.#connection;
    if (this.#down !== undefined || (before !== undefined && !this.direct)) return connection.destroy();
    this.#connection = connection;
    this.folder = hello.files === true ? connection.folder : undefined;
    if (before !== undefined) {
      const reason = new LinkError("the other side has made a new one");
      before.destroy(reason);
      this.#broke(reason);
    }
    connection.onMessage = (parts) => this.#receive(parts);
    connection.onDrain = () => this.onDrain();
    connection.onClose = (reason) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#met = false;
      this.#broke(reason);
    };
    for (const parts of early) this.#receive(parts);
    this.#schedule();
  }

  #broke(reason: Error | undefined): void {
    if (this.direct) {
      this.#batch = this.#owner.codec.batch(); // as what had gone already
      this.#toldPosition = 0;
      this.#forgetAsked(new LinkError(`the link to ${this.name} broke${reason === undefined ? "" : `: ${reason.message}`}`));
    }
    this.#owner.lost(this, reason);
  }

  /**
   * Says something; it leaves with all else that is said in this turn. What it holds may change afterwards.
   *
   * @throws ValueError when it is more than any engine would take
   */
  post(envelope: Envelope): void {
    if (this.#down !== undefined) return;
    if (this.#prefaces.size > 0) this.#sayPrefaces();
    if (this.direct && this.#toldPosition !== this.#owner.position) {
      this.#toldPosition = this.#owner.position;
      this.#batch.add([kinds.at, this.#toldPosition]);
    }
    this.#batch.add(envelope);
    if (envelope[0] >= kinds.call) this.sent++;
    if (this.#connection === undefined && !this.#met) {
      this.#met = true;
      this.onFirst();
    }
    if (!this.#scheduled) this.#schedule();
    else if (this.#batch.length >= longestBatch || this.#batch.bytes >= largestBatch) this.#flush();
  }

  /** Says something now; where there is no link, before anything else is said: it is no reason for one. */
  preface(key: string, envelope: Envelope): void {
    if (this.connected || this.pending) this.post(envelope);
    else this.#prefaces.set(key, envelope);
  }

  /** What was to be said of it is of no more use. */
  forget(key: string): void {
    this.#prefaces.delete(key);
  }

  #sayPrefaces(): void {
    const prefaces = [...this.#prefaces.values()];
    this.#prefaces.clear();
    for (const envelope of prefaces) this.post(envelope);
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
      this.#answers.set(id, { verb, resolve, reject, ordered });
      this.post([kinds.ask, id, sender.name, verb, ordered === undefined ? 0 : this.#owner.after(), ...args]);
    });
  }

  /** What was asked under that number, until it is answered. */
  asked(id: number): string | undefined {
    return this.#answers.get(id)?.verb;
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

  /** Something has come that what waits may have waited for. Says whether anything was taken. */
  catchUp(): boolean {
    const inbox = this.#inbox;
    let taken = 0;
    while (taken < inbox.length && this.#owner.mayTake(inbox[taken]!)) this.#owner.take(this, inbox[taken++]!);
    if (taken > 0) this.#inbox = inbox.slice(taken);
    return taken > 0;
  }

  /** There is no way to the other engine: what waits for one is lost, and the next word looks for one again. */
  unmet(reason: Error): void {
    if (this.#connection !== undefined) return;
    this.#forgetAsked(reason);
    this.#batch = this.#owner.codec.batch();
    this.#met = false;
  }

  /** Ends it: nothing is said any more, and what was asked is rejected. */
  end(reason: Error, destroy: boolean): void {
    if (this.#down !== undefined) return;
    if (!destroy) this.#flush();
    this.#down = reason;
    this.#inbox = [];
    const connection = this.#connection;
    this.#connection = undefined;
    if (destroy) connection?.destroy(reason);
    else connection?.close();
    this.#forgetAsked(reason);
  }

  #forgetAsked(reason: Error): void {
    const answers = [...this.#answers.values()];
    this.#answers.clear();
    for (const asked of answers) {
      asked.ordered?.();
      asked.reject(reason);
    }
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
    connection.send(this.#batch.finish());
  };

  #receive(parts: Uint8Array[]): void {
    this.heard++;
    try {
      const batch = this.#owner.codec.decode(parts);
      if (!Array.isArray(batch)) throw new ProtocolError("what came is no batch");
      let i = 0;
      if (this.#inbox.length === 0) { while (i < batch.length && this.#owner.mayTake(batch[i])) this.#owner.take(this, batch[i++]); }
      for (; i < batch.length; i++) {
        if (this.#owner.overtakes(this, batch[i])) this.#owner.take(this, batch[i]);
        else {
          this.#inbox.push(batch[i]);
          this.#owner.queued(batch[i]);
        }
      }
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** Gives the link back the memory of something that has come and is no longer used. */
  reuse(memory: ArrayBuffer): void {
    this.#connection?.reuse?.(memory);
  }

  /** The other side has said what cannot be: this ends the link, never the engine. */
  fail(reason: Error): void {
    this.#connection?.destroy(reason);
  }
}
