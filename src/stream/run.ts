import type { Delivery, Sender, Turn } from "../dispatch/dispatcher.ts";
import type { Topic } from "./topic.ts";

/** What a subscriber learns about an item beside its value. */
export interface ItemInfo {
  /** When it was emitted: ms of the engine's clock, of the turn in which it was sent; comparable on one machine. */
  readonly stamp: number;
  /** Its number among its publisher's items, from 1. */
  readonly seq: number;
  /** Absolute name of the node that emitted it. */
  readonly publisher: string;
  /** How many items this subscriber has missed since the one before. */
  readonly missed: number;
}

const longest = 1024; // items in one run

const through: unknown[] = [];

/**
 * Items that one publisher has emitted one right after the other, on their way to the subscribers of the stream.
 *
 * What is sent between two items, by whomever, ends the run: runs keep the order, and cost one delivery for many items.
 */
export class Run implements Delivery {
  readonly topic: Topic;
  readonly sender: Sender;
  readonly share: boolean;
  readonly turn: Turn;
  /** Number of the first item among its publisher's. */
  readonly seq: number;
  /** Number of the first item among all of the stream; nobody has subscribed between the first and the last. */
  readonly order: number;
  /** Depth that the publisher suggests. */
  readonly depthHint: number | undefined;
  /** The run that was begun next on the same stream. */
  next: Run | undefined = undefined;
  private values: unknown[] = [];
  /** Bytes of each item; undefined while all have the same. */
  private sizes: number[] | undefined = undefined;
  /** Bytes of every item, while all have the same; else -1. */
  private size = -1;
  private head = 0;

  constructor(topic: Topic, sender: Sender, share: boolean, depthHint: number | undefined, turn: Turn, seq: number, order: number) {
    this.topic = topic;
    this.sender = sender;
    this.share = share;
    this.depthHint = depthHint;
    this.turn = turn;
    this.seq = seq;
    this.order = order;
  }

  /** How many items wait in it. */
  get waiting(): number {
    return this.values.length - this.head;
  }

  /** Whether the publisher's next item can join. */
  takes(turn: Turn, seq: number): boolean {
    return this.turn === turn && this.seq + this.values.length === seq && this.values.length < longest && this.values !== through;
  }

  /** An item joins. */
  add(value: unknown, bytes: number): void {
    if (bytes !== this.size) this.addSize(bytes);
    this.values.push(value);
  }

  private addSize(bytes: number): void {
    if (this.sizes !== undefined) this.sizes.push(bytes);
    else if (this.values.length === 0) this.size = bytes;
    else {
      const { size } = this;
      this.sizes = [...this.values.map(() => size), bytes];
      this.size = -1;
    }
  }

  /** Drops the oldest item. */
  drop(): void {
    this.values[this.head] = undefined; // it may be large, and be long until the run is through
    this.leave(this.head, this.head + 1);
  }

  /** What is known of the item at `index`. */
  info(index: number, missed: number): ItemInfo {
    return { stamp: this.turn.stamp, seq: this.seq + index, publisher: this.sender.name, missed };
  }

  deliver(most: number): boolean {
    const { values, topic } = this;
    const from = this.head;
    const end = Math.min(from + most, values.length);
    this.leave(from, end);
    const { subscriptions } = topic;
    topic.handing = { run: this, from, end };
    // Each receiver gets a copy of its own, the last one the copy that was taken when the item was sent.
    const last = subscriptions.length - 1;
    for (let i = 0; i <= last; i++) subscriptions[i]!.take(this, values, from, end, this.share || i === last);
    topic.handing = undefined;
    if (this.head < values.length) return true;
    this.values = through; // whoever remembers a run must not keep what was in it
    this.head = 0;
    return false;
  }

  private leave(from: number, end: number): void {
    this.head = end;
    let bytes = this.size * (end - from);
    if (this.sizes !== undefined) {
      bytes = 0;
      for (let i = from; i < end; i++) bytes += this.sizes[i]!;
    }
    this.topic.left(end - from, bytes);
  }
}
