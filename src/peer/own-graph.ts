import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import type { Provider } from "../service/provider.ts";
import type { ServiceDirectory } from "../service/services.ts";
import { isReadWhole, localSubscriptions } from "../stream/local-readers.ts";
import type { Counts } from "../stream/counts.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { StreamDirectory } from "../stream/streams.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { Topic } from "../stream/topic.ts";
import { entries, kinds, type LedgerEntry } from "./messages.ts";
import type { PublisherRefs } from "./peer-streams.ts";
import type { Peer } from "./peer.ts";
import type { Remote } from "./remote.ts";

const mostWithdrawn = 10_000; // services that are remembered for calls that are on their way to them

/** Puts something into the ledger: the main engine itself, or by asking it. */
export interface Ledger {
  append(sender: Sender, entry: LedgerEntry): void;
}

/** How publishers and subscriptions fare, by their numbers in their engine. */
export interface Figures {
  readonly emitted: readonly (readonly [ref: number, items: number])[];
  readonly counts: readonly (readonly [ref: number, counts: Counts])[];
}

/** What of the graph is in this engine, by the numbers under which others know it: whatever comes or goes is told to all. */
export class OwnGraph implements ServiceDirectory, StreamDirectory, PublisherRefs {
  readonly #dispatcher: Dispatcher;
  readonly #remotes: ReadonlyMap<number, Remote>;
  readonly #ledger: Ledger;
  /** The main engine, which knows of all subscriptions; undefined in the main engine itself. */
  readonly #main: Peer | undefined;
  #refs = 0;
  readonly #services: Map<number, Provider> = new Map();
  readonly #serviceRefs: Map<Provider, number> = new Map();
  readonly #withdrawn: number[] = [];
  readonly #publishers: Map<number, Publisher> = new Map();
  readonly #publisherRefs: Map<Publisher, number> = new Map();
  /** Publishers of which the ledger is still to be told that they are none any more. */
  readonly #leaving: Set<Promise<void>> = new Set();
  readonly #subscriptions: Map<Subscription, number> = new Map();
  /** How this engine reads streams, as others know it. */
  readonly #reads: Map<string, boolean> = new Map();

  constructor(dispatcher: Dispatcher, remotes: ReadonlyMap<number, Remote>, ledger: Ledger, main: Peer | undefined) {
    this.#dispatcher = dispatcher;
    this.#remotes = remotes;
    this.#ledger = ledger;
    this.#main = main;
  }

  /** The service of that number. */
  serviceOf(ref: number): Provider | undefined {
    return this.#services.get(ref);
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
    for (const { streams } of this.#remotes.values()) streams.open(publisher.topic.name);
  }

  unpublished(publisher: Publisher): void {
    for (const { streams } of this.#remotes.values()) streams.withdraw(publisher);
    // Behind what it has sent, so that nothing of it comes in when it is gone.
    const told = new Promise<void>((resolve) => {
      const deliver = () => {
        const ref = this.#publisherRefs.get(publisher)!;
        this.#publisherRefs.delete(publisher);
        this.#publishers.delete(ref);
        this.#ledger.append(publisher.sender, [entries.noStream, ref]);
        this.#leaving.delete(told);
        resolve();
      };
      this.#dispatcher.send({ sender: publisher.sender, toMain: true, deliver });
    });
    this.#leaving.add(told);
  }

  /** Resolves when the ledger has been told of all that has left until now. */
  async settled(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  subscribed(subscription: Subscription): void {
    if (this.#main !== undefined) {
      const ref = ++this.#refs;
      this.#subscriptions.set(subscription, ref);
      const { topic, sender } = subscription;
      this.#main.post([kinds.tell, "subscribed", ref, topic.name, sender.name]);
    }
    for (const { streams } of this.#remotes.values()) streams.greet(subscription.topic.name, subscription);
  }

  left(subscription: Subscription): void {
    const ref = this.#subscriptions.get(subscription);
    if (ref === undefined) return;
    this.#subscriptions.delete(subscription);
    this.#main?.post([kinds.tell, "left", ref]);
  }

  reading(topic: Topic, subscriber: Sender): void {
    const { name } = topic;
    const before = this.#reads.get(name);
    const isRead = localSubscriptions(topic).length > 0;
    const queued = isReadWhole(topic);
    if (isRead ? before === queued : before === undefined) return;
    if (isRead) this.#reads.set(name, queued);
    else this.#reads.delete(name);
    if (!isRead) { for (const { streams } of this.#remotes.values()) streams.silence(name); }
    this.#ledger.append(subscriber, isRead ? [entries.interest, name, queued] : [entries.noInterest, name]);
  }

  /** How the publishers and subscriptions of this engine fare, by their numbers. */
  figures(): Figures {
    return {
      emitted: [...this.#publishers].map(([ref, publisher]) => [ref, publisher.emitted]),
      counts: [...this.#subscriptions].map(([subscription, ref]) => [ref, subscription.counts]),
    };
  }

  refOf(publisher: Publisher): number | undefined {
    return this.#publisherRefs.get(publisher);
  }

  publisherOf(ref: number): Publisher | undefined {
    return this.#publishers.get(ref);
  }
}

function serviceEntry(provider: Provider, ref: number): LedgerEntry {
  return [entries.service, ref, provider.route.name, provider.owner, provider.generator, provider.share];
}

function streamEntry({ topic, sender, options }: Publisher, ref: number): LedgerEntry {
  const { depth, latched, maxRate, share, type, origin } = options;
  const told = Object.fromEntries(
    Object.entries({ depth, latched, maxRate, share, type, origin }).filter(([, value]) => value !== undefined),
  );
  return [entries.stream, ref, topic.name, sender.name, told];
}
