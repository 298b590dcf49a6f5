import type { Delivery, Sender, Turn } from "../dispatch/dispatcher.ts";
import { recopy } from "../value/copy.ts";
import type { Publisher } from "./publisher.ts";

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

/** An item on its way from a publisher to the subscribers of its stream. */
export class Item implements Delivery, ItemInfo {
  readonly sender: Sender;
  readonly seq: number;
  readonly missed = 0;
  /** Its number among all items of the stream, from 1. */
  readonly order: number;
  /** About how much memory the value takes, in bytes. */
  readonly bytes: number;
  /** The item that was emitted next on the same stream. */
  next: Item | undefined;
  /** Whether it is no longer on its way. */
  left = false;
  readonly #source: Publisher;
  readonly #turn: Turn;
  #value: unknown;
  #dropped = false;

  constructor(source: Publisher, value: unknown, bytes: number, seq: number, order: number, turn: Turn) {
    this.sender = source.sender;
    this.#source = source;
    this.#value = value;
    this.bytes = bytes;
    this.seq = seq;
    this.order = order;
    this.#turn = turn;
  }

  get stamp(): number {
    return this.#turn.stamp;
  }

  get publisher(): string {
    return this.sender.name;
  }

  /** Whether it was dropped before it was delivered. */
  get dropped(): boolean {
    return this.#dropped;
  }

  /** The depth that the publisher suggests. */
  get depthHint(): number | undefined {
    return this.#source.options.depth;
  }

  /** Forgets the value: it will not be delivered. */
  drop(): void {
    this.#dropped = true;
    this.#value = undefined;
  }

  deliver(): void {
    if (this.#dropped) return;
    const { topic, share } = this.#source;
    topic.leave(this);
    const subscriptions = topic.subscriptions;
    const last = subscriptions.length - 1;
    const value = this.#value;
    // Each receiver gets a copy of its own, the last one the copy that was taken when the item was sent.
    for (let i = 0; i < last; i++) subscriptions[i]!.take(share ? value : recopy(value), this);
    if (last >= 0) subscriptions[last]!.take(value, this);
  }
}
