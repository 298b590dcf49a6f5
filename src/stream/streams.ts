import { localSubscriptions } from "./local-readers.ts";
import { DeclarationError } from "../errors.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { enter, type Entry, type GraphWorld, leave } from "../graph/world.ts";
import type { Counts } from "./counts.ts";
import { Publisher } from "./publisher.ts";
import type { StreamOptions, SubscribeOptions } from "./options.ts";
import { Subscription } from "./subscription.ts";
import { Topic } from "./topic.ts";

/** What the graph knows of a stream of one publisher. */
export interface StreamEntry extends Entry {
  /** How it is published. */
  readonly options: StreamOptions;
  /** The publisher's end: how many items it has emitted; of one in another engine as of about a second ago. */
  readonly publisher: { readonly emitted: number };
}

/** What the graph knows of a subscription. */
export interface SubscriptionEntry extends Entry {
  /** The subscriber's end: its account; of one in another engine as of about a second ago. */
  readonly subscription: { readonly counts: Counts };
}

/** Who is told of the publishers and subscribers in this engine. */
export interface StreamDirectory {
  published(publisher: Publisher): void;
  unpublished(publisher: Publisher): void;
  /** Somebody has subscribed. */
  subscribed(subscription: Subscription): void;
  /** Somebody subscribes no longer. */
  left(subscription: Subscription): void;
  /** Whether, and how, this engine reads a stream may have changed. */
  reading(topic: Topic, subscriber: Sender): void;
}

/** The streams of an engine: who publishes and who subscribes. */
export class Streams {
  readonly #dispatcher: Dispatcher;
  readonly #world: GraphWorld;
  /** Whether shared values are frozen. */
  readonly development: boolean;
  readonly #topics: Map<string, Topic> = new Map();
  readonly #entities: Map<object, number> = new Map();
  /** Tells other engines; there is none while there are no other engines. */
  directory: StreamDirectory | undefined;

  /**
   * @param dispatcher the engine's
   * @param world the engine's
   * @param development whether shared values are frozen
   */
  constructor(dispatcher: Dispatcher, world: GraphWorld, development: boolean) {
    this.#dispatcher = dispatcher;
    this.#world = world;
    this.development = development;
  }

  /**
   * Begins to publish.
   *
   * @param name absolute name of the stream
   * @param sender the publishing node
   * @param options latched and so on
   * @returns the publisher's end
   * @throws DeclarationError when the node publishes it already, or an option is out of its range
   */
  publish(name: string, sender: Sender, options: StreamOptions = {}): Publisher {
    const topic = this.#topic(name);
    for (const other of topic.publishers) {
      if (other.sender.name === sender.name) {
        throw new DeclarationError(`${sender.name} publishes ${name} already`, { node: sender.name, name });
      }
    }
    const publisher = new Publisher(this.#dispatcher, topic, sender, options, this.development);
    topic.publishers.add(publisher);
    this.#entities.set(publisher, enter<StreamEntry>(this.#world, "stream", { name, owner: sender.name, options, publisher }));
    this.directory?.published(publisher);
    return publisher;
  }

  /** Stops publishing. */
  unpublish(publisher: Publisher): void {
    const id = this.#entities.get(publisher);
    if (id === undefined) return;
    this.#entities.delete(publisher);
    publisher.close();
    publisher.topic.publishers.delete(publisher);
    leave(this.#world, "stream", id);
    this.directory?.unpublished(publisher);
    this.forget(publisher.topic);
  }

  /** Enters a stream of a publisher in another engine. */
  enterElsewhere(entry: Entry): void {
    this.#entities.set(entry, enter<Entry>(this.#world, "stream", entry));
  }

  /** Takes it out again. */
  leaveElsewhere(entry: Entry): void {
    leave(this.#world, "stream", this.#entities.get(entry)!);
    this.#entities.delete(entry);
  }

  /** The stream of that name, where it is published in this engine. */
  published(name: string): Topic | undefined {
    const topic = this.#topics.get(name);
    return topic === undefined || topic.publishers.size === 0 ? undefined : topic;
  }

  /** The stream of that name, where it is subscribed to in this engine. */
  subscribed(name: string): Topic | undefined {
    const topic = this.#topics.get(name);
    return topic === undefined || localSubscriptions(topic).length === 0 ? undefined : topic;
  }

  /** The streams that are published or subscribed to in this engine. */
  topics(): Iterable<Topic> {
    return this.#topics.values();
  }

  /**
   * Subscribes.
   *
   * @param name absolute name of the stream; nobody needs to publish it yet
   * @param sender who subscribes
   * @param options depth and so on
   * @param queued whether items wait for `for await` from the start
   * @param onError what to do with an error that a callback throws
   * @returns the subscriber's end
   * @throws DeclarationError when an option is out of its range
   */
  subscribe<T>(
    name: string,
    sender: Sender,
    options: SubscribeOptions,
    queued: boolean,
    onError: (error: unknown) => void,
  ): Subscription<T> {
    const topic = this.#topic(name);
    const subscription = new Subscription<T>(this.#dispatcher, topic, sender, options, queued, onError);
    topic.add(subscription as Subscription);
    const id = enter<SubscriptionEntry>(this.#world, "subscription", {
      name,
      owner: sender.name,
      subscription: subscription as Subscription,
    });
    subscription.onClose = () => {
      topic.remove(subscription as Subscription);
      leave(this.#world, "subscription", id);
      this.directory?.left(subscription as Subscription);
      this.directory?.reading(topic, sender);
      this.forget(topic);
    };
    for (const publisher of topic.publishers) publisher.greet(subscription as Subscription);
    if (this.directory !== undefined) this.tell(subscription as Subscription);
    return subscription;
  }

  /** Tells other engines of a subscription. */
  tell(subscription: Subscription): void {
    const { topic, sender } = subscription;
    this.directory!.subscribed(subscription);
    this.directory!.reading(topic, sender);
    subscription.onReading = () => this.directory!.reading(topic, sender);
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) this.#topics.set(name, topic = new Topic(this.#dispatcher, name));
    return topic;
  }

  /** Forgets a stream that nobody publishes or reads. */
  forget(topic: Topic): void {
    if (topic.publishers.size === 0 && topic.subscriptions.length === 0) this.#topics.delete(topic.name);
  }
}
