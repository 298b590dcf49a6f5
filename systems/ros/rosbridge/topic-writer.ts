import type { PeerInfo, TopicCounts, TopicWriter, WriteOptions } from "../client/client.ts";
import { fullName } from "./definition.ts";
import { Lane } from "./outbox.ts";
import type { Place } from "./place.ts";
import type { WireType } from "./wire-type.ts";

const patience = 10_000; // ms until what was refused is asked again

/** A topic that is written by way of a server, which hands each message to all who subscribe. */
export class WireWriter implements TopicWriter {
  readonly topic: string;
  readonly #options: WriteOptions;
  readonly #warn: (text: string) => void;
  readonly #onClose: () => void;
  readonly #counts: TopicCounts = { messages: 0, bytes: 0, unfit: 0, dropped: 0 };
  readonly #lane: Lane;
  readonly #head: string;
  #place: Place | undefined;
  /** Set while it is advertised. */
  #type: WireType | undefined;
  #subscribers: readonly string[] = [];
  #last: string | undefined;
  #reason = "";
  /** When to ask again what was refused, in ms since the epoch. */
  #again = 0;
  #closed = false;

  constructor(topic: string, options: WriteOptions, warn: (text: string) => void, onClose: () => void) {
    this.topic = topic;
    this.#options = options;
    this.#warn = warn;
    this.#onClose = onClose;
    this.#lane = new Lane(options.depth);
    this.#head = `{"op":"publish","id":${JSON.stringify(`publish:${topic}`)},"topic":${JSON.stringify(topic)},"msg":`;
  }

  get counts(): TopicCounts {
    return { ...this.#counts, dropped: this.#lane.dropped };
  }

  get subscribers(): number {
    return this.#type === undefined ? 0 : this.#subscribers.length;
  }

  get peers(): readonly PeerInfo[] {
    if (this.#reason !== "") return [{ peer: this.#place?.address ?? "the rosbridge server", state: "refused", reason: this.#reason }];
    return this.#type === undefined ? [] : this.#subscribers.map((peer) => ({ peer, state: "connected", reason: "" }));
  }

  /** The graph was looked at: who subscribes. */
  see(place: Place, subscribers: readonly string[]): void {
    const before = this.subscribers;
    this.#subscribers = subscribers;
    if (this.#place === place && (this.#reason === "" || Date.now() < this.#again)) {
      if (this.subscribers !== before) this.#options.onAudience();
      return;
    }
    this.#place = place;
    void this.#advertise(place);
  }

  /** The server has gone. */
  lost(): void {
    const before = this.subscribers;
    this.#place = this.#type = undefined;
    this.#subscribers = [];
    if (before > 0 && !this.#closed) this.#options.onAudience();
  }

  /**
   * The server does not want to.
   *
   * @param isItem whether that is said of one item only
   */
  refuse(reason: string, isItem = false): void {
    if (isItem) return void this.#counts.unfit++;
    if (this.#reason !== reason) this.#warn(`${this.topic} cannot be written: ${reason}`);
    this.#reason = reason;
    this.#again = Date.now() + patience;
    const before = this.subscribers;
    this.#type = undefined;
    if (before > 0 && !this.#closed) this.#options.onAudience();
  }

  write(value: unknown): void {
    const type = this.#type;
    if (this.#closed || type === undefined || (this.#subscribers.length === 0 && !this.#options.latched)) return;
    let text: string;
    try {
      text = `${this.#head}${type.write(value)}}`;
    } catch (error) {
      this.#counts.unfit++;
      throw error;
    }
    this.#counts.messages++;
    this.#counts.bytes += text.length;
    if (this.#options.latched) this.#last = text;
    this.#place!.session.item(this.#lane, text);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#type !== undefined) {
      this.#lane.clear();
      this.#place!.session.tell({ op: "unadvertise", id: `advertise:${this.topic}`, topic: this.topic });
    }
    this.#onClose();
  }

  async #advertise(place: Place): Promise<void> {
    const { type: name, latched, depth } = this.#options;
    let type: WireType;
    try {
      type = await place.types.message(name);
    } catch (error) {
      if (this.#place === place && place.session.isOpen) this.refuse((error as Error).message);
      return;
    }
    if (this.#closed || this.#place !== place || !place.session.isOpen) return;
    const { version } = place.rosapi;
    place.session.tell({
      op: "advertise",
      id: `advertise:${this.topic}`,
      topic: this.topic,
      type: fullName(name, "msg", version),
      latch: latched,
      queue_size: depth,
    });
    this.#type = type;
    this.#reason = "";
    if (this.#last !== undefined) place.session.item(this.#lane, this.#last);
    if (this.subscribers > 0) this.#options.onAudience();
  }
}
