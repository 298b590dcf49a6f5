import type { Dispatcher, Sender } from "../dispatch/dispatcher.ts";
import { recopy } from "../value/copy.ts";
import { checkSubscribing, type SubscribeOptions } from "./options.ts";
import { end, iterator, type Loop, Readers } from "./readers.ts";
import type { ItemInfo, Run } from "./run.ts";
import { Backlog, type Waiting } from "./backlog.ts";
import { Batch } from "./batch.ts";
import type { Counts, Dropped } from "./counts.ts";
import { Losses } from "./losses.ts";
import { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";

/** One subscriber's end of a stream: `latest`, a callback, or `for await`. */
export class Subscription<T = unknown> implements AsyncIterable<T> {
  /** @internal */
  readonly sender: Sender;
  /** @internal */
  readonly topic: Topic;
  readonly #dispatcher: Dispatcher;
  readonly #options: SubscribeOptions;
  readonly #onError: (error: unknown) => void;
  readonly #thinner: Thinner<Waiting> | undefined;
  #since: number;
  #until: number | undefined;
  #callback: ((value: any) => unknown) | undefined;
  #queued: boolean;
  /** Whether it was made for a loop, and closes with it. */
  readonly #closes: boolean;
  #loops = 0;
  /** @internal Whether a callback is under way, or an item waits for it. */
  atWork = false;
  #closed = false;
  #paused = false;
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
  /** The item that was read last. */
  #read: Run | undefined;
  #readIndex = 0;
  #readMissed = 0;
  #missed = 0;
  #losses: Losses | undefined;
  #greeted = 0;
  #delivered = 0;
  readonly #dropped: Dropped = { depth: 0, bytes: 0, latest: 0, turn: 0, maxRate: 0, link: 0, closed: 0 };

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
    this.#onError = onError;
    this.#since = topic.emitted;
    this.#queue = new Backlog(options, (rule) => this.#drop(rule));
    checkSubscribing(options, topic.name, sender.name);
    if (options.maxRate !== undefined) {
      const arrive = (w: Waiting) => this.#arrive(w.value, w.run, w.index);
      const thin = (w: Waiting) => this.lose(w.run.order + w.index, "maxRate");
      this.#thinner = new Thinner(dispatcher.clock, options.maxRate, arrive, thin);
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
    if (this.#queued && this.#loops === 0 && this.#callback === undefined) this.#keepLatest();
    if (this.#unread) {
      this.#unread = false;
      this.#deliver(this.#run, this.#index);
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
    return this.#read?.info(this.#readIndex, this.#readMissed);
  }

  /** The account until now. */
  get counts(): Counts {
    this.#settle();
    const pending = (this.#until === undefined ? this.#coming() : 0) + (this.#thinner?.held === undefined ? 0 : 1);
    return {
      sent: (this.#until ?? this.topic.emitted) - this.#since + this.#greeted,
      delivered: this.#delivered,
      dropped: { ...this.#dropped },
      waiting: pending + this.#queue.length + (this.#unread ? 1 : 0),
    };
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
    this.#decide();
    this.onReading?.();
    return this;
  }

  /** Holds callbacks back until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#decide();
  }

  /** Calls callbacks again. */
  resume(): void {
    this.#paused = false;
    this.#pump();
    this.#decide();
  }

  /** Reads by `for await`; leaving the loop closes a subscription that was made for it. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const mine: Loop<T> = new Set();
    this.#loops++;
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
    if (run.order <= this.#since || from === end) return;
    for (let i = from; i < end && !this.#closed; i++) {
      if (this.#direct && this.#losses === undefined && (this.#missed | this.#readMissed) === 0) {
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
    if (this.#seen !== run || this.#run !== run || this.#read !== run) this.#seen = this.#run = this.#read = run;
    while (batch.goesOn) {
      try {
        const result = batch.hand(callback);
        if (result !== undefined) this.#await(result);
      } catch (error) {
        this.#onError(error);
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
    this.#seenAt = this.#index = this.#readIndex = batch.at;
    this.#delivered += batch.at + 1 - batch.uncounted;
    batch.uncounted = batch.at + 1;
  }

  /**
   * The last item of a latched stream has come, from before this subscriber.
   *
   * @internal
   */
  greet(value: unknown, run: Run): void {
    if (this.#closed) return;
    this.#greeted++;
    this.#arrive(value, run, 0);
  }

  /**
   * An item was dropped before it came here, and after others which may still be on their way.
   *
   * @internal
   */
  lose(order: number, rule: keyof Dropped): void {
    if (order <= this.#since) return;
    this.#dropped[rule]++;
    (this.#losses ??= new Losses()).add(order);
  }

  /**
   * A queued item's turn, in a delivery of its own.
   *
   * @internal
   */
  deliver(): void {
    this.atWork = false;
    if (this.#closed || this.#paused || this.#callback === undefined) return;
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#call(waiting.value, waiting.run, waiting.index);
    this.#pump();
    this.#decide();
  }

  /** Leaves the stream: what waits is dropped, readers come to their end. Leaving twice does nothing. */
  close(): void {
    if (this.#closed) return;
    if (this.#thinner?.held !== undefined) this.#drop("closed");
    this.#thinner?.close();
    for (let pending = this.#coming(); pending > 0; pending--) this.#drop("closed");
    while (this.#queue.shift() !== undefined) this.#drop("closed");
    if (this.#unread) this.#drop("closed");
    this.#unread = false;
    this.#closed = true;
    this.#decide();
    this.#until = this.topic.emitted;
    this.#readers.end();
    this.onClose?.();
  }

  [Symbol.dispose](): void {
    this.close();
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
    this.#loops--;
    this.#readers.leave(loop);
    if (this.#closes) this.close();
    else if (this.#loops === 0) this.#keepLatest();
  }

  /** Nobody iterates: of what waits, only the newest counts. */
  #keepLatest(): void {
    this.#queued = false;
    this.onReading?.();
    if (this.#closed || this.#queue.length === 0) return;
    while (this.#queue.length > 1) {
      this.#queue.shift();
      this.#drop("latest");
    }
    this.#queue.shift();
    this.#unread = true;
  }

  /** Items on their way to this subscriber. */
  #coming(): number {
    this.#settle();
    return this.topic.coming(this.#since, this.#seen, this.#seenAt);
  }

  /** To be called whenever something has changed that decides whether the callback is called directly. */
  #decide(): void {
    this.#batch?.stop();
    this.#direct = this.#callback !== undefined && !this.atWork && !this.#paused && !this.#closed && this.#queue.length === 0 &&
      this.#thinner === undefined;
  }

  #arrive(value: unknown, run: Run, index: number): void {
    this.#value = value;
    this.#run = run;
    this.#index = index;
    if (this.#callback !== undefined) {
      if (this.atWork || this.#paused || this.#queue.length > 0) this.#push(value, run, index);
      else this.#call(value, run, index);
      return;
    }
    if (!this.#queued && this.#unread) this.#drop("latest");
    this.#unread = !this.#queued;
    if (!this.#queued) return;
    if (!this.#readers.waiting) return this.#push(value, run, index);
    this.#deliver(run, index);
    this.#readers.give(value as T);
  }

  #call(value: unknown, run: Run, index: number): void {
    this.#deliver(run, index);
    try {
      const result = this.#callback!(value);
      if (result !== undefined) this.#await(result);
    } catch (error) {
      this.#onError(error);
    }
  }

  #await(result: unknown): void {
    if (!(result instanceof Promise)) return; // what only looks like a promise is not waited for
    this.atWork = true;
    this.#decide();
    const again = () => this.#dispatcher.send(this);
    (result as PromiseLike<unknown>).then(again, (error) => {
      this.#onError(error);
      again();
    });
  }

  #pump(): void {
    if (this.#callback === undefined || this.atWork || this.#paused || this.#queue.length === 0) return;
    this.atWork = true;
    this.#dispatcher.send(this);
  }

  #push(value: unknown, run: Run, index: number): void {
    this.#queue.push(value, run, index);
    this.#direct = false;
  }

  #next(loop: Loop<T>): Promise<IteratorResult<T, undefined>> {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) {
      this.#deliver(waiting.run, waiting.index);
      return Promise.resolve({ done: false, value: waiting.value as T });
    }
    return this.#closed ? Promise.resolve(end) : this.#readers.wait(loop);
  }

  #forgetUnread(): void {
    if (!this.#unread) return;
    this.#unread = false;
    this.#push(this.#value, this.#run!, this.#index);
  }

  #deliver(run: Run, index: number): void {
    this.#delivered++;
    this.#read = run;
    this.#readIndex = index;
    if (this.#losses !== undefined) this.#miss(run.order + index);
    [this.#readMissed, this.#missed] = [this.#missed, 0]; // it tells of what was missed before it
  }

  /** The item of that number tells of the losses before it. */
  #miss(before: number): void {
    this.#missed += this.#losses!.take(before);
    if (this.#losses!.empty) this.#losses = undefined;
  }

  #drop(rule: keyof Dropped): void {
    this.#dropped[rule]++;
    this.#missed++;
  }
}
