/** A connection that carries bytes, with nothing of a protocol in it. */
export interface ByteStream {
  /** Address of the other end while it is connected; empty for a Unix socket. */
  readonly peer: string;
  /** Bytes that were written and have not been taken by the system yet. */
  readonly buffered: number;
  /** Called with what arrives, in order. The memory is the owner's: nobody writes into it any more. */
  onData: (chunk: Uint8Array) => void;
  /**
   * Asked before a read, where the runtime can read into given memory: where the next bytes are to go, or undefined for anywhere.
   * What has come is told by `onData` all the same.
   */
  onRoom: () => Uint8Array | undefined;
  /** Called when `buffered` has sunk to 64 KiB or below after it was above. */
  onDrain: () => void;
  /** Called once when it has ended; the reason is missing when either side has ended it in order. */
  onClose: (reason: Error | undefined) => void;
  /**
   * Writes; what is written in one turn of the loop leaves together. It never throws; after the end it does nothing.
   *
   * @param chunk must not be changed afterwards: from 16 KiB it is not copied
   */
  write(chunk: Uint8Array): void;
  /** Writes what was written before, tells the peer, and ends when the peer has ended too, or after 2 s. */
  close(): void;
  /** Ends at once; what was written before may be lost. */
  destroy(reason?: Error): void;
}

/** Accepts byte streams at an address. */
export interface ByteListener {
  /** Where it can be reached: the port is the real one. */
  readonly address: string;
  /** Accepts no more; streams that are there stay. */
  close(): Promise<void>;
}

/** What the runtime has to give for a {@link ByteStream}: a socket without buffers of its own. */
export interface RawSocket {
  /** Address of the other end while it is connected; empty for a Unix socket. */
  readonly peer: string;
  /** Begins to read, and tells what happens. */
  start(events: RawEvents): void;
  /**
   * Writes all the chunks. It is not called again before `done`.
   *
   * @param done called when the system has taken them, which may be inside this call
   */
  write(chunks: readonly Uint8Array[], done: () => void): void;
  /** Tells the peer that nothing follows. */
  end(): void;
  /** Gives the descriptor back, at once. */
  destroy(): void;
}

/** What a {@link RawSocket} tells. */
export interface RawEvents {
  /** Bytes came, in memory of their own or in what `room` gave. */
  data(chunk: Uint8Array): void;
  /** Where the next bytes are to go, if the owner minds; not every runtime asks. */
  room(): Uint8Array | undefined;
  /** The peer has ended, or the socket is broken. */
  ended(error?: unknown): void;
}
