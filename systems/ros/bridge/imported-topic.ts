import type { BridgeOutput, GraphView } from "../../../src/node/graph-view.ts";
import type { StreamOptions } from "../../../src/stream/options.ts";
import type { RosClient, TopicReader } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";

/** What is known of a mirrored topic. */
export interface MirrorHealth {
  /** Its name in the ROS graph. */
  readonly topic: string;
  /** Its name in this graph. */
  readonly stream: string;
  /** Its ROS type; `*` where that is not known yet. */
  readonly type: string;
  /** Whether somebody on the side that it leads to reads it. */
  readonly active: boolean;
  /** Messages that came from the ROS graph, or went there, since it is active. */
  readonly messages: number;
  /** Bytes of those messages on the wire. */
  readonly bytes: number;
  /** Messages that did not fit their type. */
  readonly unfit: number;
  /** Messages that slow subscribers in the ROS graph have not got. */
  readonly dropped: number;
  /** The other nodes of the ROS graph, each `connecting`, `connected` or `refused`, with the reason why it is not connected. */
  readonly peers: readonly { readonly peer: string; readonly state: string; readonly reason: string }[];
  /** Why it is not mirrored; empty else. */
  readonly problem: string;
}

/** What mirrors share. */
export interface MirrorParts {
  readonly view: GraphView;
  readonly client: RosClient;
  /** What comes from the ROS graph has this as its origin. */
  readonly origin: string;
  /** Topics that are no streams: those of actions which are mirrored as such, and the clock. */
  readonly reserved: ReadonlySet<string>;
  /** Tells people something, once. */
  readonly warn: (text: string) => void;
}

const head = 64; // bytes that an item takes beside what it had on the wire

/** A topic that is a stream: while somebody reads the stream, the topic is read. */
export class ImportedTopic {
  readonly topic: string;
  readonly stream: string;
  #type: string;
  #latched: boolean;
  readonly #treatment: Treatment;
  readonly #parts: MirrorParts;
  #output: BridgeOutput;
  #reader: TopicReader | undefined;
  #problem = "";

  /** @param type of the topic, `*` where it is not known */
  constructor(topic: string, type: string, treatment: Treatment, parts: MirrorParts) {
    this.topic = topic;
    this.stream = treatment.as ?? topic;
    this.#type = treatment.type ?? type;
    this.#latched = treatment.latched ?? false;
    this.#treatment = treatment;
    this.#parts = parts;
    this.#output = this.#publish();
    this.#hear();
  }

  get health(): MirrorHealth {
    const counts = this.#reader?.counts ?? { messages: 0, bytes: 0, unfit: 0, dropped: 0 };
    const { topic, stream } = this;
    return {
      topic,
      stream,
      type: this.#type,
      active: this.#reader !== undefined,
      ...counts,
      peers: this.#reader?.peers ?? [],
      problem: this.#problem,
    };
  }

  /** Whether a publisher is connected. */
  get isConnected(): boolean {
    return this.#reader?.peers.some(({ state }) => state === "connected") === true;
  }

  /** What the ROS graph says of its type now. */
  setType(type: string): void {
    if (this.#treatment.type !== undefined || type === "*" || type === this.#type) return;
    this.#type = type;
    this.#output.renew(this.#options);
  }

  close(): void {
    this.#reader?.close();
    this.#output.close();
  }

  get #options(): StreamOptions {
    const { depth, maxRate } = this.#treatment;
    return {
      ...(this.#type === "*" ? {} : { type: this.#type }),
      ...(depth === undefined ? {} : { depth }),
      ...(maxRate === undefined ? {} : { maxRate }),
      latched: this.#latched,
      origin: this.#parts.origin,
    };
  }

  #publish(): BridgeOutput {
    return this.#parts.view.publish(this.stream, this.#options, () => this.#hear());
  }

  #hear(): void {
    const { heard } = this.#output;
    if (heard === (this.#reader !== undefined)) return;
    if (heard) return this.#read();
    this.#reader!.close();
    this.#reader = undefined;
    if (!this.#latched) return;
    this.#output.close(); // its last item is old when somebody reads it again
    this.#output = this.#publish();
  }

  #read(): void {
    const { client, warn } = this.#parts;
    const { type, noDelay, depth, maxRate } = this.#treatment;
    try {
      this.#reader = client.read(this.topic, {
        ...(type === undefined ? {} : { type }),
        ...(noDelay === undefined ? {} : { noDelay }),
        ...(depth === undefined ? {} : { depth }),
        ...(maxRate === undefined ? {} : { maxRate }),
        onMessage: (value, bytes) => this.#output.hand(value, bytes + head),
        onLatched: (isLatched) => {
          if (this.#treatment.latched !== undefined || isLatched === this.#latched) return;
          this.#latched = isLatched;
          this.#output.renew(this.#options);
        },
      });
      this.#problem = "";
    } catch (error) {
      const { message } = error as Error;
      if (this.#problem !== message) warn(`${this.topic} cannot be imported: ${message}`);
      this.#problem = message;
    }
  }
}
