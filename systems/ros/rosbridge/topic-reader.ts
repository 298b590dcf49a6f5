import { RosError } from "../../../src/errors.ts";
import type { PeerInfo, ReadOptions, TopicCounts, TopicReader } from "../client/client.ts";
import { fullName } from "./definition.ts";
import type { Place } from "./place.ts";
import { readAny } from "./read.ts";
import type { WireType } from "./wire-type.ts";

const patience = 10_000; // ms until what was refused is asked again

/** What is known of a topic. */
export interface TopicState {
  /** `package/Name`; `*` where it is not known. */
  readonly type: string;
  readonly publishers: readonly string[];
  /** Whether this graph writes it through the same server: what comes could be its own. */
  readonly isOurs: boolean;
}

/** A topic that is read by way of a server. */
export class WireReader implements TopicReader {
  readonly topic: string;
  readonly counts: TopicCounts = { messages: 0, bytes: 0, unfit: 0, dropped: 0 };
  readonly #options: ReadOptions;
  readonly #warn: (text: string) => void;
  readonly #onClose: () => void;
  #place: Place | undefined;
  #publishers: readonly string[] = [];
  /** The type that is subscribed to; undefined where it was left open. */
  #asked: string | undefined;
  #type: WireType | undefined;
  #state: PeerInfo["state"] = "connecting";
  #reason = "";
  #isOurs = false;
  /** When to ask again what was refused, in ms since the epoch. */
  #again = 0;
  #closed = false;

  constructor(topic: string, options: ReadOptions, warn: (text: string) => void, onClose: () => void) {
    this.topic = topic;
    this.#options = options;
    this.#warn = warn;
    this.#onClose = onClose;
  }

  get peers(): readonly PeerInfo[] {
    const peer = this.#place?.address ?? "the rosbridge server";
    if (this.#state !== "connected" || this.#place?.hasRosapi === false) return [{ peer, state: this.#state, reason: this.#reason }];
    return this.#publishers.map((name) => ({ peer: name, state: "connected", reason: "" }));
  }

  /** The graph was looked at. */
  see(place: Place, { type, publishers, isOurs }: TopicState): void {
    const wanted = this.#options.type ?? (type === "*" ? undefined : type);
    if (type !== "*" && wanted !== type) return this.#stop("refused", `${this.topic} has the type ${type} there, not ${String(wanted)}`);
    this.#isOurs = isOurs;
    if (isOurs) return this.#stop("refused", "this graph writes it through the same server, which does not tell whose messages come");
    this.#publishers = publishers;
    const isAsked = this.#place === place && this.#asked === wanted;
    if (isAsked && (this.#state !== "refused" || Date.now() < this.#again)) return;
    if (wanted === undefined && place.hasRosapi) return; // its type is told as soon as it has one
    this.#stop("connecting", this.#reason);
    this.#place = place;
    this.#asked = wanted;
    void this.#subscribe(place, wanted);
  }

  /** The server has gone. */
  lost(): void {
    this.#place = undefined;
    this.#publishers = [];
    this.#state = "connecting";
  }

  /** The server does not want to. */
  refuse(reason: string): void {
    if (this.#reason !== reason) this.#warn(`${this.topic} cannot be read: ${reason}`);
    [this.#state, this.#reason] = ["refused", reason];
    this.#again = Date.now() + patience;
  }

  /** A message has come. */
  take(message: unknown, bytes: number): void {
    const { counts } = this;
    if (this.#closed || this.#place === undefined || this.#isOurs) return;
    counts.messages++;
    counts.bytes += bytes;
    let value: unknown;
    try {
      if (message === undefined) throw new RosError("it has no msg");
      value = this.#type === undefined ? readAny(message) : this.#type.read(message);
    } catch (error) {
      if (counts.unfit++ === 0) this.#warn(`a message of ${this.topic} does not fit: ${(error as Error).message}`);
      return;
    }
    this.#options.onMessage(value, bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#stop("connecting", "");
    this.#closed = true;
    this.#onClose();
  }

  async #subscribe(place: Place, wanted: string | undefined): Promise<void> {
    this.#type = undefined;
    let why = "";
    if (wanted !== undefined) {
      try {
        this.#type = await place.types.message(wanted);
      } catch (error) {
        why = (error as Error).message;
      }
    }
    if (this.#closed || this.#place !== place || this.#asked !== wanted || !place.session.isOpen) return;
    if (why !== "") this.#warn(`messages of ${this.topic} come as the server writes them: ${why}`);
    const { depth = 0, maxRate } = this.#options;
    place.session.tell({
      op: "subscribe",
      id: `subscribe:${this.topic}`,
      topic: this.topic,
      ...(wanted === undefined ? {} : { type: fullName(wanted, "msg", place.rosapi.version) }),
      throttle_rate: maxRate === undefined ? 0 : Math.floor(1000 / maxRate),
      queue_length: maxRate === undefined ? depth : 1, // of those that are too many, the last one comes
      compression: this.#type?.suitsCbor === true ? "cbor" : "none",
    });
    [this.#state, this.#reason] = ["connected", ""];
  }

  #stop(state: PeerInfo["state"], reason: string): void {
    if (this.#place !== undefined && this.#state === "connected") {
      this.#place.session.tell({ op: "unsubscribe", id: `subscribe:${this.topic}`, topic: this.topic });
    }
    this.#place = undefined;
    [this.#state, this.#reason] = [state, reason];
  }
}
