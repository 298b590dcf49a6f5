/** What is used of the package `zeromq`, in types of our own: it need not be installed. */

/** The package. */
export interface Libzmq {
  readonly Dealer: new (options: DealerOptions) => Dealer;
}

/** Options of a socket; sizes in bytes, times in ms. */
export interface DealerOptions {
  readonly linger: number;
  readonly sendHighWaterMark: number;
  readonly sendTimeout: number;
  readonly receiveHighWaterMark: number;
  readonly maxMessageSize: number;
  readonly handshakeInterval: number;
  readonly reconnectInterval: number;
}

/** A socket of the type DEALER. */
export interface Dealer {
  /** Ends when the socket has been closed. */
  readonly events: AsyncIterable<MonitorEvent>;
  linger: number;
  connect(address: string): void;
  bind(address: string): Promise<void>;
  /** One at a time; with a `sendTimeout` of 0 it fails with `EAGAIN` where there is no room. */
  send(parts: readonly Uint8Array[]): Promise<void>;
  /** One at a time; it keeps the process alive. */
  receive(): Promise<Uint8Array[]>;
  close(): void;
}

/** What the monitor of a socket tells. */
export interface MonitorEvent {
  readonly type: string;
  readonly error?: Error;
}
