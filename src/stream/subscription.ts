import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { recopy } from "../value/copy.ts";
import { checkSubscribing, type SubscribeOptions } from "./options.ts";
import { end, iterator, type Loop, Readers } from "./readers.ts";
import type { ItemInfo, Run, RunSource } from "./run.ts";
import { Account } from "./account.ts";
import { Backlog, type Waiting } from "./backlog.ts";
import { Batch } from "./batch.ts";
import type { Counts, Dropped } from "./counts.ts";
import { type Gate, pack, reachBack, type SubscriptionData, unpack } from "./handover.ts";
import { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";
import { Turns } from "./turns.ts";

/** One subscriber's end of a stream: `latest`, a callback, or `for await`. */
export class Subscription<T = unknown> implements AsyncIterable<T> {
  /** @internal */
  sender: Sender;
  /** @internal */
  readonly topic: Topic;
  readonly #dispatcher: Dispatcher;
  readonly #options: SubscribeOptions;
  /**
   * What to do with an error that a callback throws.
   *
   * @internal
   */
  onError: (error: unknown) => void;
  readonly #thinner: Thinner<Waiting> | undefined;
  readonly #account: Account;
  #callback: ((value: any) => unknown) | undefined;
  #queued: boolean;
  /** Whether it was made for a loop, and closes with it. */
  readonly #closes: boolean;
  /** @internal */
  readonly turns: Turns = new Turns();
  #closed = false;
  /**
   * While its node moves: which items belong here, and which to its other subscription.
   *
   * @internal
   */
  gate: Gate | undefined;
  readonly #queue: Backlog;
  readonly #readers: Readers<T> = new Readers();
  /** Whether an item that comes goes straight to the callback. */
  #direct = false;
  /** The item that came last, of a run. */
  #seen: Run | undefined;
  #seenAt = -1;
  /** What is under way straight to the callback. */
  #batch: Batch | undefined;
  /** The newest item, unless that is in the batch. */
  #value: unknown;
  #run: Run | undefined;
  #index = 0;
  #unread = false;

  /**
   * @internal
   * @param dispatcher the engine's
   * @param topic the stream
   * @param sender who subscribes
   * @param options depth and so on
   * @param queued whether items wait for `for await` from the start; else only the latest is kept until somebody iterates
   * @param onError what to do with an error that a callback throws
   * @throws DeclarationError when an option is out of its range
   */
  constructor(
    dispatcher: Dispatcher,
    topic: Topic,
    sender: Sender,
    options: SubscribeOptions,
    queued: boolean,
    onError: (error: unknown) => void,
  ) {
    this.#dispatcher = dispatcher;
    this.topic = topic;
    this.sender = sender;
    this.#options = options;
    this.#queued = this.#closes = queued;
    this.onError = onError;
    this.#account = new Account(topic.emitted);
    this.#queue = new Backlog(options, (rule) => this.#account.drop(rule));
    checkSubscribing(options, topic.name, sender.name);
    if (options.maxRate !== undefined) {
      const arrive = (w: Waiting) => this.#arrive(w.value, w.run, w.index);
      this.#thinner = new Thinner(dispatcher.clock, options.maxRate, arrive, (w) => this.#account.lose(w.run.order + w.index, "maxRate"));
    }
  }

  /**
   * Whether every item is read, by a callback or a loop; else only the newest one counts.
   *
   * @internal
   */
  get readsAll(): boolean {
    return this.#callback !== undefined || this.#queued || this.#thinner !== undefined;
  }

  /** Absolute name of the stream. */
  get name(): string {
    return this.topic.name;
  }

  /** The newest item; undefined when none has come, or it is older than `maxAge`. Reading it again gives the same value. */
  get latest(): T | undefined {
    if (this.#run === undefined) return undefined;
    if (this.#options.maxAge !== undefined && this.age > this.#options.maxAge) return undefined;
    if (this.#queued && this.#readers.loops === 0 && this.#callback === undefined) this.#keepLatest();
    if (this.#unread) {
      this.#unread = false;
      this.#account.deliver(this.#run, this.#index);
    }
    return (this.#batch === undefined ? this.#value : this.#batch.value) as T;
  }

  /** Ms since the newest item was emitted; `Infinity` when none has come. */
  get age(): number {
    return this.#run === undefined ? Infinity : Math.max(0, this.#dispatcher.clock.now() - this.#run.turn.stamp);
  }

  /** Stamp, number, publisher and losses of the item that was read last. */
  get info(): ItemInfo | undefined {
    this.#settle();
    return this.#account.info;
  }

  /** The account until now. */
  get counts(): Counts {
    this.#settle();
    const pending = (this.#account.until === undefined ? this.topic.coming(this.#account.since, this.#seen, this.#seenAt) : 0) +
      (this.#thinner?.held === undefined ? 0 : 1);
    return this.#account.counts(this.topic.emitted, pending + this.#queue.length + (this.#unread ? 1 : 0));
  }

  /**
   * Reads by a callback: one call an item. While a promise that it returned is pending, further items wait, `depth` of them at most.
   *
   * @param callback gets the value; and what {@link info} tells, where it names a second parameter
   * @returns this subscription
   */
  on(callback: (value: T, info: ItemInfo) => unknown): this {
    // Information is made only for who asks: most do not, and it costs as much as the rest.
    this.#callback = callback.length > 1 ? (value) => callback(value, this.info!) : (callback as (value: any) => unknown);
    this.#forgetUnread();
    this.#pump();
    this.onReading?.();
    return this;
  }

  /** Holds callbacks back until {@link resume}. */
  pause(): void {
    this.turns.paused = true;
    this.#decide();
  }

  /** Calls callbacks again. */
  resume(): void {
    this.turns.paused = false;
    this.#pump();
  }

  /**
   * Holds callbacks back while its node moves, or no longer.
   *
   * @internal
   */
  hold(on: boolean): void {
    this.turns.held = on;
    this.#pump();
  }

  /**
   * Place of the oldest item that waits for the callback; `Infinity` where none does, or one is under way.
   *
   * @internal
   */
  get waitsSince(): number {
    return this.#callback === undefined || this.turns.atWork || this.#closed ? Infinity : (this.#queue.first?.at ?? Infinity);
  }

  /**
   * Calls the callback with the oldest item that waits, although its node moves.
   *
   * @internal
   */
  handOver(): void {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#call(waiting.value, waiting.run, waiting.index);
  }

  /** Reads by `for await`; leaving the loop closes a subscription that was made for it. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const mine = this.#readers.enter();
    this.#queued = true;
    this.onReading?.();
    this.#forgetUnread();
    return iterator(() => this.#next(mine), () => this.#leave(mine));
  }

  /**
   * Items of a run have come, one right after the other.
   *
   * @internal
   * @param values where they stand, at `from` up to `end`
   * @param own whether they are this subscriber's own, and need no copy
   */
  take(run: Run, values: readonly unknown[], from: number, end: number, own: boolean): void {
    const account = this.#account;
    if (run.order <= account.since || from === end) return;
    if (this.gate?.lets(run.publisher) === false) {
      account.beside -= end - from;
      [this.#seen, this.#seenAt] = [run, end - 1];
      return;
    }
    for (let i = from; i < end && !this.#closed; i++) {
      if (this.#direct && account.losses === undefined && (account.missed | account.readMissed) === 0) {
        i = this.#callAll(run, values, i, end, own);
        if (i === end || this.#closed) return;
      }
      const value = own ? values[i] : recopy(values[i]);
      this.#seen = run;
      this.#seenAt = i;
      if (this.#thinner === undefined) this.#arrive(value, run, i);
      else this.#thinner.offer({ value, run, index: i, bytes: 0 });
    }
  }

  /**
   * The way of most items: a callback that keeps up and has missed nothing. For each item only the place moves on; the account
   * follows, see {@link Subscription.#settle}.
   *
   * @returns up to where it came: to the end, or to where something has changed
   */
  #callAll(run: Run, values: readonly unknown[], from: number, end: number, own: boolean): number {
    const batch = (this.#batch = new Batch(values, from, end, own));
    const callback = this.#callback!;
    const account = this.#account;
    if (this.#seen !== run || this.#run !== run || account.read !== run) this.#seen = this.#run = account.read = run;
    while (batch.goesOn) {
      try {
        const result = batch.hand(callback);
        if (result !== undefined) this.#await(result);
      } catch (error) {
        this.onError(error);
      }
    }
    this.#settle();
    this.#value = batch.value;
    this.#batch = undefined;
    return batch.at + 1;
  }

  /** Brings the account up to the item that the callback has got: it is asked for much less often than items come. */
  #settle(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    const account = this.#account;
    this.#seenAt = this.#index = account.readIndex = batch.at;
    account.delivered += batch.at + 1 - batch.uncounted;
    batch.uncounted = batch.at + 1;
  }

  /**
   * The last item of a latched stream has come, from before this subscriber.
   *
   * @internal
   */
  greet(value: unknown, run: Run): void {
    if (this.#closed || this.gate?.lets(run.publisher) === false) return;
    this.#account.beside++;
    this.#arrive(value, run, 0);
  }

  /**
   * An item was dropped before it came here, and after others which may still be on their way.
   *
   * @internal
   */
  lose(order: number, rule: keyof Dropped, source: RunSource | undefined, items: number = 1): void {
    if (order <= this.#account.since) return;
    if (this.gate?.lets(source) === false) this.#account.beside -= items;
    else this.#account.lose(order, rule, items);
  }

  /**
   * A queued item's turn, in a delivery of its own.
   *
   * @internal
   */
  deliver(): void {
    this.turns.done();
    if (this.#closed || this.turns.wait || this.#callback === undefined) return;
    this.handOver();
    this.#pump();
  }

  /** Leaves the stream: what waits is dropped, readers come to their end. Leaving twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#account.drop("closed", this.counts.waiting);
    this.#thinner?.close();
    this.#queue.clear();
    this.#unread = false;
    this.#closed = true;
    this.#decide();
    this.#account.until = this.topic.emitted;
    this.#readers.end();
    this.turns.end();
    this.onClose?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The subscription as data, for when its node moves; it is closed, and nothing of it is dropped.
   *
   * @internal
   */
  depart(): SubscriptionData {
    const newest = this.#run === undefined ? undefined : { value: this.#value, run: this.#run, index: this.#index, bytes: 0 };
    const data = pack(this.#account, this.#queue, newest, this.#unread, this.#thinner);
    this.#thinner?.close();
    this.#unread = false;
    this.close();
    return data;
  }

  /**
   * What is on its way here is for it, although it was sent before.
   *
   * @internal
   */
  reachBack(): void {
    reachBack(this.#account, this.topic);
  }

  /**
   * Goes on with what another one has left, before all that has come here.
   *
   * @internal
   */
  restore(data: SubscriptionData): void {
    this.gate = undefined;
    this.#queued ||= data.items.length > 0 && this.#callback === undefined;
    if (this.#queued) this.#forgetUnread();
    const newest = unpack(data, this.topic, this.#account, this.#queue, this.#thinner);
    if (this.#run === undefined && newest !== undefined) [this.#value, this.#run, this.#index] = [newest.value, newest.run, 0];
    if (data.unread && this.#callback === undefined) this.#keepLatest();
    this.#decide();
  }

  /**
   * Called once, when the subscription closes.
   *
   * @internal
   */
  onClose: (() => void) | undefined;
  /**
   * Called when it may be read in another way.
   *
   * @internal
   */
  onReading: (() => void) | undefined;

  /** A loop has ended: what it still waits for comes to its end. */
  #leave(loop: Loop<T>): void {
    this.#readers.leave(loop);
    if (this.#closes) this.close();
    else if (this.#readers.loops === 0) this.#keepLatest();
  }

  /** Nobody iterates: of what waits, only the newest counts. */
  #keepLatest(): void {
    this.#queued = false;
    this.onReading?.();
    if (this.#closed || this.#queue.length === 0) return;
    this.#account.drop("latest", this.#queue.length - 1);
    this.#queue.clear();
    this.#unread = true;
  }

  /** To be called whenever something has changed that decides whether the callback is called directly. */
  #decide(): void {
    this.#batch?.stop();
    this.#direct = this.#callback !== undefined && !this.turns.wait && !this.#closed && this.#queue.length === 0 &&
      this.#thinner === undefined;
  }

  #arrive(value: unknown, run: Run, index: number): void {
    this.#value = value;
    this.#run = run;
    this.#index = index;
    if (this.#callback !== undefined) {
      if (this.turns.wait || this.#queue.length > 0) this.#push(value, run, index);
      else this.#call(value, run, index);
      return;
    }
    if (!this.#queued && this.#unread) this.#account.drop("latest");
    this.#unread = !this.#queued;
    if (!this.#queued) return;
    if (!this.#readers.waiting) return this.#push(value, run, index);
    this.#account.deliver(run, index);
    this.#readers.give(value as T);
  }

  #call(value: unknown, run: Run, index: number): void {
    this.#account.deliver(run, index);
    try {
      const result = this.#callback!(value);
      if (result !== undefined) this.#await(result);
    } catch (error) {
      this.onError(error);
    }
  }

  #await(result: unknown): void {
    if (!(result instanceof Promise)) return; // what only looks like a promise is not waited for
    this.turns.atWork = true;
    this.#decide();
    const again = () => this.#dispatcher.send(this);
    (result as PromiseLike<unknown>).then(again, (error) => {
      this.onError(error);
      again();
    });
  }

  /** Items may have to wait no longer. */
  #pump(): void {
    if (this.#callback !== undefined && !this.turns.wait && this.#queue.length > 0) {
      this.turns.atWork = true;
      this.#dispatcher.send(this);
    }
    this.#decide();
  }

  #push(value: unknown, run: Run, index: number): void {
    this.#queue.push(value, run, index);
    this.#direct = false;
  }

  #next(loop: Loop<T>): Promise<IteratorResult<T, undefined>> {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) {
      this.#account.deliver(waiting.run, waiting.index);
      return Promise.resolve({ done: false, value: waiting.value as T });
    }
    return this.#closed ? Promise.resolve(end) : this.#readers.wait(loop);
  }

  #forgetUnread(): void {
    if (!this.#unread) return;
    this.#unread = false;
    this.#push(this.#value, this.#run!, this.#index);
  }
}
