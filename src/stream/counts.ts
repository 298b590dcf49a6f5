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
  /** The link to the subscriber's engine was behind by more than 65,536 items or 64 MiB, or they were too large for it, or it broke. */
  link: number;
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

/** An account in which nothing has been entered yet. */
export function emptyCounts(): Counts {
  return { sent: 0, delivered: 0, waiting: 0, dropped: { depth: 0, bytes: 0, latest: 0, turn: 0, maxRate: 0, link: 0, closed: 0 } };
}
