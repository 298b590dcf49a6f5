import { DeclarationError } from "../errors.ts";
import type { Delivery, Dispatcher, Sender } from "../dispatch/dispatcher.ts";
import { sizeOf } from "../value/size.ts";
import type { Item, ItemInfo } from "./item.ts";
import { checkDepth } from "./publisher.ts";
import { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";

/** How to subscribe to a stream. */
export interface SubscribeOptions {
  /** How many items may wait while this subscriber is behind, from 1; the publisher's hint or 10 by default. The oldest are dropped first. */
  depth?: number;
  /** Bytes that may wait, from 1; 64 MiB by default. */
  maxBytes?: number;
  /** Hz: thinned before it gets here; the last item is always delivered. */
  maxRate?: number;
  /** Ms after which `latest` is too old and reads as undefined; never by default. */
  maxAge?: number;
}

/** By which rule items were dropped. */
export interface Dropped {
  /** The subscriber was behind by more than its `depth`. */
  depth: number;
  /** What waited was larger than `maxBytes`. */
  bytes: number;
  /** A newer item came before `latest` was read. */
  latest: number;
  /** More than 65,536 items or 64 MiB were sent in one turn. */
  turn: number;
  /** A `maxRate`, the publisher's or the subscriber's. */
  maxRate: number;
  /** They waited when the subscriber left. */
  closed: number;
}

/** The account of one subscriber: `sent` is `delivered`, all of `dropped` and `waiting` together. */
export interface Counts {
  /** Items emitted since the subscriber came, and a latched one that it was greeted with. */
  sent: number;
  /** Items that it has been given. */
  delivered: number;
  /** Items that it will not get, by rule. */
  dropped: Dropped;
  /** Items on their way or in its queue. */
  waiting: number;
}

type Callback = (value: any, info: ItemInfo) => unknown;
interface Waiting {
  readonly value: unknown;
  readonly item: Item;
  readonly bytes: number;
}

const defaultDepth = 10;
const defaultBytes = 64 * 2 ** 20;

/** One subscriber's end of a stream: `latest`, a callback, or `for await`. */
export class Subscription<T = unknown> implements AsyncIterable<T>, Delivery {
  readonly sender: Sender;
  readonly topic: Topic;
  readonly #dispatcher: Dispatcher;
  readonly #options: SubscribeOptions;
  readonly #onError: (error: unknown) => void;
  readonly #thinner: Thinner<Waiting> | undefined;
  #since: number;
  #until: number | undefined;
  #callback: Callback | undefined;
  #queued: boolean;
  #busy = false;
  #closed = false;
  #paused = false;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #readers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #value: unknown;
  #item: Item | undefined;
  #unread = false;
  #info: ItemInfo | undefined;
  #missed = 0;
  #greeted = 0;
  #delivered = 0;
  readonly #dropped: Dropped = { depth: 0, bytes: 0, latest: 0, turn: 0, maxRate: 0, closed: 0 };

  /**
   * @param dispatcher the engine's
   * @param topic the stream
   * @param sender who subscribes
   * @param options depth and so on
   * @param queued whether items wait for `for await` from the start; else only the latest is kept until somebody iterates
   * @param onError what to do with an error that a callback throws
   * @throws DeclarationError when an option is out of its range
   */
  constructor(dispatcher: Dispatcher, topic: Topic, sender: Sender, options: SubscribeOptions, queued: boolean, onError: (error: unknown) => void) {
    this.#dispatcher = dispatcher;
    this.topic = topic;
    this.sender = sender;
    this.#options = options;
    this.#queued = queued;
    this.#onError = onError;
    this.#since = topic.emitted;
    checkDepth(options.depth, topic.name, sender.name);
    for (const key of ["maxBytes", "maxRate", "maxAge"] as const) {
      const value = options[key];
      if (value !== undefined && !(value > 0)) throw new DeclarationError(`${key} of a subscription to ${topic.name} is ${String(value)}; it must be above 0`, { node: sender.name, name: topic.name });
    }
    if (options.maxRate !== undefined) {
      this.#thinner = new Thinner(dispatcher.clock, options.maxRate, (w) => this.#arrive(w.value, w.item), (w) => this.lose(w.item, "maxRate"));
    }
  }

  /** Absolute name of the stream. */
  get name(): string {
    return this.topic.name;
  }

  /** The newest item; undefined when none has come, or it is older than `maxAge`. Reading it again gives the same value. */
  get latest(): T | undefined {
    if (this.#item === undefined) return undefined;
    if (this.#options.maxAge !== undefined && this.age > this.#options.maxAge) return undefined;
    if (this.#unread) {
      this.#unread = false;
      this.#deliver(this.#item);
    }
    return this.#value as T;
  }

  /** Ms since the newest item was emitted; `Infinity` when none has come. */
  get age(): number {
    return this.#item === undefined ? Infinity : Math.max(0, this.#dispatcher.clock.now() - this.#item.stamp);
  }

  /** Stamp, number, publisher and losses of the item that was read last. */
  get info(): ItemInfo | undefined {
    return this.#info;
  }

  /** The account until now. */
  get counts(): Counts {
    const pending = this.#until === undefined ? this.topic.pendingSince(this.#since) : 0;
    const held = this.#thinner?.held === undefined ? 0 : 1;
    return {
      sent: (this.#until ?? this.topic.emitted) - this.#since + this.#greeted,
      delivered: this.#delivered,
      dropped: { ...this.#dropped },
      waiting: pending + held + this.#queue.length + (this.#unread ? 1 : 0),
    };
  }

  /**
   * Reads by a callback: one call an item. While a promise that it returned is pending, further items wait, `depth` of them at most.
   *
   * @param callback gets the value and what is known about the item
   * @returns this subscription
   */
  on(callback: (value: T, info: ItemInfo) => unknown): this {
    this.#callback = callback;
    this.#forgetUnread();
    this.#pump();
    return this;
  }

  /** Holds callbacks back until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Calls callbacks again. */
  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  /** Reads by `for await`; leaving the loop closes a subscription that was made for it. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const closes = this.#queued;
    this.#queued = true;
    this.#forgetUnread();
    return {
      next: () => this.#next(),
      return: () => {
        if (closes) this.close();
        else this.#queued = false;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** An item has come. */
  take(value: unknown, item: Item, greeting = false): void {
    if (this.#closed) return;
    if (greeting) {
      if (item.order > this.#since) return; // it was emitted after this subscriber came, and reached it by itself
      this.#greeted++;
    } else if (item.order <= this.#since) return;
    if (this.#thinner !== undefined) this.#thinner.offer({ value, item, bytes: 0 });
    else if (this.#callback !== undefined && !this.#busy && !this.#paused && this.#queue.length === 0) this.#call(value, item);
    else this.#arrive(value, item);
  }

  /** An item was dropped before it came here. */
  lose(item: Item, rule: keyof Dropped): void {
    if (item.order <= this.#since) return;
    this.#drop(rule);
  }

  /** A queued item's turn, in a delivery of its own. */
  deliver(): void {
    this.#busy = false;
    if (this.#closed || this.#paused || this.#callback === undefined) return;
    const waiting = this.#shift();
    if (waiting !== undefined) this.#call(waiting.value, waiting.item);
  }

  /** Leaves the stream: what waits is dropped, readers come to their end. Leaving twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#thinner?.close();
    for (let pending = this.topic.pendingSince(this.#since); pending > 0; pending--) this.#drop("closed");
    while (this.#shift() !== undefined) this.#drop("closed");
    if (this.#unread) this.#drop("closed");
    this.#unread = false;
    this.#closed = true;
    this.#until = this.topic.emitted;
    for (const read of this.#readers) read({ done: true, value: undefined });
    this.#readers = [];
    this.onClose?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Called once, when the subscription closes. */
  onClose: (() => void) | undefined;

  #arrive(value: unknown, item: Item): void {
    if (this.#callback !== undefined) {
      if (!this.#busy && !this.#paused && this.#queue.length === 0) return this.#call(value, item);
      return this.#push(value, item);
    }
    if (this.#queued) {
      const read = this.#readers.shift();
      this.#value = value;
      this.#item = item;
      if (read === undefined) return this.#push(value, item);
      this.#deliver(item);
      return read({ done: false, value: value as T });
    }
    if (this.#unread) this.#drop("latest");
    this.#value = value;
    this.#item = item;
    this.#unread = true;
  }

  #call(value: unknown, item: Item): void {
    this.#value = value;
    this.#item = item;
    const info = this.#deliver(item);
    let result: unknown;
    try {
      result = this.#callback!(value, info);
    } catch (error) {
      return this.#onError(error);
    }
    if (typeof result !== "object" || result === null || typeof (result as PromiseLike<unknown>).then !== "function") return;
    this.#busy = true;
    const again = () => this.#dispatcher.send(this);
    (result as PromiseLike<unknown>).then(again, (error) => {
      this.#onError(error);
      again();
    });
  }

  #pump(): void {
    if (this.#callback === undefined || this.#busy || this.#paused || this.#queue.length === 0) return;
    this.#busy = true;
    this.#dispatcher.send(this);
  }

  #push(value: unknown, item: Item): void {
    const bytes = sizeOf(value);
    const { depth = item.depthHint ?? defaultDepth, maxBytes = defaultBytes } = this.#options;
    this.#queue.push({ value, item, bytes });
    this.#queueBytes += bytes;
    if (this.#queue.length > depth) {
      this.#shift();
      this.#drop("depth");
    }
    while (this.#queueBytes > maxBytes && this.#queue.length > 1) {
      this.#shift();
      this.#drop("bytes");
    }
  }

  #shift(): Waiting | undefined {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#queueBytes -= waiting.bytes;
    return waiting;
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    const waiting = this.#shift();
    if (waiting !== undefined) {
      this.#deliver(waiting.item);
      return Promise.resolve({ done: false, value: waiting.value as T });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  #forgetUnread(): void {
    if (!this.#unread) return;
    this.#unread = false;
    this.#push(this.#value, this.#item!);
  }

  #deliver(item: Item): ItemInfo {
    this.#delivered++;
    const missed = this.#missed;
    if (missed === 0) return (this.#info = item);
    this.#missed = 0;
    return (this.#info = { stamp: item.stamp, seq: item.seq, publisher: item.publisher, missed });
  }

  #drop(rule: keyof Dropped): void {
    this.#dropped[rule]++;
    this.#missed++;
  }
}
