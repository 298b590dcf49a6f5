import type { Dispatcher, Sender } from "../dispatch/dispatcher.ts";
import { recopy } from "../value/copy.ts";
import { checkSubscribing, type SubscribeOptions } from "./options.ts";
import { end, iterator, type Loop, Readers } from "./readers.ts";
import type { ItemInfo, Run, RunSource } from "./run.ts";
import { Backlog, type Waiting } from "./backlog.ts";
import { Account } from "./account.ts";
import type { Counts, Dropped } from "./counts.ts";
import { type Gate, pack, type SubscriptionData, unpack } from "./passage.ts";
import { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";

type Callback = (value: any, info: ItemInfo) => unknown;
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
  #callback: Callback | undefined;
  #informed = false;
  #queued: boolean;
  /** Whether it was made for a loop, and closes with it. */
  readonly #closes: boolean;
  #loops = 0;
  #busy = false;
  #closed = false;
  #paused = false;
  /** Whether its node moves, and callbacks have to wait. */
  #isHeld = false;
  #rested: (() => void)[] = [];
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
  /** The newest item; its value stands in `#batch`, at `#index`, while its receiver runs. */
  #value: unknown;
  #batch: readonly unknown[] | undefined;
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
    if (options.maxRate === undefined) return;
    const drop = ({ run, index }: Waiting): void => this.#account.lose(run.order + index, "maxRate");
    this.#thinner = new Thinner(dispatcher.clock, options.maxRate, (w) => this.#arrive(w.value, w.run, w.index), drop);
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
      this.#account.deliver(this.#run, this.#index);
    }
    return (this.#batch === undefined ? this.#value : this.#batch[this.#index]) as T;
  }

  /** Ms since the newest item was emitted; `Infinity` when none has come. */
  get age(): number {
    return this.#run === undefined ? Infinity : Math.max(0, this.#dispatcher.clock.now() - this.#run.turn.stamp);
  }

  /** Stamp, number, publisher and losses of the item that was read last. */
  get info(): ItemInfo | undefined {
    const { read, readIndex, readMissed } = this.#account;
    return read?.info(readIndex, readMissed);
  }

  /** The account until now. */
  get counts(): Counts {
    const pending = (this.#account.until === undefined ? this.#coming() : 0) + (this.#thinner?.held === undefined ? 0 : 1);
    return this.#account.counts(this.topic.emitted, pending + this.#queue.length + (this.#unread ? 1 : 0));
  }

  /**
   * Reads by a callback: one call an item. While a promise that it returned is pending, further items wait, `depth` of them at most.
   *
   * @param callback gets the value; and what {@link info} tells, where it names a second parameter
   * @returns this subscription
   */
  on(callback: (value: T, info: ItemInfo) => unknown): this {
    this.#callback = callback;
    this.#informed = callback.length > 1; // made only for who asks: most do not, and it costs as much as the rest
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

  /**
   * Holds callbacks back while its node moves, or no longer.
   *
   * @internal
   */
  hold(on: boolean): void {
    this.#isHeld = on;
    this.#pump();
    this.#decide();
  }

  /**
   * Waits until no callback is under way.
   *
   * @returns undefined when none is
   * @internal
   */
  rest(): Promise<void> | undefined {
    return this.#busy && !this.#closed ? new Promise((resolve) => this.#rested.push(resolve)) : undefined;
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
    if (run.order <= this.#account.since || from === end) return;
    if (this.gate?.lets(run.publisher) === false) {
      this.#account.beside -= end - from;
      [this.#seen, this.#seenAt] = [run, end - 1];
      return;
    }
    let i = this.#direct ? this.#callAll(run, values, from, end, own) : from;
    for (; i < end && !this.#closed; i++) {
      const value = own ? values[i] : recopy(values[i]);
      this.#seen = run;
      this.#seenAt = i;
      if (this.#thinner === undefined) this.#arrive(value, run, i);
      else this.#thinner.offer({ value, run, index: i, bytes: 0 });
    }
  }

  /**
   * The way of most items: a callback that keeps up. What does not change from item to item is done once.
   *
   * @returns up to where it came
   */
  #callAll(run: Run, values: readonly unknown[], from: number, end: number, own: boolean): number {
    const account = this.#account;
    this.#seen = this.#run = account.read = run;
    if (account.losses !== undefined) account.miss(run.order + from);
    if (own) this.#batch = values; // one by one they would be pointers from an old object to young ones, which have to be noted
    let i = from;
    while (i < end && this.#direct) {
      const value = own ? values[i] : (this.#value = recopy(values[i]));
      this.#seenAt = this.#index = account.readIndex = i++;
      account.delivered++;
      if ((account.missed | account.readMissed) !== 0) account.told();
      this.#invoke(value);
    }
    if (own) this.#value = values[i - 1];
    this.#batch = undefined;
    return i;
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
  lose(order: number, rule: keyof Dropped, source: RunSource | undefined): void {
    if (order <= this.#account.since) return;
    if (this.gate?.lets(source) === false) this.#account.beside--;
    else this.#account.lose(order, rule);
  }

  /**
   * A queued item's turn, in a delivery of its own.
   *
   * @internal
   */
  deliver(): void {
    this.#busy = false;
    for (const rested of this.#rested.splice(0)) rested();
    if (this.#closed || this.#paused || this.#isHeld || this.#callback === undefined) return;
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#call(waiting.value, waiting.run, waiting.index);
    this.#pump();
    this.#decide();
  }

  /** Leaves the stream: what waits is dropped, readers come to their end. Leaving twice does nothing. */
  close(): void {
    if (this.#closed) return;
    if (this.#thinner?.held !== undefined) this.#account.drop("closed");
    this.#thinner?.close();
    for (let pending = this.#coming(); pending > 0; pending--) this.#account.drop("closed");
    while (this.#queue.shift() !== undefined) this.#account.drop("closed");
    if (this.#unread) this.#account.drop("closed");
    this.#unread = false;
    this.#closed = true;
    this.#decide();
    this.#account.until = this.topic.emitted;
    this.#readers.end();
    for (const rested of this.#rested.splice(0)) rested();
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
      this.#account.drop("latest");
    }
    this.#queue.shift();
    this.#unread = true;
  }

  /** Items on their way to this subscriber. */
  #coming(): number {
    return this.topic.coming(this.#account.since, this.#seen, this.#seenAt);
  }

  /** To be called whenever something has changed that decides whether the callback is called directly. */
  #decide(): void {
    this.#direct = this.#callback !== undefined && !this.#busy && !this.#paused && !this.#isHeld && !this.#closed &&
      this.#queue.length === 0 &&
      this.#thinner === undefined;
  }

  #arrive(value: unknown, run: Run, index: number): void {
    this.#value = value;
    this.#run = run;
    this.#index = index;
    if (this.#callback !== undefined) {
      if (this.#busy || this.#paused || this.#isHeld || this.#queue.length > 0) this.#push(value, run, index);
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
    this.#invoke(value);
  }

  #invoke(value: unknown): void {
    let result: unknown;
    try {
      result = this.#informed ? this.#callback!(value, this.info!) : (this.#callback as (value: unknown) => unknown)(value);
    } catch (error) {
      return this.onError(error);
    }
    if (result !== undefined) this.#await(result);
  }

  #await(result: unknown): void {
    if (!(result instanceof Promise)) return; // what only looks like a promise is not waited for
    this.#busy = true;
    this.#decide();
    const again = () => this.#dispatcher.send(this);
    (result as PromiseLike<unknown>).then(again, (error) => {
      this.onError(error);
      again();
    });
  }

  #pump(): void {
    if (this.#callback === undefined || this.#busy || this.#paused || this.#isHeld || this.#queue.length === 0) return;
    this.#busy = true;
    this.#dispatcher.send(this);
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
