import type { Dispatcher, Turn } from "../dispatch/dispatcher.ts";
import { type Sender, toElsewhere } from "../dispatch/delivery.ts";
import { recopy } from "../value/copy.ts";
import { ShareGate } from "../value/freeze.ts";
import { Given, takeGiven } from "../value/give.ts";
import { Copier } from "../value/shape.ts";
import { lastBytes } from "../value/size.ts";
import { checkPublishing, type StreamOptions } from "./options.ts";
import type { PublisherData } from "./handover.ts";
import { type Receiver, Run, type RunSource } from "./run.ts";
import { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";

interface Item {
  readonly value: unknown;
  readonly bytes: number;
  readonly seq: number;
  readonly order: number;
  readonly turn: Turn;
}

/** One node's end of a stream. */
export class Publisher implements RunSource {
  readonly topic: Topic;
  readonly sender: Sender;
  readonly options: StreamOptions;
  readonly share: boolean;
  /** Whether an item may join the run of the one before: not where one is sent late, when somebody may have subscribed since it was emitted. */
  readonly joins: boolean;
  /** Room for a run of numbers, left by an earlier one. */
  spare: unknown[] | undefined;
  /** Called when somebody has subscribed, or does no longer. */
  onAudience: (() => void) | undefined;
  /** Items of the last run. */
  usual = 0;
  #emitted = 0;
  #closed = false;
  #last: Item | undefined;
  /** The run that the last item went into, where another may join it without further questions. */
  #run: Run | undefined;
  readonly #dispatcher: Dispatcher;
  /** What checks values that are shared; undefined where they are copied. */
  readonly #gate: ShareGate | undefined;
  readonly #copier: Copier | undefined;
  /** Whether items go straight on: neither latched nor thinned. */
  readonly #plain: boolean;
  readonly #thinner: Thinner<Item> | undefined;

  constructor(dispatcher: Dispatcher, topic: Topic, sender: Sender, options: StreamOptions, development: boolean) {
    this.#dispatcher = dispatcher;
    this.topic = topic;
    this.sender = sender;
    this.options = options;
    this.share = options.share === true;
    this.joins = options.maxRate === undefined;
    checkPublishing(options, topic.name, sender.name);
    if (this.share) this.#gate = new ShareGate(development, topic.name);
    else this.#copier = new Copier(topic.name);
    this.#plain = options.latched !== true && options.maxRate === undefined;
    if (options.maxRate !== undefined) {
      this.#thinner = new Thinner(dispatcher.clock, options.maxRate, (item) => this.#send(item), (item) => this.#thin(item));
    }
  }

  /**
   * Sends a copy of the value to all who subscribe. It never waits, and never throws because of a subscriber.
   *
   * @param value what to send; it is copied now
   * @throws ValueError when it cannot leave the loop
   */
  emit(value: unknown): void {
    let taken = value;
    let bytes = 8;
    if (typeof value !== "number") {
      if (this.#gate === undefined) {
        taken = value instanceof Given ? takeGiven(value, this.topic.name) : this.#copier!.copy(value);
        bytes = lastBytes();
      } else if (!this.#gate.knows(value)) {
        taken = value instanceof Given ? takeGiven(value, this.topic.name) : this.#gate.pass(value);
      }
    }
    const run = this.#run;
    if (run === undefined || run !== this.#dispatcher.newest || !run.add(taken, bytes)) this.#emit(taken, bytes);
  }

  /**
   * Sends a value that is nobody else's: it is not copied.
   *
   * @param value in canonical form; whoever made it does not touch it any more
   * @param bytes its size
   */
  hand(value: unknown, bytes: number): void {
    const run = this.#run;
    if (run === undefined || run !== this.#dispatcher.newest || !run.add(value, bytes)) this.#emit(value, bytes);
  }

  /** Items emitted. */
  get emitted(): number {
    this.topic.settle();
    return this.#emitted;
  }

  /** Items have joined the run of this publisher. */
  count(items: number): void {
    this.#emitted += items;
  }

  #emit(taken: unknown, bytes: number): void {
    if (this.#closed) return; // an earlier life of the node goes on
    const { topic } = this;
    const order = topic.number();
    const seq = ++this.#emitted;
    if (this.#plain) {
      if (topic.subscriptions.length > 0) this.#run = topic.send(this, taken, bytes, seq, order);
      return;
    }
    const item = { value: taken, bytes, seq, order, turn: this.#dispatcher.turn };
    if (this.options.latched === true) this.#last = { ...item, value: this.share ? taken : recopy(taken) };
    if (this.#thinner === undefined) this.#send(item);
    else this.#thinner.offer(item);
  }

  /** Gives a new subscriber the last item of a latched stream. */
  greet(subscription: Receiver): void {
    const last = this.#last;
    if (last === undefined) return;
    const { value, seq, order, turn } = last;
    const run = new Run(this.topic, this, 0, turn, seq, order);
    const greet = () => subscription.greet(this.share ? value : recopy(value), run);
    this.#dispatcher.send(subscription.ship === undefined ? { sender: this.sender, deliver: greet } : toElsewhere(this.sender, greet));
  }

  /** Leaves the stream: what `maxRate` holds back goes out, and what is emitted from now on is lost. */
  close(): void {
    this.#closed = true;
    this.topic.settle();
    this.#last = this.#run = undefined;
    this.#thinner?.flush();
  }

  /** The publisher as data, for when the node moves; it is closed. */
  depart(): PublisherData {
    const last = this.#last;
    this.close();
    return {
      emitted: this.#emitted,
      ...(last === undefined ? {} : { last: { value: last.value, stamp: last.turn.stamp, seq: last.seq } }),
    };
  }

  /** Goes on where the node published before, and has emitted nothing here. Who subscribes has the last item of a latched stream. */
  restore({ emitted, last }: PublisherData): void {
    this.#emitted = emitted;
    if (last === undefined || this.options.latched !== true) return;
    const { value, seq, stamp } = last;
    this.#last = { value, bytes: 0, seq, order: 0, turn: { stamp } };
    const run = new Run(this.topic, this, 0, { stamp }, seq, 0);
    const remind = () => {
      for (const receiver of this.topic.subscriptions) receiver.remind?.(value, run);
    };
    this.#dispatcher.send(toElsewhere(this.sender, remind));
  }

  /** The number of the item that `maxRate` holds back; 0 when there is none. */
  get heldOrder(): number {
    return this.#thinner?.held?.order ?? 0;
  }

  #send(item: Item): void {
    if (this.topic.subscriptions.length > 0) this.topic.send(this, item.value, item.bytes, item.seq, item.order);
  }

  #thin(item: Item): void {
    this.topic.lose(item.order, "maxRate", this);
  }
}
