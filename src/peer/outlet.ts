import type { Codec } from "../codec/codec.ts";
import type { Dropped } from "../stream/counts.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { Receiver, Run } from "../stream/run.ts";
import type { Topic } from "../stream/topic.ts";
import { sizeOf } from "../value/size.ts";
import { giveSpare } from "../value/spare.ts";
import { bulkBytes, type BulkOut, type Transfer } from "./bulk.ts";
import { type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";

const mostItems = 65_536; // items of one publisher that wait for a link that is behind
const mostBytes = 64 * 2 ** 20;
const uncopied = 16 * 1024; // bytes from which on something in an item may go out from where it is

/** How many of a publisher's items another engine has lost, by rule. */
type Lost = Partial<Record<keyof Dropped, number>>;

interface Waiting {
  readonly run: Run;
  readonly index: number;
  readonly value: unknown;
  readonly bytes: number;
}

/** The items of one publisher on their way to another engine. */
interface Lane {
  readonly ref: number;
  /** Items that wait for the link: of `latest` readers, the newest at most. */
  waiting: Waiting[];
  bytes: number;
  /** Items that were lost since the other engine was told last: their numbers and the rules, in order. */
  lost: { readonly order: number; readonly rule: keyof Dropped; count: number }[];
  /** Number of the first item that was for the other engine; 0 before there was one. */
  first: number;
  /** Number of the first item that neither went nor was told to be lost. */
  next: number;
  /** Whether the other engine has not taken yet what it was sent last. */
  out: boolean;
  /** The item that goes out in chunks: those behind it wait. */
  bulk: Transfer | undefined;
}

/** What an outlet needs of the link. */
export interface OutletLink {
  readonly peer: Peer;
  readonly bulk: BulkOut;
  readonly codec: Codec;
}

/** The way of one stream to another engine that subscribes to it: it drops at the source, and before it encodes, what would be dropped there. */
export class Outlet implements Receiver {
  readonly topic: Topic;
  readonly #peer: Peer;
  readonly #bulk: BulkOut;
  readonly #codec: Codec;
  readonly #refOf: (publisher: Publisher) => number | undefined;
  readonly #lanes: Map<Publisher, Lane> = new Map();
  #since: number;
  readonly #simulated: boolean;
  /** Whether somebody there reads every item; else only the newest one counts. */
  queued: boolean;

  /**
   * @param topic the stream
   * @param link to the other engine
   * @param queued whether somebody there reads every item
   * @param simulated whether items go before the round in which they are delivered, and none is left out
   * @param refOf a publisher's number in this engine; undefined for one that is elsewhere
   */
  constructor(topic: Topic, link: OutletLink, queued: boolean, simulated: boolean, refOf: (publisher: Publisher) => number | undefined) {
    this.topic = topic;
    this.#peer = link.peer;
    this.#bulk = link.bulk;
    this.#codec = link.codec;
    this.#refOf = refOf;
    this.queued = queued;
    this.#since = topic.emitted;
    this.#simulated = simulated;
  }

  take(run: Run, values: readonly unknown[], from: number, end: number, own: boolean): void {
    if (run.order <= this.#since || this.#simulated) return;
    const lane = this.#lane(run.publisher as Publisher);
    if (lane === undefined) return;
    const mine = (index: number): unknown => (own ? values[index] : run.keep(values[index]));
    const first = this.queued ? from : end - 1;
    let at = from;
    if (lane.waiting.length === 0 && lane.bulk === undefined && (this.queued ? !this.#peer.behind : !lane.out)) {
      for (; at < first; at++) this.#lost(lane, run.order + at, "latest");
      while (at < end && bytesOf(run, values, at) < uncopied) at++;
      if (at > first) this.#post(lane, run, first, first === 0 && at === values.length ? values : values.slice(first, at));
    }
    if (at === end) return;
    for (; at < end; at++) this.#wait(lane, { run, index: at, value: mine(at), bytes: bytesOf(run, values, at) });
    this.#release(lane);
  }

  ship(run: Run, values: readonly unknown[], from: number, end: number): void {
    const lane = run.order > this.#since ? this.#lane(run.publisher as Publisher) : undefined;
    if (lane !== undefined && end > from) this.#post(lane, run, from, values.slice(from, end));
  }

  lose(order: number, rule: keyof Dropped, publisher: Publisher): void {
    const lane = order > this.#since ? this.#lane(publisher) : undefined;
    if (lane !== undefined) this.#lost(lane, order, rule);
  }

  greet(value: unknown, run: Run): void {
    const lane = this.#lane(run.publisher as Publisher);
    if (lane !== undefined) this.#peer.post([kinds.greet, lane.ref, run.seq, run.turn.stamp, value]);
  }

  remind(value: unknown, run: Run): void {
    const lane = this.#lane(run.publisher as Publisher);
    if (lane !== undefined) this.#peer.post([kinds.greet, lane.ref, run.seq, run.turn.stamp, value, 1]);
  }

  /** What is on its way here is for the other engine, although it was sent before that subscribed. */
  reachBack(): void {
    this.#since = 0;
  }

  /** Sends what waits, and tells of what is lost, whatever the link is behind with. */
  expel(): void {
    for (const lane of this.#lanes.values()) this.#expel(lane);
  }

  /** The other engine has taken what it was sent last. */
  taken(publisher: Publisher): void {
    const lane = this.#lanes.get(publisher);
    if (lane === undefined) return;
    lane.out = false;
    this.#release(lane);
  }

  /** Whether something waits for the link. */
  get pending(): boolean {
    return [...this.#lanes.values()].some((lane) => lane.waiting.length > 0 || lane.bulk !== undefined);
  }

  /** The link is no longer behind, or somebody reads in another way. */
  drained(): void {
    for (const lane of this.#lanes.values()) this.#release(lane);
  }

  /** How far this stream has come, for an engine that has missed something with the link: what `say` gets of each publisher. */
  places(say: (resume: Envelope) => void): void {
    for (const { ref, first, next } of this.#lanes.values()) if (next > 0) say([kinds.resume, ref, first, next]);
  }

  /** What is out will not be taken. */
  linkLost(): void {
    for (const lane of this.#lanes.values()) if (lane.bulk === undefined) lane.out = false;
    this.drained();
  }

  /** Tells of losses that no item has told of: every account is to come out even. */
  tellLosses(): void {
    for (const lane of this.#lanes.values()) if (lane.waiting.length === 0 && lane.bulk === undefined && !lane.out) this.#tell(lane);
  }

  /** A publisher has gone. */
  forget(publisher: Publisher): void {
    const lane = this.#lanes.get(publisher);
    if (lane === undefined) return;
    this.#expel(lane);
    this.#lanes.delete(publisher);
  }

  /** Nobody there subscribes any more. */
  end(): void {
    for (const { bulk } of this.#lanes.values()) if (bulk !== undefined) this.#bulk.cancel(bulk);
    this.#lanes.clear();
  }

  #expel(lane: Lane): void {
    while (lane.bulk !== undefined) this.#bulk.finish(lane.bulk);
    for (const { run, index, value } of lane.waiting) this.#post(lane, run, index, [value]);
    lane.waiting = [];
    lane.bytes = 0;
    this.#tell(lane);
  }

  #lane(publisher: Publisher): Lane | undefined {
    let lane = this.#lanes.get(publisher);
    if (lane !== undefined) return lane;
    const ref = this.#refOf(publisher);
    if (ref === undefined) return undefined;
    this.#lanes.set(publisher, lane = { ref, waiting: [], bytes: 0, lost: [], first: 0, next: 0, out: false, bulk: undefined });
    return lane;
  }

  #wait(lane: Lane, item: Waiting): void {
    lane.waiting.push(item);
    lane.bytes += item.bytes;
    if (!this.queued) { while (lane.waiting.length > 1) this.#drop(lane, "latest"); }
    while (lane.waiting.length > mostItems || (lane.bytes > mostBytes && lane.waiting.length > 1)) this.#drop(lane, "link");
  }

  #drop(lane: Lane, rule: keyof Dropped): void {
    const { run, index, bytes } = lane.waiting.shift()!;
    lane.bytes -= bytes;
    this.#lost(lane, run.order + index, rule);
  }

  #lost(lane: Lane, order: number, rule: keyof Dropped): void {
    const last = lane.lost.at(-1);
    if (last?.rule === rule && last.order < order) last.count++;
    else lane.lost.push({ order, rule, count: 1 });
  }

  /** What was lost before the item of that number, which is told of it; 0 for nothing. */
  #before(lane: Lane, order: number): Lost | 0 {
    let lost: Lost | 0 = 0;
    while (lane.lost.length > 0 && lane.lost[0]!.order < order) {
      const { rule, count } = lane.lost.shift()!;
      lost ||= {};
      lost[rule] = (lost[rule] ?? 0) + count;
    }
    return lost;
  }

  /** What was to be told with the item of that number was not. */
  #untold(lane: Lane, order: number, lost: Lost | 0): void {
    for (const rule of Object.keys(lost) as (keyof Dropped)[]) lane.lost.unshift({ order, rule, count: (lost as Lost)[rule]! });
  }

  #tell(lane: Lane): void {
    if (lane.lost.length === 0) return;
    const lost = this.#before(lane, Infinity);
    if (lane.next > 0) lane.next += total(lost);
    this.#peer.post([kinds.items, lane.ref, 0, 0, lost, []]);
  }

  #release(lane: Lane): void {
    while (lane.waiting.length > 0 && lane.bulk === undefined && (this.queued ? !this.#peer.behind : !lane.out)) {
      const item = lane.waiting.shift()!;
      lane.bytes -= item.bytes;
      if (item.bytes < bulkBytes) this.#post(lane, item.run, item.index, [item.value]);
      else this.#haul(lane, item);
    }
  }

  /** Sends an item in chunks. */
  #haul(lane: Lane, { run, index, value }: Waiting): void {
    const order = run.order + index;
    const lost = this.#before(lane, order);
    const envelope: Envelope = [kinds.items, lane.ref, run.seq + index, run.turn.stamp, lost, [value]];
    const failed = (): void => {
      lane.lost.unshift({ order, rule: "link", count: 1 });
      this.#untold(lane, order, lost);
    };
    try {
      lane.bulk = this.#bulk.send(this.#codec.encode(envelope), (sent, unused) => {
        lane.bulk = undefined;
        if (sent) {
          went(lane, run.seq + index, 1, lost);
          if (!run.publisher.share) unused?.forEach(giveSpare); // this engine's own copy, or was given to it
        } else failed();
        this.#release(lane);
      });
    } catch {
      // more than a message can hold
    }
    if (lane.bulk === undefined) failed();
    else lane.out = !this.queued;
  }

  #post(lane: Lane, run: Run, index: number, values: readonly unknown[]): void {
    const lost = this.#before(lane, run.order + index);
    lane.out = !this.queued && !this.#simulated;
    try {
      this.#peer.post([kinds.items, lane.ref, run.seq + index, run.turn.stamp, lost, values]);
      went(lane, run.seq + index, values.length, lost);
    } catch {
      this.#untold(lane, run.order + index, lost);
      for (let i = 0; i < values.length; i++) this.#lost(lane, run.order + index + i, "link"); // more than a message can hold
    }
  }
}

function went(lane: Lane, seq: number, items: number, lost: Lost | 0): void {
  if (lane.next === 0) lane.first = seq - total(lost);
  lane.next = seq + items;
}

function total(lost: Lost | 0): number {
  return lost === 0 ? 0 : Object.values(lost).reduce((sum, items) => sum + items, 0);
}

/** Bytes of an item; those of shared ones nobody has counted yet. */
function bytesOf(run: Run, values: readonly unknown[], index: number): number {
  return run.publisher.share && typeof values[index] === "object" ? sizeOf(values[index]) : run.bytesAt(index);
}
