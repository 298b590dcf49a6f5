import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Publisher } from "./publisher.ts";
import { Run } from "./run.ts";
import type { Dropped, Subscription } from "./subscription.ts";

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
  /** The items that are being handed over. */
  handing: { readonly run: Run; readonly from: number; readonly end: number } | undefined;
  #pending = 0;
  #bytes = 0;
  #oldest: Run | undefined;
  #newest: Run | undefined;
  #empty = 0;
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher, name: string) {
    this.#dispatcher = dispatcher;
    this.name = name;
  }

  /** Sends an item to all who subscribe now. It joins the publisher's run where nothing was sent since. */
  send(publisher: Publisher, value: unknown, bytes: number, seq: number, order: number): void {
    const dispatcher = this.#dispatcher;
    const newest = this.#newest;
    if (newest !== undefined && newest === dispatcher.newest && newest.sender === publisher.sender && publisher.joins && newest.takes(dispatcher.turn, seq)) newest.add(value, bytes);
    else this.#sendRun(publisher, value, bytes, seq, order);
    this.#bytes += bytes;
    if (++this.#pending > mostItems || this.#bytes > mostBytes) this.#overflow();
  }

  #sendRun(publisher: Publisher, value: unknown, bytes: number, seq: number, order: number): void {
    const run = new Run(this, publisher.sender, publisher.share, publisher.options.depth, this.#dispatcher.turn, seq, order);
    run.add(value, bytes);
    this.#begin(run);
    this.#dispatcher.send(run);
  }

  /** Items have been delivered, or dropped. */
  left(items: number, bytes: number): void {
    this.#pending -= items;
    this.#bytes -= bytes;
  }

  /** How many items on their way were emitted after the one numbered `since`. */
  pendingSince(since: number): number {
    let count = 0;
    if (this.#pending > 0) for (let run = this.#oldest; run !== undefined; run = run.next) if (run.order > since) count += run.waiting;
    for (const publisher of this.publishers) if (publisher.heldOrder > since) count++;
    return count;
  }

  add(subscription: Subscription): void {
    this.subscriptions = [...this.subscriptions, subscription];
    this.#newest = undefined; // a run is all before or all after a subscription
  }

  remove(subscription: Subscription): void {
    this.subscriptions = this.subscriptions.filter((s) => s !== subscription);
  }

  /** Tells all who subscribe that an item was dropped. */
  lose(order: number, rule: keyof Dropped): void {
    for (const subscription of this.subscriptions) subscription.lose(order, rule);
  }

  #begin(run: Run): void {
    // Runs that are through leave the list from its old end.
    while (this.#oldest !== undefined && this.#oldest.waiting === 0) {
      const next: Run | undefined = this.#oldest.next;
      this.#oldest.next = undefined;
      this.#oldest = next;
    }
    if (this.#oldest === undefined) this.#oldest = run;
    else {
      let last = this.#newest ?? this.#oldest;
      while (last.next !== undefined) last = last.next;
      last.next = run;
    }
    this.#newest = run;
  }

  /** Too much was sent in one turn: the oldest items make room, for every subscriber. */
  #overflow(): void {
    while (this.#pending > mostItems || (this.#bytes > mostBytes && this.#pending > 1)) {
      let run = this.#oldest!;
      while (run.waiting === 0) run = this.#oldest = run.next!;
      run.drop();
      this.lose(run.order, "turn");
      if (run.waiting === 0) this.#empty++;
    }
    if (this.#empty < mostItems) return;
    this.#empty = 0;
    this.#dispatcher.prune((delivery) => !(delivery instanceof Run && delivery.waiting === 0));
  }
}
