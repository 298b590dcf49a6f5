import type { Dropped } from "../stream/counts.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { Run } from "../stream/run.ts";
import type { Receiver, Topic } from "../stream/topic.ts";
import { kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";

const mostItems = 65_536; // items of one publisher that wait for a link that is behind
const mostBytes = 64 * 2 ** 20;

/** How many of a publisher's items another engine has lost, by rule. */
type Lost = Partial<Record<keyof Dropped, number>>;

/** The items of one publisher on their way to another engine. */
interface Lane {
  readonly ref: number;
  /** Items that wait for the link: of `latest` readers, the newest at most. */
  waiting: { readonly run: Run; readonly index: number; readonly value: unknown; readonly bytes: number }[];
  bytes: number;
  /** Items that were lost since the other engine was told last: their numbers and the rules, in order. */
  lost: { readonly order: number; readonly rule: keyof Dropped; count: number }[];
  /** Whether the other engine has not taken yet what it was sent last. */
  out: boolean;
}

/** The way of one stream to another engine that subscribes to it: it drops at the source, and before it encodes, what would be dropped there. */
export class Outlet implements Receiver {
  readonly topic: Topic;
  readonly #peer: Peer;
  readonly #refOf: (publisher: Publisher) => number | undefined;
  readonly #lanes: Map<Publisher, Lane> = new Map();
  readonly #since: number;
  readonly #simulated: boolean;
  /** Whether somebody there reads every item; else only the newest one counts. */
  queued: boolean;

  /**
   * @param topic the stream
   * @param peer the other engine
   * @param queued whether somebody there reads every item
   * @param simulated whether items go before the round in which they are delivered, and none is left out
   * @param refOf a publisher's number in this engine; undefined for one that is elsewhere
   */
  constructor(topic: Topic, peer: Peer, queued: boolean, simulated: boolean, refOf: (publisher: Publisher) => number | undefined) {
    this.topic = topic;
    this.#peer = peer;
    this.#refOf = refOf;
    this.queued = queued;
    this.#since = topic.emitted;
    this.#simulated = simulated;
  }

  take(run: Run, values: readonly unknown[], from: number, end: number): void {
    if (run.order <= this.#since || this.#simulated) return;
    const lane = this.#lane(run.publisher as Publisher);
    if (lane === undefined) return;
    if (this.queued ? lane.waiting.length === 0 && !this.#peer.behind : !lane.out) {
      const first = this.queued ? from : end - 1;
      for (let i = from; i < first; i++) this.#lost(lane, run.order + i, "latest");
      return this.#post(lane, run, first, first === 0 && end === values.length ? values : values.slice(first, end));
    }
    for (let index = from; index < end; index++) {
      this.#wait(lane, { run, index, value: run.keep(values[index]), bytes: run.bytesAt(index) });
    }
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
    return [...this.#lanes.values()].some((lane) => lane.waiting.length > 0);
  }

  /** The link is no longer behind, or somebody reads in another way. */
  drained(): void {
    for (const lane of this.#lanes.values()) this.#release(lane);
  }

  /** Tells of losses that no item has told of: every account is to come out even. */
  tellLosses(): void {
    for (const lane of this.#lanes.values()) if (lane.waiting.length === 0 && !lane.out) this.#tell(lane);
  }

  /** A publisher has gone. */
  forget(publisher: Publisher): void {
    const lane = this.#lanes.get(publisher);
    if (lane === undefined) return;
    this.#expel(lane);
    this.#lanes.delete(publisher);
  }

  #expel(lane: Lane): void {
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
    this.#lanes.set(publisher, lane = { ref, waiting: [], bytes: 0, lost: [], out: false });
    return lane;
  }

  #wait(lane: Lane, item: Lane["waiting"][number]): void {
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

  #tell(lane: Lane): void {
    if (lane.lost.length > 0) this.#peer.post([kinds.items, lane.ref, 0, 0, this.#before(lane, Infinity), []]);
  }

  #release(lane: Lane): void {
    while (lane.waiting.length > 0 && (this.queued ? !this.#peer.behind : !lane.out)) {
      const { run, index, value, bytes } = lane.waiting.shift()!;
      lane.bytes -= bytes;
      this.#post(lane, run, index, [value]);
    }
  }

  #post(lane: Lane, run: Run, index: number, values: readonly unknown[]): void {
    const lost = this.#before(lane, run.order + index);
    lane.out = !this.queued && !this.#simulated;
    try {
      this.#peer.post([kinds.items, lane.ref, run.seq + index, run.turn.stamp, lost, values]);
    } catch {
      for (let i = 0; i < values.length; i++) this.#lost(lane, run.order + index + i, "link"); // more than a message can hold
    }
  }
}
