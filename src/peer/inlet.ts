import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { ProtocolError } from "../errors.ts";
import { localSubscriptions } from "../stream/local-readers.ts";
import { type Dropped, emptyCounts } from "../stream/counts.ts";
import type { StreamOptions } from "../stream/options.ts";
import { Run, type RunSource } from "../stream/run.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { Topic } from "../stream/topic.ts";
import { recopy } from "../value/copy.ts";
import { freezeDeep } from "../value/freeze.ts";

const rules = emptyCounts().dropped;

interface Last {
  readonly value: unknown;
  readonly seq: number;
  readonly stamp: number;
}

/** A publisher in another engine, seen from this one: its items come in here. */
export class Inlet implements RunSource {
  readonly sender: Sender;
  readonly options: StreamOptions;
  readonly share: boolean;
  readonly engine: number;
  spare: unknown[] | undefined = undefined;
  usual = 0;
  readonly #dispatcher: Dispatcher;
  readonly #topic: Topic;
  readonly #taken: () => void;
  readonly #freezes: boolean;
  #last: Last | undefined;
  /** Number of the first item that has not been accounted for; 0 before the first one. */
  #next = 0;

  /**
   * @param engine the number of that engine
   * @param topic the stream
   * @param owner absolute name of the publishing node
   * @param development whether shared values are frozen
   * @param taken lets the next item come, where only the newest one counts
   */
  constructor(
    engine: number,
    dispatcher: Dispatcher,
    topic: Topic,
    owner: string,
    options: StreamOptions,
    development: boolean,
    taken: () => void,
  ) {
    this.engine = engine;
    this.#dispatcher = dispatcher;
    this.#topic = topic;
    this.sender = { name: owner };
    this.options = options;
    this.share = options.share === true;
    this.#taken = taken;
    this.#freezes = this.share && development;
  }

  count(): void {
    // counted where they were emitted
  }

  /**
   * Items have come.
   *
   * @returns the run that they are, to be delivered; undefined where there are none
   */
  arrive(
    values: unknown[],
    seq: number,
    stamp: number,
    lost: Readonly<Partial<Record<keyof Dropped, number>>> | 0,
    latest: boolean,
  ): Run | undefined {
    if (lost !== 0) this.#lose(lost);
    if (values.length === 0) return undefined;
    this.#next = seq + values.length;
    if (this.#freezes) { for (const value of values) freezeDeep(value); }
    if (this.options.latched === true) this.#last = { value: this.#mine(values.at(-1)), seq: seq + values.length - 1, stamp };
    if (latest) queueMicrotask(() => this.#dispatcher.send({ sender: this.sender, deliver: this.#taken }));
    return this.#topic.arrive(this, values, seq, stamp);
  }

  /** A link broke: of the items from `first` on, up to `next`, what has not come was lost with it. */
  resume(first: number, next: number): void {
    const from = Math.max(first, this.#next);
    if (next > from) this.#lose({ link: next - from });
    this.#next = Math.max(from, next);
  }

  /** The last item of a latched stream has come: for those who subscribed before this engine knew it, unless they have it, and for later ones. */
  greetAll(value: unknown, seq: number, stamp: number, known: boolean): void {
    this.#last = { value: this.#freezes ? freezeDeep(value) : value, seq, stamp };
    if (known) return;
    for (const subscription of localSubscriptions(this.#topic)) this.greet(subscription);
  }

  /** Gives a new subscriber the last item of a latched stream, where it is known here. */
  greet(subscription: Subscription): void {
    const last = this.#last;
    if (last === undefined) return;
    const run = new Run(this.#topic, this, 0, { stamp: last.stamp }, last.seq, 0);
    this.#dispatcher.send({ sender: this.sender, deliver: () => subscription.greet(this.#mine(last.value), run) });
  }

  /** Items were lost before they came here: how many, by rule. */
  #lose(lost: Readonly<Partial<Record<keyof Dropped, number>>>): void {
    for (const [rule, items] of Object.entries(lost)) {
      if (!Object.hasOwn(rules, rule) || !Number.isSafeInteger(items) || items < 0) {
        throw new ProtocolError(`items were lost by ${rule}: ${String(items)}`);
      }
      if (this.#next > 0) this.#next += items;
    }
    this.#topic.loseElsewhere(lost, this);
  }

  #mine(value: unknown): unknown {
    return this.share ? value : recopy(value);
  }
}
