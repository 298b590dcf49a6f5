import { setImmediate } from "node:timers";
import type { Codec } from "../codec/codec.ts";
import type { Dispatcher, Sender } from "../dispatch/dispatcher.ts";
import { LinkError, ProtocolError } from "../errors.ts";
import type { ParamChange } from "../param/nodes.ts";
import type { Params } from "../param/params.ts";
import type { Provider } from "../service/provider.ts";
import type { ServiceDirectory, Services } from "../service/services.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { StreamDirectory, Streams } from "../stream/streams.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { Topic } from "../stream/topic.ts";
import { entries, type Envelope, kinds, type LedgerEntry } from "./messages.ts";
import { isAboutMoving, Moving } from "./moving.ts";
import { PeerCalls } from "./peer-calls.ts";
import { PeerStreams, type PublisherRefs } from "./peer-streams.ts";
import { Peer, type PeerOwner } from "./peer.ts";
import type { Remote } from "./remote.ts";
import { RemoteTarget } from "./remote-target.ts";
import { verbs } from "./uplink.ts";
import { toWire } from "./wire-error.ts";

const self: Sender = { name: "/" };
const mostWithdrawn = 10_000; // services that are remembered for calls that are on their way to them

/** What the hub needs of its engine. */
export interface HubParts {
  readonly dispatcher: Dispatcher;
  readonly services: Services;
  readonly streams: Streams;
  readonly params: Params;
  readonly codec: Codec;
}

/** Puts something into the ledger: the main engine itself, or by asking it. */
export interface Ledger {
  append(sender: Sender, entry: LedgerEntry): void;
}

/** What another engine asks. */
export interface Request {
  readonly verb: string;
  readonly args: readonly unknown[];
  /** In whose name. */
  readonly sender: Sender;
  /** What that engine has sent to others before. */
  readonly after: Readonly<Record<string, number>> | 0;
  /** Tells it, before the answer, that what it asked for has its place in the ledger. */
  ordered(): void;
}

/** Answers what another engine asks; what it throws, or rejects with, goes back. */
export type Answer = (remote: Remote, request: Request) => unknown;

/**
 * All other engines, seen from one: who they are, what of the graph is there, and what of this engine they are told.
 *
 * It knows the graph by the ledger, which the main engine writes: all engines see all changes in one order.
 */
export class Hub implements PeerOwner, ServiceDirectory, StreamDirectory, PublisherRefs {
  /** This engine's number in the graph; 0 is the main engine. */
  readonly id: number;
  readonly codec: Codec;
  readonly parts: HubParts;
  position = 0;
  /** How much has come of calls and streams, from all engines. */
  received = 0;
  #expecting: { readonly count: number; readonly resolve: () => void } | undefined;
  readonly remotes: Map<number, Remote> = new Map();
  /** Engines of which the ledger says, further on, that they are gone. */
  readonly #dead: Set<number> = new Set();
  /** How much had been sent to each engine when the main engine was told last. */
  readonly #told: Map<number, number> = new Map();
  #catching = false;
  readonly #moving: Moving;
  /** Is told when a link is down. */
  onLost: (remote: Remote, reason: Error | undefined) => void = () => {};
  /** Makes the way to another engine that nobody has spoken to yet. */
  onNew: (remote: Remote) => void = () => {};
  /** Is told when what another engine has asked was answered. */
  onAnswer: (remote: Remote) => void = () => {};
  /** Is told what another engine tells. */
  onTold: (remote: Remote, verb: string, args: readonly unknown[]) => void = () => {};
  #ledger!: Ledger;
  readonly #answer: Answer;
  #refs = 0;
  readonly #services: Map<number, Provider> = new Map();
  readonly #serviceRefs: Map<Provider, number> = new Map();
  readonly #withdrawn: number[] = [];
  readonly #publishers: Map<number, Publisher> = new Map();
  readonly #publisherRefs: Map<Publisher, number> = new Map();
  /** The numbers of the subscriptions here, by which the main engine is told of them. */
  readonly #subscriptions: Map<Subscription, number> = new Map();
  /** How this engine reads streams, as others know it. */
  readonly #reads: Map<string, boolean> = new Map();

  /**
   * @param id this engine's number
   * @param parts of the engine
   * @param answer answers what others ask
   */
  constructor(id: number, parts: HubParts, answer: Answer) {
    this.id = id;
    this.parts = parts;
    this.codec = parts.codec;
    this.#answer = answer;
    this.#moving = new Moving(id, parts, this.remotes);
  }

  /** Begins to tell others of this engine: of what is there now, and of what comes. */
  open(ledger: Ledger): void {
    this.#ledger = ledger;
    const { services, streams } = this.parts;
    services.directory = streams.directory = this;
    const { dispatcher } = this.parts;
    const tellLosses = () => {
      for (const remote of this.remotes.values()) remote.streams.turnEnds();
    };
    if (dispatcher.simulated) dispatcher.onShipped = tellLosses;
    else dispatcher.whenTurnEnds(tellLosses);
    for (const provider of services.local()) this.provided(provider);
    for (const topic of streams.topics()) {
      for (const publisher of topic.publishers) this.published(publisher);
      for (const subscription of topic.local()) streams.tell(subscription);
    }
  }

  /** The engine of that number; it is made where nobody has spoken of it yet. */
  remote(id: number, name: string = `engine ${id}`): Remote {
    let remote = this.remotes.get(id);
    if (remote !== undefined) return remote;
    const peer = new Peer(this, id, name, id !== 0 && this.id !== 0);
    const { dispatcher, streams } = this.parts;
    remote = { peer, calls: new PeerCalls(peer), streams: new PeerStreams(peer, dispatcher, streams, this), targets: new Map() };
    this.remotes.set(id, remote);
    peer.onDrain = () => {
      remote.streams.drained();
      remote.calls.drained();
    };
    peer.onFirst = () => this.onNew(remote);
    return remote;
  }

  /** An entry of the ledger has come, or was made here. */
  enter(position: number, engine: number, entry: LedgerEntry): void {
    this.position = position;
    if (entry[0] === entries.params) this.#params(entry);
    else if (isAboutMoving(entry)) this.#moving.enter(entry);
    else if (engine !== this.id) this.#enter(engine, entry);
    this.#catchUp();
  }

  mayTake(_peer: Peer, [kind, position, engine, after]: Envelope): boolean {
    if (kind === kinds.at) return (position as number) <= this.position;
    if (kind !== kinds.log || after === 0) return true;
    const expected = (after as Record<string, number> | undefined)?.[this.id];
    const remote = this.remotes.get(engine as number);
    return expected === undefined || remote === undefined || remote.peer.taken >= expected || this.#dead.has(engine as number);
  }

  queued([kind, , engine, , entry]: Envelope): void {
    if (kind !== kinds.log || entry !== entries.gone) return;
    this.#dead.add(engine as number); // what it has sent, and has not come yet, never will
    this.#catchUp();
  }

  after(): Readonly<Record<string, number>> | 0 {
    let after: Record<string, number> | 0 = 0;
    for (const [id, { peer }] of this.remotes) {
      if (id === 0 || (this.#told.get(id) ?? 0) === peer.sent) continue;
      this.#told.set(id, peer.sent);
      (after ||= {})[id] = peer.sent;
    }
    return after;
  }

  #catchUp(): void {
    if (this.#catching) return;
    this.#catching = true;
    let more = true;
    while (more) {
      more = false;
      for (const { peer } of [...this.remotes.values()]) more = peer.catchUp() || more;
    }
    this.#catching = false;
  }

  /** All that others must know of this engine to join now. */
  *snapshot(): Generator<LedgerEntry> {
    for (const [provider, ref] of this.#serviceRefs) yield serviceEntry(provider, ref);
    for (const [publisher, ref] of this.#publisherRefs) yield streamEntry(publisher, ref);
    for (const [name, queued] of this.#reads) yield [entries.interest, name, queued];
  }

  take(peer: Peer, envelope: Envelope): void {
    const remote = this.remotes.get(peer.id);
    if (remote === undefined) return;
    const [kind, a, b] = envelope;
    if (kind >= kinds.call) this.#count(peer);
    switch (kind) {
      case kinds.call:
        return remote.calls.arrive(this.#services.get(b as number), envelope);
      case kinds.reply:
      case kinds.fail:
      case kinds.refuse:
      case kinds.progress:
      case kinds.abandon:
      case kinds.away:
        return remote.calls.take(envelope);
      case kinds.items:
      case kinds.greet:
      case kinds.taken:
        return remote.streams.take(envelope);
      case kinds.at:
        return;
      case kinds.log:
        if (peer.id !== 0) throw new ProtocolError(`${peer.name} is not the main engine, and cannot order anything`);
        return this.#inTurn(() => this.enter(a as number, b as number, envelope.slice(4) as never));
      case kinds.ask:
        return this.#asked(remote, envelope);
      case kinds.ordered:
      case kinds.done:
      case kinds.refused:
        return this.#inTurn(() => peer.answer(kind, a as number, b));
      case kinds.tell:
        if (a === "cut") return this.#inTurn(() => this.#moving.marked(peer.id, String(b)));
        return this.onTold(remote, String(a), envelope.slice(2));
      default:
        throw new ProtocolError(`${peer.name} has sent an envelope of the unknown kind ${String(kind)}`);
    }
  }

  /** Resolves when what was said to the other engines before has been delivered there. */
  async flush(): Promise<void> {
    while ([...this.remotes.values()].some(({ streams }) => streams.pending)) await new Promise((resolve) => setImmediate(resolve));
    const linked = [...this.remotes.values()].filter(({ peer }) => peer.connected || peer.pending);
    await Promise.all(linked.map(({ peer }) => peer.ask(self, "flushed", []).catch(() => {})));
  }

  /** Resolves when what was said to some engines before has been delivered there; nothing was where there is no link. */
  async reach(ids: readonly number[]): Promise<void> {
    const peers = ids.map((id) => this.remotes.get(id)?.peer).filter((peer) => peer !== undefined && (peer.connected || peer.pending));
    await Promise.all(peers.map((peer) => peer!.ask(self, "flushed", []).catch(() => {})));
  }

  /** Resolves when so much has come of calls and streams, or an engine was lost that some of it may have been from. */
  hasReceived(count: number): Promise<void> {
    if (this.received >= count) return Promise.resolve();
    return new Promise((resolve) => (this.#expecting = { count, resolve }));
  }

  get #halted(): boolean {
    return [...this.remotes.values()].some(({ peer }) => peer.halted);
  }

  lost(peer: Peer, reason: Error | undefined): void {
    peer.taken = Infinity; // what was on its way is lost: nobody is to wait for it
    this.#catchUp();
    const remote = this.remotes.get(peer.id);
    if (remote !== undefined) this.onLost(remote, reason);
  }

  /** Another engine has gone: what was out to it is lost, and what was there leaves the graph. */
  drop(id: number, why: Error, destroy = true): void {
    const remote = this.remotes.get(id);
    if (remote === undefined) return;
    this.remotes.delete(id);
    this.#moving.gone(id);
    this.#expecting?.resolve();
    for (const target of remote.targets.values()) this.parts.services.leave(target);
    remote.streams.end();
    remote.peer.end(why, destroy);
    remote.calls.end(why.message);
  }

  provided(provider: Provider): void {
    const ref = ++this.#refs;
    this.#services.set(ref, provider);
    this.#serviceRefs.set(provider, ref);
    this.#ledger.append(provider.sender, serviceEntry(provider, ref));
  }

  withdrawn(provider: Provider): void {
    const ref = this.#serviceRefs.get(provider);
    if (ref === undefined) return;
    this.#serviceRefs.delete(provider);
    this.#withdrawn.push(ref);
    if (this.#withdrawn.length > mostWithdrawn) this.#services.delete(this.#withdrawn.shift()!);
    this.#ledger.append(provider.sender, [entries.noService, ref]);
  }

  published(publisher: Publisher): void {
    const ref = ++this.#refs;
    this.#publishers.set(ref, publisher);
    this.#publisherRefs.set(publisher, ref);
    this.#ledger.append(publisher.sender, streamEntry(publisher, ref));
    for (const { streams } of this.remotes.values()) streams.open(publisher.topic.name);
  }

  unpublished(publisher: Publisher): void {
    for (const { streams } of this.remotes.values()) streams.withdraw(publisher);
    // Behind what it has sent, so that nothing of it comes in when it is gone.
    this.parts.dispatcher.send({
      sender: publisher.sender,
      deliver: () => {
        const ref = this.#publisherRefs.get(publisher)!;
        this.#publisherRefs.delete(publisher);
        this.#publishers.delete(ref);
        this.#ledger.append(publisher.sender, [entries.noStream, ref]);
      },
    });
  }

  subscribed(subscription: Subscription): void {
    if (this.id !== 0) {
      const ref = ++this.#refs;
      this.#subscriptions.set(subscription, ref);
      const { topic, sender } = subscription;
      this.remote(0).peer.post([kinds.tell, "subscribed", ref, topic.name, sender.name]);
    }
    for (const { streams } of this.remotes.values()) streams.greet(subscription.topic.name, subscription);
  }

  left(subscription: Subscription): void {
    const ref = this.#subscriptions.get(subscription);
    if (ref === undefined) return;
    this.#subscriptions.delete(subscription);
    this.remote(0).peer.post([kinds.tell, "left", ref]);
  }

  reading(topic: Topic, subscriber: Sender): void {
    const { name } = topic;
    const before = this.#reads.get(name);
    const isRead = topic.local().length > 0;
    const queued = topic.queued;
    if (isRead ? before === queued : before === undefined) return;
    if (isRead) this.#reads.set(name, queued);
    else this.#reads.delete(name);
    if (!isRead) { for (const { streams } of this.remotes.values()) streams.silence(name); }
    this.#ledger.append(subscriber, isRead ? [entries.interest, name, queued] : [entries.noInterest, name]);
  }

  refOf(publisher: Publisher): number | undefined {
    return this.#publisherRefs.get(publisher);
  }

  publisherOf(ref: number): Publisher | undefined {
    return this.#publishers.get(ref);
  }

  #enter(engine: number, [kind, a, b, c, d, e]: LedgerEntry): void {
    if (kind === entries.gone) return this.drop(engine, new LinkError(String(a)));
    const remote = this.remote(engine, kind === entries.engine ? String(a) : undefined);
    switch (kind) {
      case entries.engine:
        return;
      case entries.service: {
        const { services } = this.parts;
        const options = { generator: d === true, share: e === true };
        const target = new RemoteTarget(services, remote.calls, services.route(String(b)), a as number, String(c), options);
        remote.targets.set(target.ref, target);
        return services.enter(target);
      }
      case entries.noService: {
        const target = remote.targets.get(a as number);
        remote.targets.delete(a as number);
        if (target !== undefined) this.parts.services.leave(target);
        return;
      }
      case entries.stream:
        return remote.streams.publish(a as number, String(b), String(c), d as object);
      case entries.noStream:
        return remote.streams.unpublish(a as number);
      case entries.interest:
        return remote.streams.interest(String(a), b === true);
      case entries.noInterest:
        return remote.streams.noInterest(String(a));
      default:
        throw new ProtocolError(`the ledger has an entry of the unknown kind ${String(kind)}`);
    }
  }

  #count(peer: Peer): void {
    this.received++;
    peer.taken++;
    if (!this.#catching && this.#halted) queueMicrotask(() => this.#catchUp());
    if (this.#expecting === undefined || this.received < this.#expecting.count) return;
    // Behind what came with it, which is still being taken.
    queueMicrotask(this.#expecting.resolve);
    this.#expecting = undefined;
  }

  #params([, changes, revision]: LedgerEntry): void {
    if (this.id === 0) return;
    const list = (changes as [string, unknown?][]).map((change): ParamChange => ({
      name: change[0],
      value: change[1],
      revision: revision as number,
      exists: change.length > 1,
    }));
    this.parts.params.replay(list, revision as number);
  }

  /** Behind what came before it and waits to be delivered; in simulated time rounds see to that. */
  #inTurn(deliver: () => void): void {
    const { dispatcher } = this.parts;
    if (dispatcher.simulated) deliver();
    else dispatcher.send({ sender: self, deliver });
  }

  /** What is asked waits for its turn: behind all that came before it. */
  #asked(remote: Remote, envelope: Envelope): void {
    const { peer } = remote;
    const [, id, name, verb, after, ...args] = envelope;
    const sender = { name: String(name) };
    const request: Request = {
      verb: String(verb),
      args,
      sender,
      after: after as Request["after"],
      ordered: () => peer.post([kinds.ordered, id]),
    };
    const say = (answer: Envelope) => {
      peer.post(answer);
      this.onAnswer(remote);
    };
    const refuse = (error: unknown) => say([kinds.refused, id, toWire(error)]);
    const deliver = () => {
      try {
        const result = this.#answer(remote, request);
        if (result instanceof Promise) result.then((value) => say([kinds.done, id, value])).catch(refuse); // also where it is more than a message can hold
        else say([kinds.done, id, result]);
      } catch (error) {
        refuse(error);
      }
    };
    if (this.parts.dispatcher.simulated && verb !== verbs.set) deliver(); // what is no message has no round
    else this.parts.dispatcher.send({ sender, deliver, writes: verb === verbs.set });
  }
}

function serviceEntry(provider: Provider, ref: number): LedgerEntry {
  return [entries.service, ref, provider.route.name, provider.owner, provider.generator, provider.share];
}

function streamEntry({ topic, sender, options }: Publisher, ref: number): LedgerEntry {
  const { depth, latched, maxRate, share } = options;
  const told = Object.fromEntries(Object.entries({ depth, latched, maxRate, share }).filter(([, value]) => value !== undefined));
  return [entries.stream, ref, topic.name, sender.name, told];
}
