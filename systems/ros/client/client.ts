/**
 * What the bridge asks of a client of a foreign graph. The ROS 1 client stands behind it, and others can: one that speaks rosbridge.
 *
 * @module
 */

/** Whether the foreign graph is there. */
export interface ClientState {
  /** `away` while it cannot be reached: all that is wanted is done when it is back. `ended` when it has asked this client to end. */
  readonly graph: "starting" | "here" | "away" | "ended";
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Why it is away, or has ended; empty else. */
  readonly reason: string;
}

/** A topic of the foreign graph. */
export interface TopicInfo {
  readonly name: string;
  /** `*` where it is not known. */
  readonly type: string;
  /** Other nodes that publish it. */
  readonly publishers: readonly string[];
  /** Other nodes that subscribe to it. */
  readonly subscribers: readonly string[];
}

/** What is known of the foreign graph, this client left out. */
export interface ForeignGraph {
  readonly topics: ReadonlyMap<string, TopicInfo>;
  /** Services, and the nodes that provide them. */
  readonly services: ReadonlyMap<string, readonly string[]>;
}

/** What has happened on a topic. */
export interface TopicCounts {
  /** Messages that came in, or were written. */
  messages: number;
  bytes: number;
  /** Messages that did not fit their type, either way. */
  unfit: number;
  /** Messages that a slow subscriber has not got. */
  dropped: number;
}

/** A connection with another node. */
export interface PeerInfo {
  /** Name or address of the other node. */
  readonly peer: string;
  readonly state: "connecting" | "connected" | "refused";
  /** Why it is refused, or broke last; empty else. */
  readonly reason: string;
}

/** A topic that is read. */
export interface TopicReader {
  readonly counts: TopicCounts;
  readonly peers: readonly PeerInfo[];
  close(): void;
}

/** How a topic is read. */
export interface ReadOptions {
  /** The type that it must have; whatever its publishers say by default. */
  readonly type?: string;
  /** Whether publishers are to send each message by itself at once, instead of a few together where they come fast. */
  readonly noDelay?: boolean;
  /**
   * Takes a message.
   *
   * @param value in canonical form, and nobody else's
   * @param bytes its size on the wire
   */
  readonly onMessage: (value: unknown, bytes: number) => void;
  /** A publisher is connected, and says that whoever subscribes later gets the last message. */
  readonly onLatched: () => void;
}

/** A topic that is written. */
export interface TopicWriter {
  readonly counts: TopicCounts;
  readonly peers: readonly PeerInfo[];
  /** How many subscribe to it. */
  readonly subscribers: number;
  /**
   * Sends a message to all who subscribe. It never waits.
   *
   * @throws RosError that names the field that does not fit
   */
  write(value: unknown): void;
  close(): void;
}

/** How a topic is written. */
export interface WriteOptions {
  readonly type: string;
  /** Whoever subscribes later gets the last message. */
  readonly latched: boolean;
  /** Messages that may wait for a slow subscriber, from 1; the oldest are dropped first. */
  readonly depth: number;
  /** Somebody subscribes, or does no longer. */
  readonly onAudience: () => void;
}

/** A foreign graph, as one node of it. */
export interface RosClient {
  /** This node's name there. */
  readonly name: string;
  readonly state: ClientState;
  readonly graph: ForeignGraph;
  /** Called when {@link RosClient.state} has changed. */
  onState: () => void;
  /** Called when {@link RosClient.graph} has changed. */
  onGraph: () => void;
  /** Begins: it returns at once when the foreign graph is away. */
  open(): Promise<void>;
  /**
   * Reads a topic, while it is not closed.
   *
   * @throws RosError when `type` is not known
   */
  read(topic: string, options: ReadOptions): TopicReader;
  /**
   * Writes a topic, while it is not closed.
   *
   * @throws RosError when `type` is not known
   */
  write(topic: string, options: WriteOptions): TopicWriter;
  /** Leaves the foreign graph, and ends all connections. */
  close(): Promise<void>;
}
