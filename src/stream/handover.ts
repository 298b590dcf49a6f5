/**
 * How the subscriptions and publishers of a node go over to another engine, when it moves.
 *
 * @module
 */
import type { Account } from "./account.ts";
import type { Backlog, Waiting } from "./backlog.ts";
import type { Dropped } from "./counts.ts";
import { Losses } from "./losses.ts";
import { Run, type RunSource } from "./run.ts";
import type { Thinner } from "./thinner.ts";
import type { Topic } from "./topic.ts";

/** An item, and what is known about it. */
export interface PastItem {
  readonly value: unknown;
  readonly stamp: number;
  readonly seq: number;
  readonly publisher: string;
  /** Depth that its publisher suggests. */
  readonly depth?: number;
  /** How many were lost right before it. */
  readonly missed: number;
  /** Of one that waits: its place among all that wait for the node. */
  at?: number;
}

/** A subscription as data: what waits, what was read last, and the account until now. */
export interface SubscriptionData {
  readonly delivered: number;
  readonly dropped: Dropped;
  /** Items in the queue, and the newest one where it is unread. */
  readonly items: readonly PastItem[];
  /** The newest item that has come, and whether it waits to be read as `latest`. */
  readonly newest?: PastItem;
  readonly unread: boolean;
  /** What is known of the item that was read last. */
  readonly read?: PastItem;
  /** How many were lost behind the last item. */
  readonly missed: number;
  /** What `maxRate` holds back, and when the next one may pass. */
  readonly held?: PastItem;
  readonly free: number;
}

/** A publisher as data. */
export interface PublisherData {
  readonly emitted: number;
  /** Of a latched stream. */
  readonly last?: { readonly value: unknown; readonly stamp: number; readonly seq: number };
}

/** What a node takes with it of its streams, by the names that it declares. */
export interface StreamsData {
  readonly inputs: Readonly<Record<string, SubscriptionData>>;
  readonly streams: Readonly<Record<string, PublisherData>>;
}

/** What a node takes that leaves nothing. */
export const nothingLeft: StreamsData = Object.freeze({ inputs: Object.freeze({}), streams: Object.freeze({}) });

const here = -1;

/**
 * Decides, while a node moves, which of its two subscriptions to a stream an item belongs to: each engine tells both when the one
 * has got its last and the other its first.
 */
export class Gate {
  readonly #arriving: boolean;
  /** Engines whose items belong to the earlier place; of all until {@link cut}. */
  #before: Set<number> | undefined;

  /** @param arriving whether the node comes to this engine; else it leaves it */
  constructor(arriving: boolean) {
    this.#arriving = arriving;
  }

  /** This engine's own items belong to the new place from now on, those of `others` until they say so. */
  cut(others: Iterable<number>): void {
    this.#before = new Set(others);
  }

  /** An engine says so, or has gone. */
  mark(engine: number): void {
    this.#before?.delete(engine);
  }

  /** Whether an item of that source belongs to the subscription here. */
  lets(source: RunSource | undefined): boolean {
    const before = this.#before === undefined || this.#before.has(source?.engine ?? here);
    return before !== this.#arriving;
  }
}

/**
 * A subscription as data; its queue is empty afterwards.
 *
 * @param newest the newest item that has come
 * @param unread whether that waits to be read as `latest`
 */
export function pack(
  account: Account,
  queue: Backlog,
  newest: Waiting | undefined,
  unread: boolean,
  thinner: Thinner<Waiting> | undefined,
): SubscriptionData {
  const items: PastItem[] = [];
  let missed = account.missed;
  for (let waiting = queue.shift(); waiting !== undefined; waiting = queue.shift()) {
    missed += account.losses?.take(waiting.run.order + waiting.index) ?? 0;
    items.push(pastItem(waiting, missed));
    missed = 0;
  }
  if (unread && newest !== undefined) {
    missed += account.losses?.take(newest.run.order + newest.index) ?? 0;
    items.push(pastItem(newest, missed));
    missed = 0;
  }
  const { delivered, dropped, read, readIndex: index, readMissed } = account;
  const held = thinner?.held;
  return {
    delivered,
    dropped: { ...dropped },
    items,
    ...(newest === undefined ? {} : { newest: pastItem(newest, 0) }),
    unread,
    ...(read === undefined ? {} : { read: pastItem({ value: undefined, run: read, index, bytes: 0 }, readMissed) }),
    missed: missed + (account.losses?.take(Infinity) ?? 0),
    ...(held === undefined ? {} : { held: pastItem(held, 0) }),
    free: thinner?.free ?? 0,
  };
}

/**
 * Puts what was packed before all that has come to a subscription.
 *
 * @returns the newest item of before
 */
export function unpack(
  data: SubscriptionData,
  topic: Topic,
  account: Account,
  queue: Backlog,
  thinner: Thinner<Waiting> | undefined,
): Waiting | undefined {
  const { items, delivered, dropped, missed, newest, read, held } = data;
  const past = (item: PastItem, order = 0): Waiting => ({ value: item.value, run: pastRun(topic, item, order), index: 0, bytes: 0 });
  const lost = (order: number, count: number) => {
    if (count > 0) (account.losses ??= new Losses()).add(order, count);
  };
  account.delivered += delivered;
  account.beside += delivered + items.length + (held === undefined ? 0 : 1);
  for (const rule of Object.keys(dropped) as (keyof Dropped)[]) {
    account.dropped[rule] += dropped[rule];
    account.beside += dropped[rule];
  }
  const later: Waiting[] = [];
  for (let waiting = queue.shift(); waiting !== undefined; waiting = queue.shift()) later.push(waiting);
  const first = -2 * items.length; // the numbers of items here begin with 1, and odd ones are left for what was lost between
  for (const [i, item] of items.entries()) {
    lost(first + 2 * i - 1, item.missed);
    const { value, run } = past(item, first + 2 * i);
    queue.push(value, run, 0, item.at ?? 0);
  }
  lost(-1, missed);
  for (const { value, run, index, at } of later) queue.push(value, run, index, at);
  if (read !== undefined && account.read === undefined) [account.read, account.readMissed] = [past(read).run, read.missed];
  if (thinner !== undefined && data.free > thinner.free) thinner.free = data.free;
  if (held !== undefined) thinner?.offer(past(held));
  return newest === undefined ? undefined : past(newest);
}

/** A run of one item that has come in another engine. */
function pastRun(topic: Topic, { stamp, seq, publisher, depth }: PastItem, order: number): Run {
  const source: RunSource = {
    sender: { name: publisher },
    options: depth === undefined ? {} : { depth },
    share: true,
    spare: undefined,
    usual: 0,
    count() {},
  };
  return new Run(topic, source, 0, { stamp }, seq, order);
}

function pastItem({ value, run, index, at }: Waiting, missed: number): PastItem {
  const { stamp, seq, publisher } = run.info(index, 0);
  const depth = run.depthHint;
  return { value, stamp, seq, publisher, missed, ...(depth === undefined ? {} : { depth }), ...(at === undefined ? {} : { at }) };
}

/** The account takes in what is on its way here although it was sent before the subscription came: its node has taken over. */
export function reachBack(account: Account, topic: Topic): void {
  const { since } = account;
  const first = topic.firstOnItsWay;
  if (first > since) return;
  account.since = first - 1;
  account.beside -= since - account.since - (topic.pendingSince(account.since) - topic.pendingSince(since));
}

/** All that wait for one node get places that stand before those of what comes where it goes. */
export function inPlace<T extends Record<string, SubscriptionData>>(inputs: T): T {
  const items = Object.values(inputs).flatMap((input) => input.items).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  for (const [i, item] of items.entries()) item.at = i - items.length;
  return inputs;
}
