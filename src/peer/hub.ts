import { setImmediate } from "node:timers";
import type { Codec } from "../codec/codec.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { LinkError, ProtocolError } from "../errors.ts";
import type { ParamChange } from "../param/nodes.ts";
import type { Params } from "../param/params.ts";
import type { Services } from "../service/services.ts";
import { localSubscriptions } from "../stream/local-readers.ts";
import type { Streams } from "../stream/streams.ts";
import { beats, isDebugged } from "./heartbeat.ts";
import { Arrivals } from "./arrivals.ts";
import { entries, type Envelope, kinds, type LedgerEntry } from "./messages.ts";
import { isAboutMoving, Moving } from "./moving.ts";
import { type Ledger, OwnGraph } from "./own-graph.ts";
import { PeerCalls } from "./peer-calls.ts";
import { PeerStreams } from "./peer-streams.ts";
import { Peer, type PeerOwner } from "./peer.ts";
import type { Remote } from "./remote.ts";
import { RemoteTarget } from "./remote-target.ts";
import { verbs } from "./uplink.ts";
import { toWire } from "./wire-error.ts";

const self: Sender = { name: "/" };

/** What the hub needs of its engine. */
export interface HubParts {
  readonly dispatcher: Dispatcher;
  readonly services: Services;
  readonly streams: Streams;
  readonly params: Params;
  readonly codec: Codec;
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
export class Hub implements PeerOwner {
  /** This engine's number in the graph; 0 is the main engine. */
  readonly id: number;
  readonly codec: Codec;
  readonly parts: HubParts;
  position = 0;
  readonly remotes: Map<number, Remote> = new Map();
  /** What has come, and what has to come first. */
  readonly arrivals: Arrivals;
  readonly #moving: Moving;
  /** Is told when a link is down. */
  onLost: (remote: Remote, reason: Error | undefined) => void = () => {};
  /** Makes the way to another engine that nobody has spoken to yet. */
  onNew: (remote: Remote) => void = () => {};
  /** Is told when what another engine has asked was answered. */
  onAnswer: (remote: Remote) => void = () => {};
  /** Is told when another engine has asked whether this one runs. */
  onBeat: () => void = () => {};
  /** Is told what another engine tells. */
  onTold: (remote: Remote, verb: string, args: readonly unknown[]) => void = () => {};
  /** What of the graph is here; there from {@link open} on. */
  own!: OwnGraph;
  readonly #answer: Answer;
  #untell: () => void = () => {};
  /** Whether the main engine has told what is in force. */
  #knows = false;

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
    this.arrivals = new Arrivals(this);
    this.#moving = new Moving(id, parts, this.remotes);
  }

  /** Begins to tell others of this engine: of what is there now, and of what comes. */
  open(ledger: Ledger): void {
    const { services, streams, dispatcher } = this.parts;
    const own = (this.own = new OwnGraph(dispatcher, this.remotes, ledger, this.id === 0 ? undefined : this.remote(0).peer));
    services.directory = streams.directory = own;
    const tellLosses = () => {
      for (const remote of this.remotes.values()) remote.streams.turnEnds();
    };
    if (dispatcher.simulated) dispatcher.onShipped = tellLosses;
    else this.#untell = dispatcher.whenTurnEnds(tellLosses);
    for (const provider of services.local()) own.provided(provider);
    for (const topic of streams.topics()) {
      for (const publisher of topic.publishers) own.published(publisher);
      for (const subscription of localSubscriptions(topic)) streams.tell(subscription);
    }
  }

  /** Tells others nothing any more. */
  close(): void {
    const { services, streams } = this.parts;
    this.#untell();
    if (services.directory === this.own) services.directory = streams.directory = undefined;
  }

  /** The engine of that number; it is made where nobody has spoken of it yet. */
  remote(id: number, name: string = `engine ${id}`): Remote {
    let remote = this.remotes.get(id);
    if (remote !== undefined) return remote;
    const peer = new Peer(this, id, name, id !== 0 && this.id !== 0);
    const { dispatcher, streams } = this.parts;
    const calls = new PeerCalls(peer);
    remote = {
      peer,
      calls,
      streams: new PeerStreams(peer, dispatcher, streams, () => this.own, this.codec, () => calls.count),
      targets: new Map(),
    };
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
    else if (isAboutMoving(entry)) this.#moving.enter(entry, position);
    else if (engine !== this.id) this.#enter(engine, entry);
    this.arrivals.catchUp();
  }

  mayTake(envelope: Envelope): boolean {
    return this.arrivals.mayTake(envelope);
  }

  /** Who waits for a third engine is not dead, and has to hear how to link to that one. */
  overtakes(peer: Peer, [kind, a, , b]: Envelope): boolean {
    if (kind === kinds.tell) return a === "connect" || a === "unmet";
    if (kind === kinds.ask) return b === "admit";
    return kind === kinds.beat || ((kind === kinds.done || kind === kinds.refused) && peer.asked(a as number) === verbs.introduce);
  }

  queued(envelope: Envelope): void {
    this.arrivals.queued(envelope);
  }

  after(): Readonly<Record<string, number>> | 0 {
    return this.arrivals.after();
  }

  take(peer: Peer, envelope: Envelope): void {
    const remote = this.remotes.get(peer.id);
    if (remote === undefined) return;
    const [kind, a, b, c] = envelope;
    if (kind >= kinds.call) this.arrivals.count(peer);
    switch (kind) {
      case kinds.call:
        return remote.calls.arrive(this.own.serviceOf(b as number), envelope);
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
      case kinds.bulk:
      case kinds.file:
      case kinds.read:
      case kinds.resume:
        return remote.streams.take(envelope);
      case kinds.at:
        return;
      case kinds.beat:
        if (a !== beats.ask) return void (peer.debugged = a === beats.debugged);
        peer.post([kinds.beat, isDebugged() ? beats.debugged : beats.answer]);
        return this.onBeat();
      case kinds.log:
        if (peer.id !== 0) throw new ProtocolError(`${peer.name} is not the main engine, and cannot order anything`);
        return this.#inTurn(peer, () => this.enter(a as number, b as number, envelope.slice(4) as never));
      case kinds.ask:
        return this.#asked(remote, envelope);
      case kinds.ordered:
      case kinds.done:
      case kinds.refused:
        return this.#inTurn(peer, () => peer.answer(kind, a as number, b));
      case kinds.tell:
        if (a === "cut") return this.#inTurn(peer, () => this.#moving.marked(peer.id, String(b), c as number));
        return this.onTold(remote, String(a), envelope.slice(2));
      default:
        throw new ProtocolError(`${peer.name} has sent an envelope of the unknown kind ${String(kind)}`);
    }
  }

  /** Resolves when what was said to the other engines before has been delivered there. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => this.parts.dispatcher.send({ sender: self, deliver: () => resolve() }));
    while ([...this.remotes.values()].some(({ streams }) => streams.pending)) await new Promise((resolve) => setImmediate(resolve));
    const linked = [...this.remotes.values()].filter(({ peer }) => peer.connected || peer.pending);
    await Promise.all(linked.map(({ peer }) => peer.ask(self, "flushed", []).catch(() => {})));
  }

  /** Resolves when what was said to some engines before has been delivered there; nothing was where there is no link. */
  async reach(ids: readonly number[]): Promise<void> {
    const peers = ids.map((id) => this.remotes.get(id)?.peer).filter((peer) => peer !== undefined && (peer.connected || peer.pending));
    await Promise.all(peers.map((peer) => peer!.ask(self, "flushed", []).catch(() => {})));
  }

  lost(peer: Peer, reason: Error | undefined): void {
    const remote = this.remotes.get(peer.id);
    this.#forgetUnderWay(peer, remote, true);
    if (remote !== undefined) this.onLost(remote, reason);
  }

  /** There is no way to another engine: what was said to it is lost, and the next word looks for one again. */
  unmet(remote: Remote, why: string): void {
    remote.peer.unmet(new LinkError(`there is no way to ${remote.peer.name}: ${why}`));
    this.#forgetUnderWay(remote.peer, remote, false);
    remote.calls.end(why);
  }

  /** What was on its way is lost: nobody is to wait for it. */
  #forgetUnderWay(peer: Peer, remote: Remote | undefined, anew: boolean): void {
    peer.taken = Infinity;
    this.arrivals.catchUp();
    remote?.streams.linkLost(anew && peer.direct);
  }

  /** Another engine has gone: what was out to it is lost, and what was there leaves the graph. */
  drop(id: number, why: Error, destroy = true): void {
    const remote = this.remotes.get(id);
    if (remote === undefined) return;
    this.remotes.delete(id);
    this.#moving.gone(id);
    this.arrivals.giveUp();
    for (const target of remote.targets.values()) this.parts.services.leave(target);
    remote.streams.end();
    remote.peer.end(why, destroy);
    remote.calls.end(why.message);
  }

  #enter(engine: number, [kind, a, b, c, d, e]: LedgerEntry): void {
    if (kind === entries.gone) return this.drop(engine, new LinkError(String(a)));
    const remote = this.remote(engine);
    switch (kind) {
      case entries.engine:
        remote.peer.name = String(a); // there may be a link already
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

  #params([, changes, revision]: LedgerEntry): void {
    if (this.id === 0) return;
    const list = (changes as [string, unknown?][]).map((change): ParamChange => ({
      name: change[0],
      value: change[1],
      revision: revision as number,
      exists: change.length > 1,
    }));
    const { params } = this.parts;
    if (this.#knows) params.replay(list, revision as number);
    else params.reset(list, revision as number);
    this.#knows = true;
  }

  /** Behind what came before it and waits to be delivered; in simulated time rounds see to that. */
  #inTurn(peer: Peer, run: () => void): void {
    const { dispatcher } = this.parts;
    if (dispatcher.simulated) return run();
    const deliver = () => {
      try {
        run();
      } catch (error) {
        peer.fail(error as Error);
      }
    };
    dispatcher.send({ sender: self, deliver });
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
