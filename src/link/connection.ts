/**
 * A connection to another engine, or to any other peer: messages of one or more parts, in order, until it closes.
 *
 * What carries them (a message port, ZMTP over a socket, libzmq) is not to be seen from here. The owner sets the three
 * `on…` functions in the turn in which it gets the connection; nothing is lost before that.
 */
export interface Connection {
  /** What carries it: `port`, `zmtp` or `zeromq`. */
  readonly kind: string;
  /** Bytes that were sent and have not been taken by the system yet; 0 where nobody can tell. */
  readonly buffered: number;
  /** The folder of the Unix socket that it goes over, where it does: both ends are on one machine, and can reach it. */
  readonly folder?: string | undefined;
  /** Called with each message that arrives. The parts are the owner's: nobody writes into them any more. It must not throw. */
  onMessage: (parts: Uint8Array[]) => void;
  /** Called when `buffered` has sunk to 64 KiB or below after it was above. */
  onDrain: () => void;
  /** Called once, when it is closed by either side or has broken; the reason says what broke it, and is missing after a clean end. */
  onClose: (reason: Error | undefined) => void;
  /**
   * Sends a message of at least one part. It never throws; what is sent to a closed connection is lost.
   *
   * What is sent in one turn of the loop leaves together.
   *
   * @param parts must not be changed afterwards: they are not copied where that can be avoided
   * @param transfer hands the memory of the parts over where the carrier can: each must cover its whole `ArrayBuffer`, and is detached
   */
  send(parts: readonly Uint8Array[], transfer?: boolean): void;
  /** Takes back the memory of a part that has arrived and that nobody uses any more, for parts to come. */
  reuse?(memory: ArrayBuffer): void;
  /** Sends what was sent before, and then closes it. Closing twice is closing once. */
  close(): void;
  /** Closes it at once; what was sent before may be lost. */
  destroy(reason?: Error): void;
}

/** Waits for connections at an address. */
export interface Listener {
  /** Where it can be reached, such as `ipc:///run/x/a.sock` or `tcp://127.0.0.1:4711`. */
  readonly address: string;
  /** Waits for no more; connections that are there stay. */
  close(): Promise<void>;
}

/** Limits of a link. */
export interface LinkLimits {
  /** Bytes of all parts of a message that arrives. */
  readonly maxMessage: number;
  readonly maxParts: number;
  /** How long connecting may take, in ms. */
  readonly handshakeTimeout: number;
  /** Bytes that the first message may have, which says who it is; as any other by default. */
  readonly firstMessage?: number;
}

/** How connections are made. */
export interface Link {
  /**
   * Connects to a peer.
   *
   * @throws {LinkError} if it cannot be
   */
  connect(address: string, limits: LinkLimits): Promise<Connection>;
  /**
   * Waits for peers.
   *
   * @param onConnection is given each, and sets its `on…` functions in that turn; it must not throw
   * @throws {LinkError} if it cannot be
   */
  listen(address: string, limits: LinkLimits, onConnection: (connection: Connection) => void): Promise<Listener>;
}

/** One end of a `MessageChannel`, in types that need no types of Node. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly never[]): void;
  on(event: "message", listener: (message: any) => void): unknown;
  unref(): void;
  close(): void;
}
