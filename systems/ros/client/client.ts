/**
 * What the bridge asks of a client of a foreign graph. One of ROS 1 stands behind it, or one of a rosbridge server.
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

/** Somebody who connected, or asked, and was turned away. */
export interface RefusalInfo {
  /** Its address, with the name of the node where it has told it. */
  readonly peer: string;
  /** Why. */
  readonly reason: string;
  /** How often, for this reason. */
  readonly times: number;
  /** When it was last, in ms since the epoch. */
  readonly last: number;
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
  /** Messages that may wait on the other side, where it lets readers say that. */
  readonly depth?: number;
  /** Messages a second that are wanted at most, where the other side can hold the rest back. */
  readonly maxRate?: number;
  /**
   * Takes a message.
   *
   * @param value in canonical form, and nobody else's
   * @param bytes its size on the wire
   */
  readonly onMessage: (value: unknown, bytes: number) => void;
  /**
   * Is told when there is a publisher that gives its last message to whoever subscribes later, and when there is none any more.
   */
  readonly onLatched?: (isLatched: boolean) => void;
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
   * @param value nobody may write into its large arrays any more
   * @param isOwn whether nobody may read them either, so that they can be used anew when they were sent
   * @throws RosError that names the field that does not fit
   */
  write(value: unknown, isOwn?: () => boolean): void;
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

/** How a service of the foreign graph is, as one who calls it sees it. */
export interface RemoteServiceInfo {
  /** Its type; empty while it is not known. */
  readonly type: string;
  /** The node that provides it; empty while it is not known. */
  readonly node: string;
  /**
   * `connecting` while it is asked what it is, `ready` when it can be called, `refused` when it is not wanted or does not want,
   * `own` when it is of the same graph, by another bridge.
   */
  readonly state: "connecting" | "ready" | "refused" | "own";
  /** Why it is not ready; empty else. */
  readonly reason: string;
}

/** A service of the foreign graph that is called. */
export interface ServiceCaller {
  readonly info: RemoteServiceInfo;
  /**
   * Calls it.
   *
   * @param signal gives the call up
   * @throws ServiceError with the text of the other side's error, NodeLostError when the provider is lost or cannot be reached,
   * UnknownServiceError when nobody provides it, RosError that names the field that does not fit, or the reason of the signal
   */
  call(input: unknown, signal: AbortSignal): Promise<unknown>;
  /** Somebody else may provide it now. */
  refresh(): void;
  close(): void;
}

/** How a service is called. */
export interface UseOptions {
  /** The type that it must have; whatever its provider says by default. */
  readonly type?: string;
  /** Called when {@link ServiceCaller.info} has changed. */
  readonly onInfo: () => void;
}

/** A service that is provided to the foreign graph. */
export interface ServiceServer {
  readonly type: string;
  /** Calls that were answered, with results or errors. */
  readonly calls: number;
  /** Those of them that were answered with an error. */
  readonly failed: number;
  /** Connections of callers. */
  readonly callers: number;
  /** Why it is not provided; empty else. */
  readonly problem: string;
  close(): void;
}

/** How a service is provided. */
export interface ServeOptions {
  readonly type: string;
  /**
   * Answers a call; the message of what it throws is what the caller gets. It has to settle.
   *
   * @param signal fires when the caller has gone
   */
  readonly handle: (request: unknown, signal: AbortSignal) => Promise<unknown>;
}

/** The last part of a param in which a client writes that it is there: nobody else is to care about it. */
export const sessionName = "pyros_session";

/** The params of the foreign graph: a tree. Every call settles; what it is told is in the order in which it was asked. */
export interface ForeignParams {
  /** Called when somebody else has set a param or a subtree; undefined when it was deleted. */
  onChange: (name: string, value: unknown) => void;
  /** Called when the foreign graph has forgotten what this node has set and subscribed to. */
  onForgotten: () => void;
  /** Looks whether it has forgotten it, and tells so by {@link ForeignParams.onForgotten}. */
  check(): Promise<void>;
  /**
   * Hears of all that changes in a subtree.
   *
   * @returns what is there now; undefined for nothing
   * @throws Refusal when the foreign graph cannot say it, RosError when it cannot be reached
   */
  subscribe(base: string): Promise<unknown>;
  /** Hears of it no longer. */
  unsubscribe(base: string): Promise<void>;
  /** The names of all params. */
  names(): Promise<readonly string[]>;
  /** @throws Refusal, RosError as above */
  get(name: string): Promise<unknown>;
  /** @throws Refusal when the value cannot be said there, or would do harm; RosError when it cannot be reached */
  set(name: string, value: unknown): Promise<void>;
  delete(name: string): Promise<void>;
}

/** A foreign graph, as one node of it. */
export interface RosClient {
  /** This node's name there. */
  readonly name: string;
  readonly state: ClientState;
  /** What the other side said last of what is wrong, where it is one that says such things; empty else. */
  readonly notice?: string;
  /** The latest who connected or asked, and were turned away, where this client is one that others connect to. */
  readonly refusals?: readonly RefusalInfo[];
  readonly graph: ForeignGraph;
  readonly params: ForeignParams;
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
  /**
   * Calls a service, while it is not closed.
   *
   * @throws RosError when `type` is not known
   */
  use(service: string, options: UseOptions): ServiceCaller;
  /**
   * Provides a service, while it is not closed.
   *
   * @throws RosError when `type` is not known
   */
  serve(service: string, options: ServeOptions): ServiceServer;
  /** Leaves the foreign graph, and ends all connections. */
  close(): Promise<void>;
}
