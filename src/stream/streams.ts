import { DeclarationError } from "../errors.ts";
import type { Dispatcher, Sender } from "../dispatch/dispatcher.ts";
import { enter, type Entry, type GraphWorld, leave } from "../graph/world.ts";
import { Publisher } from "./publisher.ts";
import type { StreamOptions, SubscribeOptions } from "./options.ts";
import { Subscription } from "./subscription.ts";
import { Topic } from "./topic.ts";

/** What the graph knows of a stream of one publisher. */
export interface StreamEntry extends Entry {
  /**
   * The publisher's end.
   *
   * @internal
   */
  readonly publisher: Publisher;
}

/** What the graph knows of a subscription. */
export interface SubscriptionEntry extends Entry {
  /** The subscriber's end. */
  readonly subscription: Subscription;
}

/** The streams of an engine: who publishes and who subscribes. */
export class Streams {
  readonly #dispatcher: Dispatcher;
  readonly #world: GraphWorld;
  readonly #development: boolean;
  readonly #topics: Map<string, Topic> = new Map();
  readonly #entities: Map<Publisher, number> = new Map();

  /**
   * @param dispatcher the engine's
   * @param world the engine's
   * @param development whether shared values are frozen
   */
  constructor(dispatcher: Dispatcher, world: GraphWorld, development: boolean) {
    this.#dispatcher = dispatcher;
    this.#world = world;
    this.#development = development;
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
    const publisher = new Publisher(this.#dispatcher, topic, sender, options, this.#development);
    topic.publishers.add(publisher);
    this.#entities.set(publisher, enter<StreamEntry>(this.#world, "stream", { name, owner: sender.name, publisher }));
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
    this.#forget(publisher.topic);
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
      this.#forget(topic);
    };
    for (const publisher of topic.publishers) publisher.greet(subscription as Subscription);
    return subscription;
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) this.#topics.set(name, topic = new Topic(this.#dispatcher, name));
    return topic;
  }

  #forget(topic: Topic): void {
    if (topic.publishers.size === 0 && topic.subscriptions.length === 0) this.#topics.delete(topic.name);
  }
}
