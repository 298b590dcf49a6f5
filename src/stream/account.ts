import type { Counts, Dropped } from "./counts.ts";
import { Losses } from "./losses.ts";
import type { ItemInfo, Run } from "./run.ts";

/** The books of one subscriber: what it was given, what it will not get, and what the item that was read last tells of that. */
export class Account {
  /** The number of the last item before it came. */
  since: number;
  /** That of the last item before it left. */
  until: number | undefined;
  /** Items that did not come through the topic: from before, less those that belong elsewhere. */
  beside = 0;
  delivered = 0;
  readonly dropped: Dropped = { depth: 0, bytes: 0, latest: 0, turn: 0, maxRate: 0, link: 0, closed: 0 };
  /** Lost items of which the next one that is read tells. */
  missed = 0;
  losses: Losses | undefined = undefined;
  /** The item that was read last. */
  read: Run | undefined = undefined;
  readIndex = 0;
  readMissed = 0;

  constructor(since: number) {
    this.since = since;
  }

  counts(emitted: number, waiting: number): Counts {
    const { since, until, beside, delivered, dropped } = this;
    return { sent: (until ?? emitted) - since + beside, delivered, dropped: { ...dropped }, waiting };
  }

  /** What is known of the item that was read last. */
  get info(): ItemInfo | undefined {
    return this.read?.info(this.readIndex, this.readMissed);
  }

  /** An item is read. */
  deliver(run: Run, index: number): void {
    this.delivered++;
    this.read = run;
    this.readIndex = index;
    if (this.losses !== undefined) this.miss(run.order + index);
    [this.readMissed, this.missed] = [this.missed, 0]; // it tells of what was missed before it
  }

  /** The item of that number tells of the losses before it. */
  miss(before: number): void {
    this.missed += this.losses!.take(before);
    if (this.losses!.empty) this.losses = undefined;
  }

  /** The next item that is read tells of it. */
  drop(rule: keyof Dropped, items = 1): void {
    this.dropped[rule] += items;
    this.missed += items;
  }

  /** The item of that number was dropped, of which those behind it tell; or so many, up to that one. */
  lose(order: number, rule: keyof Dropped, items = 1): void {
    this.dropped[rule] += items;
    (this.losses ??= new Losses()).add(order, items);
  }
}
