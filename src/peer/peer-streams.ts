import type { Codec } from "../codec/codec.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { ProtocolError } from "../errors.ts";
import { isReadWhole } from "../stream/local-readers.ts";
import type { StreamOptions } from "../stream/options.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { Run } from "../stream/run.ts";
import type { Streams } from "../stream/streams.ts";
import type { Subscription } from "../stream/subscription.ts";
import { BulkIn, BulkOut } from "./bulk.ts";
import { Inlet } from "./inlet.ts";
import { type Envelope, kinds } from "./messages.ts";
import { Outlet } from "./outlet.ts";
import type { Peer } from "./peer.ts";

/** A stream that is published in another engine. */
interface Published {
  readonly name: string;
  readonly owner: string;
  readonly options: StreamOptions;
  inlet: Inlet | undefined;
  /** Whether what has come of it before belongs to nobody any more. */
  silenced: boolean;
  /** What the other engine has told of it last. */
  readonly publisher: { emitted: number };
}

/** The numbers of the publishers in this engine. */
export interface PublisherRefs {
  refOf(publisher: Publisher): number | undefined;
  publisherOf(ref: number): Publisher | undefined;
}

/** The streams between this engine and one other, both ways. */
export class PeerStreams {
  readonly #peer: Peer;
  readonly #dispatcher: Dispatcher;
  readonly #streams: Streams;
  readonly #refs: () => PublisherRefs;
  /** What is published there, by its number there. */
  readonly #published: Map<number, Published> = new Map();
  readonly #byName: Map<string, Set<Published>> = new Map();
  /** What is subscribed to there: whether by somebody who reads every item. */
  readonly #interests: Map<string, boolean> = new Map();
  readonly #outlets: Map<string, Outlet> = new Map();
  readonly #codec: Codec;
  readonly #bulkOut: BulkOut;
  readonly #bulkIn: BulkIn;

  /**
   * @param refs the numbers of the publishers in this engine
   * @param codec what the link speaks
   * @param calls how many calls there have been, either way
   */
  constructor(peer: Peer, dispatcher: Dispatcher, streams: Streams, refs: () => PublisherRefs, codec: Codec, calls: () => number) {
    this.#peer = peer;
    this.#codec = codec;
    this.#bulkOut = new BulkOut(peer, calls);
    this.#bulkIn = new BulkIn(peer);
    this.#dispatcher = dispatcher;
    this.#streams = streams;
    this.#refs = refs;
  }

  /** Somebody there publishes. */
  publish(ref: number, name: string, owner: string, options: StreamOptions): void {
    const published: Published = { name, owner, options, inlet: undefined, silenced: false, publisher: { emitted: 0 } };
    this.#published.set(ref, published);
    let all = this.#byName.get(name);
    if (all === undefined) this.#byName.set(name, all = new Set());
    all.add(published);
    this.#streams.enterElsewhere(published);
  }

  /** How many items somebody there has emitted. */
  setEmitted(ref: number, items: number): void {
    const published = this.#published.get(ref);
    if (published !== undefined) published.publisher.emitted = items;
  }

  /** Somebody there no longer publishes. */
  unpublish(ref: number): void {
    const published = this.#published.get(ref);
    if (published === undefined) return;
    this.#published.delete(ref);
    const all = this.#byName.get(published.name)!;
    all.delete(published);
    if (all.size === 0) this.#byName.delete(published.name);
    this.#streams.leaveElsewhere(published);
  }

  /** Somebody there subscribes, or reads in another way. */
  interest(name: string, queued: boolean): void {
    this.#interests.set(name, queued);
    const outlet = this.#outlets.get(name);
    if (outlet === undefined) return this.open(name);
    outlet.queued = queued;
    outlet.drained();
  }

  /** Nobody there subscribes any more. */
  noInterest(name: string): void {
    this.#interests.delete(name);
    this.#close(name);
  }

  /** Opens the way for a stream that is published here, where somebody there subscribes to it. */
  open(name: string): void {
    const queued = this.#interests.get(name);
    if (queued === undefined || this.#outlets.has(name)) return;
    const topic = this.#streams.published(name);
    if (topic === undefined) return;
    const link = { peer: this.#peer, bulk: this.#bulkOut, codec: this.#codec };
    const outlet = new Outlet(topic, link, queued, this.#dispatcher.simulated, (publisher) => this.#refs().refOf(publisher));
    this.#outlets.set(name, outlet);
    topic.add(outlet);
    for (const publisher of topic.publishers) publisher.greet(outlet);
  }

  /** Somebody here no longer publishes. */
  withdraw(publisher: Publisher): void {
    const { name } = publisher.topic;
    const outlet = this.#outlets.get(name);
    if (outlet === undefined) return;
    // What it has sent before goes out first.
    this.#dispatcher.send({
      sender: publisher.sender,
      deliver: () => {
        outlet.forget(publisher);
        if (publisher.topic.publishers.size === 0) this.#close(name);
      },
    });
  }

  /** Somebody here subscribes to a stream that is published there. */
  greet(name: string, subscription: Subscription): void {
    for (const { inlet } of this.#byName.get(name) ?? []) inlet?.greet(subscription);
  }

  /** Nobody here subscribes any more: what was known of the items is old when somebody does again. */
  silence(name: string): void {
    for (const published of this.#byName.get(name) ?? []) {
      published.silenced ||= published.inlet !== undefined;
      published.inlet = undefined;
    }
  }

  /** The other engine says something about a stream. */
  take(envelope: Envelope): void {
    const [kind, ref] = envelope;
    if (kind === kinds.bulk) return this.#chunk(envelope);
    if (kind === kinds.file) return this.#bulkIn.open(envelope.slice(1));
    if (kind === kinds.read) return this.#bulkOut.read(ref as number);
    if (kind === kinds.taken) return this.#taken(ref as number);
    const published = this.#published.get(ref as number);
    if (published !== undefined) return this.#send(this.#arrive(published, envelope));
    // The ledger tells of the stream, and its entry waits for its turn; what has come behind it waits, too.
    const sender = { name: this.#peer.name };
    let arrived: Run | undefined;
    const deliver = (most: number): boolean => {
      const late = arrived === undefined ? this.#published.get(ref as number) : undefined;
      try {
        if (late !== undefined) arrived = this.#arrive(late, envelope);
      } catch (error) {
        this.#peer.fail(error as Error);
      }
      return arrived?.deliver(most) ?? false;
    };
    this.#dispatcher.send({ sender, deliver });
  }

  #send(run: Run | undefined): void {
    if (run !== undefined) this.#dispatcher.send(run);
  }

  /** Items of a known stream have come: they are to be sent on, or delivered now. */
  #arrive(published: Published, [kind, ref, seq, stamp, what, values]: Envelope): Run | undefined {
    const topic = this.#streams.subscribed(published.name);
    if (topic === undefined) {
      if (kind === kinds.items) this.#peer.post([kinds.taken, ref]);
      return undefined;
    }
    // Whoever has subscribed anew was not meant by what has gone before.
    if (kind === kinds.resume && published.inlet === undefined && published.silenced) return undefined;
    published.inlet ??= new Inlet(
      this.#peer.id,
      this.#dispatcher,
      topic,
      published.owner,
      published.options,
      this.#streams.development,
      () => this.#peer.post([kinds.taken, ref]),
    );
    if (kind === kinds.greet) return void published.inlet.greetAll(what, seq as number, stamp as number, values === 1);
    if (kind === kinds.resume) return void published.inlet.resume(seq as number, stamp as number);
    return published.inlet.arrive(
      values as unknown[],
      seq as number,
      stamp as number,
      what as 0,
      !isReadWhole(topic) && !this.#dispatcher.simulated,
    );
  }

  /** A turn has ended: what was lost in it is told. */
  turnEnds(): void {
    for (const outlet of this.#outlets.values()) outlet.tellLosses();
  }

  /** The link is no longer behind. */
  drained(): void {
    this.#bulkOut.drained();
    for (const outlet of this.#outlets.values()) outlet.drained();
  }

  /** What is on its way here is for the other engine: the node that subscribes has gone there. */
  reachBack(name: string): void {
    this.#outlets.get(name)?.reachBack();
  }

  /** Sends what waits of a stream, whatever the link is behind with. */
  expel(name: string): void {
    this.#outlets.get(name)?.expel();
  }

  /** Whether something waits for the link. */
  get pending(): boolean {
    return [...this.#outlets.values()].some((outlet) => outlet.pending);
  }

  /**
   * The link is down; the other engine may still be there, and is to know what it has missed.
   *
   * @param anew whether that is a reason to look for a new link
   */
  linkLost(anew: boolean): void {
    const say = (resume: Envelope): void => {
      if (anew) this.#peer.post(resume);
      else this.#peer.preface(`${kinds.resume} ${String(resume[1])}`, resume);
    };
    for (const outlet of this.#outlets.values()) outlet.places(say); // before anything else goes
    this.#bulkIn.clear();
    this.#bulkOut.linkLost();
    for (const outlet of this.#outlets.values()) outlet.linkLost();
  }

  /** The other engine has gone. */
  end(): void {
    this.#bulkIn.clear();
    this.#bulkOut.end();
    for (const ref of [...this.#published.keys()]) this.unpublish(ref);
    for (const name of [...this.#outlets.keys()]) this.#close(name);
    this.#interests.clear();
  }

  #chunk(chunk: Envelope): void {
    const parts = this.#bulkIn.take(chunk);
    if (parts === undefined) return;
    const envelope = this.#codec.decode(parts);
    if (!Array.isArray(envelope) || envelope[0] !== kinds.items) throw new ProtocolError("what came in chunks is no item");
    this.take(envelope as unknown as Envelope);
  }

  #taken(ref: number): void {
    const publisher = this.#refs().publisherOf(ref);
    if (publisher !== undefined) this.#outlets.get(publisher.topic.name)?.taken(publisher);
  }

  #close(name: string): void {
    const outlet = this.#outlets.get(name);
    if (outlet === undefined) return;
    this.#outlets.delete(name);
    outlet.end();
    outlet.topic.remove(outlet);
    this.#streams.forget(outlet.topic);
  }
}
