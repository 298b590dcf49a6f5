import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Publisher } from "./publisher.ts";
import type { Dropped } from "./counts.ts";
import { type Receiver, Run, type RunSource } from "./run.ts";

const mostItems = 65_536; // items of one stream that may be on their way in one turn
const mostBytes = 64 * 2 ** 20;

/** One stream name: who publishes, who subscribes, and what is on its way between them. */
export class Topic {
  readonly name: string;
  /** Never changed in place: a delivery reads one state. */
  subscriptions: readonly Receiver[] = [];
  readonly publishers: Set<Publisher> = new Set();
  /** The run that was begun last, while items may join it. */
  newest: Run | undefined;
  /** The items that are being handed over. */
  handing: { readonly run: Run; readonly from: number; readonly end: number } | undefined;
  #emitted = 0;
  #pending = 0;
  #bytes = 0;
  #oldest: Run | undefined;
  #empty = 0;
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher, name: string) {
    this.#dispatcher = dispatcher;
    this.name = name;
  }

  /** Items emitted since the topic was made, by all publishers. */
  get emitted(): number {
    this.settle();
    return this.#emitted;
  }

  /** The number of an item that is emitted now, from 1. */
  number(): number {
    this.settle();
    return ++this.#emitted;
  }

  /**
   * Sends an item to all who subscribe now. It joins the publisher's run where nothing was sent since.
   *
   * @returns the run
   */
  send(publisher: Publisher, value: unknown, bytes: number, seq: number, order: number): Run {
    const { turn, newest } = this.#dispatcher;
    let run = this.newest;
    if (run === undefined || run !== newest || run.publisher !== publisher || !publisher.joins || !run.takes(seq)) {
      const room = Math.min(mostItems - this.#pending, Math.floor((mostBytes - this.#bytes) / Math.max(bytes, 8)));
      run = new Run(this, publisher, room, turn, seq, order);
      run.put(value, bytes);
      this.#begin(run);
      this.#dispatcher.send(run);
    } else run.put(value, bytes);
    this.#bytes += bytes;
    if (++this.#pending > mostItems || this.#bytes > mostBytes) this.#overflow();
    return run;
  }

  /** Counts the items that have joined the newest run by themselves: it is asked for much less often than items are emitted. */
  settle(): void {
    const { newest } = this;
    if (newest === undefined) return;
    const joined = newest.joined();
    if (joined === 0) return;
    newest.publisher.count(joined);
    this.#emitted += joined;
    this.#pending += joined;
    this.#bytes += joined * newest.itemBytes;
  }

  /** Items have been delivered, or dropped. */
  left(items: number, bytes: number): void {
    this.settle();
    this.#pending -= items;
    this.#bytes -= bytes;
  }

  /** The number of the oldest item on its way, or of one that was emitted before it; `Infinity` where there is none. */
  get firstOnItsWay(): number {
    let run = this.#oldest;
    while (run !== undefined && run.waiting === 0) run = run.next;
    return run?.order ?? Infinity;
  }

  /** How many items on their way were emitted after the one numbered `since`. */
  pendingSince(since: number): number {
    let count = 0;
    this.settle();
    if (this.#pending > 0) { for (let run = this.#oldest; run !== undefined; run = run.next) if (run.order > since) count += run.waiting; }
    for (const publisher of this.publishers) if (publisher.heldOrder > since) count++;
    return count;
  }

  /**
   * How many items are on their way to a subscriber.
   *
   * @param since the number of the last item that was emitted before it came
   * @param seen the run of the item that it got last
   * @param seenAt that item's place there
   */
  coming(since: number, seen: Run | undefined, seenAt: number): number {
    const { handing } = this;
    const waiting = this.pendingSince(since);
    if (handing === undefined || handing.run.order <= since) return waiting;
    return waiting + handing.end - (seen === handing.run ? Math.max(seenAt + 1, handing.from) : handing.from);
  }

  /**
   * Items have come from another engine.
   *
   * @returns the run that they are, to be delivered
   */
  arrive(source: RunSource, values: unknown[], seq: number, stamp: number): Run {
    this.settle();
    const run = Run.of(this, source, values, { stamp }, seq, this.#emitted + 1);
    this.#begin(run);
    this.#emitted += run.waiting;
    this.#pending += run.waiting;
    this.#bytes += run.bytes;
    if (this.#pending > mostItems || this.#bytes > mostBytes) this.#overflow();
    return run;
  }

  /** Items of another engine were dropped before they came here: how many, by rule. */
  loseElsewhere(lost: Readonly<Partial<Record<keyof Dropped, number>>>, source: RunSource): void {
    this.settle();
    for (const rule of Object.keys(lost) as (keyof Dropped)[]) {
      this.#emitted += lost[rule]!;
      for (const subscription of this.subscriptions) subscription.lose(this.#emitted, rule, source, lost[rule]);
    }
  }

  add(subscription: Receiver): void {
    this.subscriptions = [...this.subscriptions, subscription];
    this.#seal(); // a run is all before or all after a subscription
    for (const publisher of this.publishers) publisher.onAudience?.();
  }

  remove(subscription: Receiver): void {
    this.subscriptions = this.subscriptions.filter((s) => s !== subscription);
    if (this.subscriptions.length === 0) this.#seal();
    for (const publisher of this.publishers) publisher.onAudience?.();
  }

  /** Tells all who subscribe that an item was dropped. */
  lose(order: number, rule: keyof Dropped, source: RunSource | undefined): void {
    for (const subscription of this.subscriptions) subscription.lose(order, rule, source);
  }

  #seal(): void {
    this.settle();
    this.newest?.seal();
    this.newest = undefined;
  }

  #begin(run: Run): void {
    this.settle();
    // Runs that are through leave the list from its old end.
    while (this.#oldest !== undefined && this.#oldest.waiting === 0) {
      const next: Run | undefined = this.#oldest.next;
      this.#oldest.next = undefined;
      this.#oldest = next;
    }
    if (this.#oldest === undefined) this.#oldest = run;
    else {
      let last = this.newest ?? this.#oldest;
      while (last.next !== undefined) last = last.next;
      last.next = run;
    }
    this.newest = run;
  }

  /** Too much was sent in one turn: the oldest items make room, for every subscriber. */
  #overflow(): void {
    while (this.#pending > mostItems || (this.#bytes > mostBytes && this.#pending > 1)) {
      let run = this.#oldest!;
      while (run.waiting === 0) run = this.#oldest = run.next!;
      run.drop();
      this.lose(run.order, "turn", run.publisher);
      if (run.waiting === 0) this.#empty++;
    }
    if (this.#empty < mostItems) return;
    this.#empty = 0;
    this.#dispatcher.prune((delivery) => !(delivery instanceof Run && delivery.waiting === 0));
  }
}
