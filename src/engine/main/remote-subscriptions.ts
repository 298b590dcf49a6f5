import { enter, type GraphWorld, leave } from "../../graph/world.ts";
import type { Figures } from "../../peer/own-graph.ts";
import type { Remote } from "../../peer/remote.ts";
import { emptyCounts } from "../../stream/counts.ts";
import type { SubscriptionEntry } from "../../stream/streams.ts";

/** What the readers of the graph in the main engine see of streams in others: who subscribes there, and how it fares. */
export class RemoteSubscriptions {
  readonly #world: GraphWorld;
  /** Entities of subscriptions, by engine and number. */
  readonly #subscriptions: Map<string, number> = new Map();

  constructor(world: GraphWorld) {
    this.#world = world;
  }

  /** Somebody there has subscribed. */
  subscribed({ peer }: Remote, ref: number, name: string, owner: string): void {
    this.#subscriptions.set(
      `${peer.id} ${ref}`,
      enter(this.#world, "subscription", { name, owner, subscription: { counts: emptyCounts() } }),
    );
  }

  /** A subscription there is closed. */
  left({ peer }: Remote, ref: number): void {
    this.#leave(`${peer.id} ${ref}`);
  }

  /** Its engine tells of its streams. */
  take(remote: Remote, { emitted, counts }: Figures): void {
    for (const [ref, items] of emitted) remote.streams.setEmitted(ref, items);
    for (const [ref, account] of counts) {
      const id = this.#subscriptions.get(`${remote.peer.id} ${ref}`);
      if (id !== undefined) Object.assign((this.#world.subscription[id] as SubscriptionEntry).subscription.counts, account);
    }
  }

  /** An engine has gone, and its subscriptions with it. */
  forget({ peer }: Remote): void {
    for (const key of [...this.#subscriptions.keys()]) if (key.startsWith(`${peer.id} `)) this.#leave(key);
  }

  #leave(key: string): void {
    const id = this.#subscriptions.get(key);
    if (id === undefined) return;
    this.#subscriptions.delete(key);
    leave(this.#world, "subscription", id);
  }
}
