import { RosError } from "../../../src/errors.ts";
import type { PeerInfo, ReadOptions, TopicCounts, TopicReader } from "../client/client.ts";
import { splitDefinitions } from "../message/definition.ts";
import { largestMessage } from "../message/output.ts";
import { type MessageType, typeOfText } from "../message/type.ts";
import type { Connection } from "./handshake.ts";
import type { Header } from "./header.ts";
import { type LinkOwner, PublisherLink } from "./publisher-link.ts";

const mostPublishers = 1024;

/** What a topic that is read needs of its node. */
export interface SubscriptionParts {
  /** Fields for the header of every connection. */
  readonly greeting: Readonly<Record<string, string>>;
  /** The type of that name and MD5, where this machine knows it. */
  readonly known: (name: string, md5: string) => MessageType | undefined;
  /** Whether a publisher is one of the same graph, by another bridge: what it sends is here already. */
  readonly isOwn: (header: Header) => boolean;
  /** Runs something when there is room for one more attempt to connect. */
  readonly inTurn: LinkOwner["inTurn"];
  /** Is told of a publisher that is not wanted, does not want, or sends what does not fit. */
  readonly onLost: (peer: string, reason: string) => void;
  /** The address of a publisher may be wrong. */
  readonly onUnreached: () => void;
  readonly onClose: () => void;
}

/** A topic that this node reads: one connection to each of its publishers. */
export class TopicSubscription implements TopicReader, LinkOwner {
  readonly topic: string;
  readonly caller: string;
  readonly counts: TopicCounts = { messages: 0, bytes: 0, unfit: 0, dropped: 0 };
  readonly onLost: (peer: string, reason: string) => void;
  readonly onUnreached: () => void;
  readonly inTurn: LinkOwner["inTurn"];
  readonly #options: ReadOptions;
  /** By the addresses of their slave APIs: those that the master knows, and those that it knows no longer and that are still connected. */
  readonly #links: Map<string, PublisherLink> = new Map();
  readonly #parts: SubscriptionParts;
  /** The type that was asked for. */
  readonly #asked: MessageType | undefined;
  /** The type that all who are connected have. */
  #type: MessageType | undefined;
  #isLatched = false;
  #closed = false;

  /**
   * @param type undefined for whatever the first publisher says that is connected
   */
  constructor(topic: string, type: MessageType | undefined, options: ReadOptions, parts: SubscriptionParts) {
    this.topic = topic;
    this.caller = parts.greeting.callerid!;
    this.#parts = parts;
    this.onLost = parts.onLost;
    this.onUnreached = parts.onUnreached;
    this.inTurn = parts.inTurn;
    this.#asked = type;
    this.#options = options;
  }

  /** With the type, where it is known: then a publisher of another one hears of it too. */
  get greeting(): Readonly<Record<string, string>> {
    const { name = "*", md5 = "*" } = this.#known ?? {};
    const tcpNoDelay = this.#options.noDelay === true ? "1" : "0";
    return { ...this.#parts.greeting, topic: this.topic, type: name, md5sum: md5, tcp_nodelay: tcpNoDelay };
  }

  get peers(): readonly PeerInfo[] {
    return [...this.#links.values()].map(({ info }) => info);
  }

  /** Who publishes now, by the addresses of their slave APIs. */
  setPublishers(addresses: readonly string[]): void {
    if (this.#closed) return;
    const wanted = new Set(addresses.slice(0, mostPublishers));
    for (const [address, link] of this.#links) {
      link.isWanted = wanted.delete(address);
      if (link.isWanted || link.isConnected) continue;
      this.#links.delete(address);
      link.close();
    }
    this.onLatching();
    for (const address of wanted) {
      const link = new PublisherLink(this, address, () => {
        if (this.#links.get(address) === link) this.#links.delete(address);
        this.onLatching();
      });
      this.#links.set(address, link);
    }
  }

  /** How many publishers are known. */
  get known(): number {
    return [...this.#links.values()].filter(({ isWanted }) => isWanted).length;
  }

  adopt({ header, frames }: Connection): void {
    if (this.#parts.isOwn(header)) throw new RosError(`${this.topic} comes from this graph, by another bridge`);
    const type = this.#typeOf(header);
    const { counts } = this;
    const { onMessage } = this.#options;
    frames.largest = largestMessage;
    frames.passing = !type.views;
    frames.onFrame = (body) => {
      counts.messages++;
      counts.bytes += body.length;
      try {
        onMessage(type.read(body), body.length);
      } catch (error) {
        if (counts.unfit++ === 0) this.onLost(header.get("callerid") ?? "?", (error as Error).message);
      }
    };
  }

  /** Looks whether there is still, or now, a publisher that latches. */
  onLatching(): void {
    const isLatched = [...this.#links.values()].some(({ isLatching }) => isLatching);
    if (isLatched === this.#isLatched || this.#closed) return;
    this.#isLatched = isLatched;
    this.#options.onLatched?.(isLatched);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#parts.onClose();
  }

  /** The type that a publisher has to have: that of those who are connected, or the one that was asked for. */
  get #known(): MessageType | undefined {
    return [...this.#links.values()].some(({ isConnected }) => isConnected) ? this.#type : this.#asked;
  }

  /**
   * The type of a publisher.
   *
   * @throws RosError when it is another one than that of the topic, or its definition is not what it says
   */
  #typeOf(header: Header): MessageType {
    const name = header.get("type") ?? "";
    const sum = header.get("md5sum") ?? "";
    const known = this.#known;
    if (known !== undefined) {
      if (sum === known.md5) return (this.#type = known);
      throw new RosError(
        name === known.name
          ? `the MD5 of ${name} is ${known.md5} here, and ${sum.slice(0, 64)} there: the definitions differ`
          : `${this.topic} has the type ${known.name} here, and ${name.slice(0, 200)} there`,
      );
    }
    const local = this.#parts.known(name, sum);
    if (local !== undefined) return (this.#type = local);
    const { own, needed } = splitDefinitions(header.get("message_definition") ?? "");
    const type = typeOfText(name, own, needed);
    if (type.md5 !== sum) {
      throw new RosError(`the MD5 of ${name} is said to be ${sum.slice(0, 64)}, and its definition has ${type.md5}`);
    }
    return (this.#type = type);
  }
}
