import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { localSubscriptions } from "../stream/local-readers.ts";
import type { Dropped } from "../stream/counts.ts";
import type { StreamOptions } from "../stream/options.ts";
import { Run, type RunSource } from "../stream/run.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { Topic } from "../stream/topic.ts";
import { recopy } from "../value/copy.ts";
import { freezeDeep } from "../value/freeze.ts";

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
    if (lost !== 0) this.#topic.loseElsewhere(lost, this);
    if (values.length === 0) return undefined;
    if (this.#freezes) { for (const value of values) freezeDeep(value); }
    if (this.options.latched === true) this.#last = { value: this.#mine(values.at(-1)), seq: seq + values.length - 1, stamp };
    if (latest) queueMicrotask(() => this.#dispatcher.send({ sender: this.sender, deliver: this.#taken }));
    return this.#topic.arrive(this, values, seq, stamp);
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

  #mine(value: unknown): unknown {
    return this.share ? value : recopy(value);
  }
}
