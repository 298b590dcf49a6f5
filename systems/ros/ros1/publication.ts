import { RosError } from "../../../src/errors.ts";
import type { PeerInfo, TopicCounts, TopicWriter, WriteOptions } from "../client/client.ts";
import { joined, Output, type Written } from "../message/output.ts";
import type { MessageType } from "../message/type.ts";
import type { Connection } from "./handshake.ts";
import { type Header, writeHeader } from "./header.ts";
import { SendQueue } from "./send-queue.ts";

const mostSubscribers = 1024;

interface Subscriber {
  readonly connection: Connection;
  readonly queue: SendQueue;
  readonly name: string;
}

/** A topic that this node publishes: each message is written once, for all who subscribe. */
export class Publication implements TopicWriter {
  readonly topic: string;
  readonly type: MessageType;
  readonly #options: WriteOptions;
  readonly #greeting: Readonly<Record<string, string>>;
  readonly #subscribers: Set<Subscriber> = new Set();
  readonly #output: Output = new Output();
  readonly #counts: TopicCounts = { messages: 0, bytes: 0, unfit: 0, dropped: 0 };
  readonly #onClose: () => void;
  #last: Uint8Array | undefined;
  /** What those have lost who subscribe no longer. */
  #lost = 0;
  #closed = false;

  /** @param greeting fields for the header of every connection */
  constructor(topic: string, type: MessageType, options: WriteOptions, greeting: Readonly<Record<string, string>>, onClose: () => void) {
    this.topic = topic;
    this.type = type;
    this.#options = options;
    this.#greeting = greeting;
    this.#onClose = onClose;
  }

  get counts(): TopicCounts {
    let dropped = this.#lost;
    for (const { queue } of this.#subscribers) dropped += queue.dropped;
    return { ...this.#counts, dropped };
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  get peers(): readonly PeerInfo[] {
    return [...this.#subscribers].map(({ name }) => ({ peer: name, state: "connected", reason: "" }));
  }

  write(value: unknown, isOwn?: () => boolean): void {
    if (this.#closed || (this.#subscribers.size === 0 && !this.#options.latched)) return;
    let message: Written;
    try {
      message = this.type.pieces(this.#output, value);
    } catch (error) {
      this.#counts.unfit++;
      throw error;
    }
    this.#counts.messages++;
    this.#counts.bytes += message.length;
    // One piece would keep what was written around it.
    if (this.#options.latched) this.#last = message instanceof Uint8Array ? message.slice() : joined(message);
    if (!(message instanceof Uint8Array) && isOwn?.() === true) message.lend(this.#subscribers.size);
    for (const { queue } of this.#subscribers) queue.send(message);
  }

  /**
   * Takes a connection of a subscriber, or refuses it.
   *
   * @throws RosError why it is refused
   */
  accept(connection: Connection): void {
    const { header, stream } = connection;
    check(this.type, header);
    if (this.#subscribers.size >= mostSubscribers) throw new RosError(`${this.topic} has ${mostSubscribers} subscribers already`);
    const { name, md5, text } = this.type;
    const latching = this.#options.latched ? "1" : "0";
    stream.write(writeHeader({ ...this.#greeting, topic: this.topic, type: name, md5sum: md5, message_definition: text, latching }));
    const subscriber: Subscriber = { connection, queue: new SendQueue(stream, this.#options.depth), name: header.get("callerid") ?? "?" };
    this.#subscribers.add(subscriber);
    connection.frames.largest = 0; // a subscriber has nothing to say
    stream.onClose = () => {
      this.#subscribers.delete(subscriber);
      this.#lost += subscriber.queue.dropped + subscriber.queue.waiting;
      if (!this.#closed) this.#options.onAudience();
    };
    if (this.#last !== undefined) subscriber.queue.send(this.#last);
    this.#options.onAudience();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { connection } of this.#subscribers) connection.stream.close();
    this.#onClose();
  }
}

/** Whether both ends mean the same type; a subscriber may leave it open. */
function check({ name, md5 }: MessageType, header: Header): void {
  const [theirs, sum] = [header.get("type"), header.get("md5sum")];
  if (sum === undefined) throw new RosError("the header has no md5sum");
  if (theirs !== undefined && theirs !== "*" && theirs !== name) throw new RosError(`its type is ${name}, not ${theirs.slice(0, 200)}`);
  if (sum !== "*" && sum !== md5) throw new RosError(`the MD5 of ${name} is ${md5}, not ${sum.slice(0, 64)}: the definitions differ`);
}
