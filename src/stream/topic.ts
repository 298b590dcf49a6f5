import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { Item } from "./item.ts";
import type { Publisher } from "./publisher.ts";
import type { Subscription } from "./subscription.ts";

const mostItems = 65_536; // items of one stream that may be on their way in one turn
const mostBytes = 64 * 2 ** 20;

/** One stream name: who publishes, who subscribes, and what is on its way between them. */
export class Topic {
  readonly name: string;
  /** Never changed in place: a delivery reads one state. */
  subscriptions: readonly Subscription[] = [];
  readonly publishers: Set<Publisher> = new Set();
  /** Items emitted since the topic was made, by all publishers. */
  emitted = 0;
  /** Items on their way. */
  pending = 0;
  #bytes = 0;
  #oldest: Item | undefined;
  #newest: Item | undefined;
  #dead = 0;
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher, name: string) {
    this.#dispatcher = dispatcher;
    this.name = name;
  }

  /** Sends an item to all who subscribe now. */
  send(item: Item): void {
    if (this.#newest === undefined) this.#oldest = item;
    else this.#newest.next = item;
    this.#newest = item;
    this.#bytes += item.bytes;
    if (++this.pending > mostItems || this.#bytes > mostBytes) this.#overflow();
    this.#dispatcher.send(item);
  }

  /** An item is being delivered, or dropped. In simulated time a round is sorted by sender: younger items may go before older ones. */
  leave(item: Item): void {
    this.pending--;
    this.#bytes -= item.bytes;
    item.left = true;
    let oldest = this.#oldest;
    while (oldest !== undefined && oldest.left) {
      const next: Item | undefined = oldest.next;
      oldest.next = undefined; // whoever keeps an item must not keep all that came after it
      oldest = next;
    }
    this.#oldest = oldest;
    if (oldest === undefined) this.#newest = undefined;
  }

  /** How many items on their way were emitted after the one numbered `since`. */
  pendingSince(since: number): number {
    let count = 0;
    for (let item = this.#oldest; item !== undefined; item = item.next) if (!item.left && item.order > since) count++;
    for (const publisher of this.publishers) if (publisher.heldOrder > since) count++;
    return count;
  }

  add(subscription: Subscription): void {
    this.subscriptions = [...this.subscriptions, subscription];
  }

  remove(subscription: Subscription): void {
    this.subscriptions = this.subscriptions.filter((s) => s !== subscription);
  }

  /** Too much was sent in one turn: the oldest items make room, for every subscriber. */
  #overflow(): void {
    while (this.pending > mostItems || (this.#bytes > mostBytes && this.pending > 1)) {
      const item = this.#oldest!;
      this.leave(item);
      item.drop();
      for (const subscription of this.subscriptions) subscription.lose(item, "turn");
      this.#dead++;
    }
    if (this.#dead < mostItems) return;
    this.#dead = 0;
    this.#dispatcher.prune((delivery) => !(delivery instanceof Item && delivery.dropped));
  }
}
