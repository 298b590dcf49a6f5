/**
 * What engines say to each other: small arrays that begin with their kind. A message on a link is a batch of them. `docs/protocol.md` describes them for other languages.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";

/** Version of the protocol; engines of different versions refuse each other. */
export const protocol = 1;

/** What an envelope is about. */
export const kinds = {
  /**
   * Of the ledger: `[log, position, engine, after, ...entry]`. Only the main engine sends it. `after` is 0, or says by engine how much
   * of calls and streams that engine has been sent before by the one whose entry it is: who has not got it all yet waits with the entry.
   */
  log: 1,
  /**
   * `[ask, id, sender, verb, after, ...arguments]`: asks for something, and is answered by `ordered`, `done` or `refused`. `after` is as
   * in `log`.
   */
  ask: 2,
  /** `[ordered, id]`: what was asked has its place in the ledger; the answer comes later. */
  ordered: 3,
  /** `[done, id, result]` */
  done: 4,
  /** `[refused, id, error]` */
  refused: 5,
  /** `[tell, verb, ...arguments]`: is not answered. */
  tell: 6,
  /** `[at, position]`: what follows was sent when its sender had come so far in the ledger; who has not yet waits with it. */
  at: 7,
  /** `[beat, what]`: 1 asks whether the other engine still runs, 0 says so, and 2 that a debugger may hold it up. It overtakes what waits. */
  beat: 8,
  /** `[call, id, service, caller, input, timeout, above]`: ms, 0 for none; `above` is what calls above this one hold. */
  call: 10,
  /** `[reply, id, result]` */
  reply: 11,
  /** `[fail, id, error]`: what the handler threw. */
  fail: 12,
  /** `[refuse, id, error]`: an error of the engine's own. */
  refuse: 13,
  /** `[progress, id, item]`: what a generator service has yielded. */
  progress: 14,
  /** `[abandon, id, reason]`: the caller no longer wants the answer. */
  abandon: 15,
  /** `[away, id]`: the call has not begun, because its node has gone to another place; it is to be sent there. */
  away: 16,
  /** `[items, stream, number, stamp, lost, values]`: `number` of the first among its publisher's; `lost` since the items before, by rule, or 0. */
  items: 20,
  /**
   * `[greet, stream, number, stamp, value, known]`: the last item of a latched stream, for a new subscriber; with a `known` of 1 for later
   * ones only, because those that are there have it.
   */
  greet: 21,
  /** `[taken, stream]`: the last items have been taken, more may come. */
  taken: 22,
  /**
   * `[bulk, id, bytes, sizes]`, then `[bulk, id, bytes]`: the next bytes of an `items` envelope, which is a message of its own with parts
   * of these sizes. Each piece belongs to one part. `0` instead of bytes: the rest does not come. A number above 0: so many bytes lie
   * in the next slot of the `file`.
   */
  bulk: 23,
  /** `[file, name, slots, bytes]`: pieces of large items may lie in a file of that name, in the folder of the link's socket, in slots that are used in turn. */
  file: 24,
  /** `[read, pieces]`: so many slots of the file are free again; 0 says that it has been opened, -1 that it cannot be. */
  read: 25,
  /**
   * `[resume, stream, first, next]`: a link broke, over which items from number `first` on have gone; the next one that goes is number
   * `next`. What is missing of them was lost with the link.
   */
  resume: 26,
} as const;

/** An envelope; the first is one of {@link kinds}. */
export type Envelope = readonly [kind: number, ...rest: unknown[]];

/** An entry of the ledger: its kind, and what has changed. */
export const entries = {
  /** `[up, name]`: an engine has joined. */
  engine: 1,
  /** `[down, reason]`: it has gone, and all that was its own. */
  gone: 2,
  /** `[service, ref, name, owner, generator, share]` */
  service: 3,
  /** `[noService, ref]` */
  noService: 4,
  /** `[stream, ref, name, owner, options]` */
  stream: 5,
  /** `[noStream, ref]` */
  noStream: 6,
  /** `[interest, name, queued]`: somebody there subscribes; `queued` unless only the newest item counts. */
  interest: 7,
  /** `[noInterest, name]` */
  noInterest: 8,
  /** `[params, changes, revision]`: each change is `[name, value]`, or `[name]` of what is no more. */
  params: 9,
  /** `[hold, node]`: it moves. New calls of its services wait where they are made. */
  hold: 10,
  /**
   * `[cut, node, from, to, streams]`: what it subscribes to, by names, goes to another engine. What each engine has sent before it
   * came here belongs to the subscriptions in the first one, what it sends afterwards to those in the second; it tells both, by
   * `[tell, "cut", node, position]`.
   */
  cut: 11,
  /** `[release, node]`: it is there, and its services have been entered; the calls that wait go to them. */
  release: 12,
} as const;

/** An entry of the ledger; the first is one of {@link entries}. */
export type LedgerEntry = readonly [kind: number, ...rest: unknown[]];

/**
 * What an engine may have entered: what it has itself. All else is the main engine's to say.
 *
 * @throws ProtocolError when it is anything else
 */
export function ownEntry(asked: unknown): LedgerEntry {
  const kind: unknown = Array.isArray(asked) ? asked[0] : undefined;
  if (typeof kind === "number" && kind >= entries.service && kind <= entries.noInterest) return asked as LedgerEntry;
  throw new ProtocolError(`only the main engine enters ${String(kind)} into the ledger`);
}
