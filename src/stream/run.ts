import type { Turn } from "../dispatch/dispatcher.ts";
import type { Delivery, Sender } from "../dispatch/delivery.ts";
import { recopy } from "../value/copy.ts";
import { sizeOf } from "../value/size.ts";
import type { StreamOptions } from "./options.ts";
import type { Dropped } from "./counts.ts";

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
  /** Whether others read the very same value (the stream's `share`), so that it must not be changed. */
  readonly shared: boolean;
}

/** Where the items of a run come from: a publisher here, or one in another engine. */
export interface RunSource {
  readonly sender: Sender;
  readonly options: StreamOptions;
  readonly share: boolean;
  /** The engine that it is in, by its number; undefined for this one. */
  readonly engine?: number;
  /** Room for a run, left by an earlier one. */
  spare: unknown[] | undefined;
  /** How many items a run had last. */
  usual: number;
  /** Items have joined a run. */
  count(items: number): void;
}

/** Who gets the items of a stream: a subscription, or the way to another engine. */
export interface Receiver {
  /**
   * Items of a run have come, one right after the other.
   *
   * @param values where they stand, at `from` up to `end`
   * @param own whether they are this receiver's own, and need no copy
   */
  take(run: Run, values: readonly unknown[], from: number, end: number, own: boolean): void;
  /** In simulated time, of the way to another engine: takes them before the round in which they are delivered there. */
  ship?(run: Run, values: readonly unknown[], from: number, end: number): void;
  /** The item of that number was dropped before it came here; or so many, up to that one. */
  lose(order: number, rule: keyof Dropped, source: RunSource | undefined, items?: number): void;
  /** The last item of a latched stream has come, from before this receiver. */
  greet(value: unknown, run: Run): void;
  /** Of the way to another engine: the last item of a latched stream, which those who subscribe now have got from where it was published before. */
  remind?(value: unknown, run: Run): void;
}

/** The stream that a run is of. */
interface RunTopic {
  readonly subscriptions: readonly Receiver[];
  /** The items that are being handed over. */
  handing: { readonly run: Run; readonly from: number; readonly end: number } | undefined;
  /** Items have been delivered, or dropped. */
  left(items: number, bytes: number): void;
}

const longest = 1024; // items in one run
const few = 16; // items, for which an array makes room by itself

const through: unknown[] = [];

/**
 * Items that one publisher has emitted one right after the other, on their way to the subscribers of the stream.
 *
 * What is sent between two items, by whomever, ends the run: runs keep the order, and cost one delivery for many items.
 */
export class Run implements Delivery {
  readonly topic: RunTopic;
  readonly publisher: RunSource;
  readonly turn: Turn;
  /** Number of the first item among its publisher's. */
  readonly seq: number;
  /** Number of the first item among all of the stream; nobody has subscribed between the first and the last. */
  readonly order: number;
  /** The run that was begun next on the same stream. */
  next: Run | undefined = undefined;
  private values: unknown[];
  /** How many of `values` are items; behind them may be what is left of an earlier run, or nothing yet. */
  private count = 0;
  /** Bytes of each item; undefined while all have the same. */
  private sizes: number[] | undefined = undefined;
  /** Bytes of every item, while all have the same; else -1. */
  private size = -1;
  private head = 0;
  /** How many have gone to other engines already. */
  private shipped = 0;
  /** Items that the topic has counted. */
  private counted = 0;
  /** Items that it may hold. */
  private room: number;

  constructor(topic: RunTopic, publisher: RunSource, room: number, turn: Turn, seq: number, order: number) {
    this.topic = topic;
    this.publisher = publisher;
    this.room = Math.min(room, longest);
    this.turn = turn;
    this.seq = seq;
    this.order = order;
    this.values = publisher.spare ?? (publisher.usual > few ? new Array<unknown>(publisher.usual) : []);
    publisher.spare = undefined;
  }

  /**
   * A run of items that have come together from another engine; nothing joins it.
   *
   * @param values becomes the run's own
   */
  static of(topic: RunTopic, source: RunSource, values: unknown[], turn: Turn, seq: number, order: number): Run {
    source.spare = values;
    const run = new Run(topic, source, 0, turn, seq, order);
    for (const value of values) run.put(value, sizeOf(value));
    return run;
  }

  get sender(): Sender {
    return this.publisher.sender;
  }

  /** Bytes of all that wait in it. */
  get bytes(): number {
    if (this.sizes === undefined) return this.size * this.waiting;
    return this.sizes.slice(this.head, this.count).reduce((sum, size) => sum + size, 0);
  }

  /** Bytes of one item. */
  bytesAt(index: number): number {
    return this.sizes?.[index] ?? this.size;
  }

  /** An item for somebody who keeps it beyond its delivery. */
  keep(value: unknown): unknown {
    return this.publisher.share ? value : recopy(value);
  }

  /** Depth that the publisher suggests. */
  get depthHint(): number | undefined {
    return this.publisher.options.depth;
  }

  /** How many items wait in it. */
  get waiting(): number {
    return this.count - this.head;
  }

  /** Whether the publisher's next item can join. */
  takes(seq: number): boolean {
    return this.seq + this.count === seq && this.count < this.room;
  }

  /** No item joins any more. */
  seal(): void {
    this.room = 0;
  }

  /** An item joins, and is counted by whoever sends it. */
  put(value: unknown, bytes: number): void {
    if (bytes !== this.size) this.addSize(bytes);
    this.values[this.count++] = value;
    this.counted++;
  }

  /**
   * An item joins others of the same size: the way of most items of most streams, with as little as can be done for each.
   *
   * @returns false when it cannot; it is counted later, by {@link joined}
   */
  add(value: unknown, bytes: number): boolean {
    if (this.size !== bytes || this.count >= this.room) return false;
    this.values[this.count++] = value;
    return true;
  }

  /** Bytes of each of those that have joined. */
  get itemBytes(): number {
    return this.size;
  }

  /** How many have joined since this was asked last. */
  joined(): number {
    const joined = this.count - this.counted;
    this.counted = this.count;
    return joined;
  }

  private addSize(bytes: number): void {
    if (this.sizes !== undefined) this.sizes.push(bytes);
    else if (this.count === 0) this.size = bytes;
    else {
      this.sizes = [...new Array<number>(this.count).fill(this.size), bytes];
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
    return { stamp: this.turn.stamp, seq: this.seq + index, publisher: this.sender.name, missed, shared: this.publisher.share };
  }

  ship(): boolean {
    const from = Math.max(this.head, this.shipped);
    this.shipped = this.count;
    if (from < this.count) { for (const receiver of this.topic.subscriptions) receiver.ship?.(this, this.values, from, this.count); }
    return false;
  }

  deliver(most: number): boolean {
    const { values, topic } = this;
    const from = this.head;
    const end = Math.min(from + most, this.count);
    this.leave(from, end);
    const { subscriptions } = topic;
    topic.handing = { run: this, from, end };
    // Each receiver gets a copy of its own, the last one the copy that was taken when the item was sent.
    const last = subscriptions.length - 1;
    for (let i = 0; i <= last; i++) subscriptions[i]!.take(this, values, from, end, this.publisher.share || i === last);
    topic.handing = undefined;
    if (this.head < this.count) return true;
    this.publisher.usual = this.count;
    // The next run takes the room of numbers. An object costs less in a young array: a pointer from an old one to it has to be noted.
    if (this.size === 8 && !this.publisher.share) this.publisher.spare = values;
    this.values = through; // whoever remembers a run must not keep what was in it
    this.head =
      this.count =
      this.counted =
      this.room =
        0;
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
