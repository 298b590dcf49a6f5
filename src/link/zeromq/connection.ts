import { clearImmediate, setImmediate } from "node:timers";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { LinkError } from "../../errors.ts";
import { folderOf } from "../bytes/address.ts";
import type { Connection, LinkLimits } from "../connection.ts";
import type { PeerSocket } from "./peer-socket.ts";

/** Bytes to which `buffered` has to sink for `onDrain`. */
const window = 64 * 1024;
/** How long what was sent before a close may take to leave, in ms. */
const patience = 2_000;
/** Messages after which the loop gets a turn, however fast libzmq takes them. */
const runLength = 64;
/** Longest time between two tries of a message that libzmq has no room for, in ms. */
const longestPause = 16;
/** Turns of the loop without a message after which nothing more is to come of a peer that has gone. */
const quietTurns = 3;

const ignore = (): void => {};

/** A connection over a socket of libzmq that has one peer. */
export class ZeromqConnection implements Connection {
  readonly kind = "zeromq";
  onMessage: (parts: Uint8Array[]) => void = ignore;
  onDrain: () => void = ignore;
  onClose: (reason: Error | undefined) => void = ignore;
  readonly #socket: PeerSocket;
  readonly #address: string;
  readonly #limits: LinkLimits;
  /** What libzmq has not taken yet. */
  #queue: (readonly Uint8Array[])[] = [];
  #buffered = 0;
  #full = false;
  #sending = false;
  #received = 0;
  #closing = false;
  #closed = false;
  #late: ReturnType<typeof setTimeout> | undefined;
  // Until its owner has had a turn to set the functions above; later, while it waits for the last messages.
  #turn: ReturnType<typeof setImmediate> | undefined;

  /**
   * @param socket after its handshake; it belongs to the connection from now on
   * @param address for reasons
   */
  constructor(socket: PeerSocket, address: string, limits: LinkLimits) {
    this.#socket = socket;
    this.#address = address;
    this.#limits = limits;
    let gone = false;
    socket.onGone = () => (gone = true);
    this.#turn = setImmediate(() => {
      socket.onGone = () => this.#gone();
      void this.#receive();
      if (gone) this.#gone();
    });
  }

  get folder(): string | undefined {
    return folderOf(this.#address);
  }

  get buffered(): number {
    return this.#buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#closing) return;
    this.#queue.push(parts);
    for (const part of parts) this.#buffered += part.byteLength;
    if (this.#buffered > window) this.#full = true;
    if (!this.#sending) void this.#send();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#sending) return this.#end(undefined);
    this.#late = setTimeout(() => this.#end(undefined), patience);
  }

  destroy(reason?: Error): void {
    this.#closing = true;
    this.#queue = [];
    this.#end(reason, 0);
  }

  async #send(): Promise<void> {
    this.#sending = true;
    let run = 0;
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        const queue = this.#queue;
        this.#queue = [];
        for (const parts of queue) {
          if (++run % runLength === 0) await turn();
          if (this.#closed || !(await this.#hand(parts))) return;
          this.#sent(parts);
        }
      }
    } catch (cause) {
      this.#break("could not be sent to", cause);
    }
    this.#sending = false;
    if (this.#closing) this.#end(undefined);
  }

  /**
   * Gives libzmq a message, as soon as it has room. It is asked again and again: a socket that waits for room and for a message at once
   * can miss both, since the package looks for one and uses up the signal of the other.
   *
   * @returns whether it has taken it before the end
   */
  async #hand(parts: readonly Uint8Array[]): Promise<boolean> {
    for (let pause = 0; !this.#closed; pause = Math.min(2 * pause || 1, longestPause)) {
      try {
        await this.#socket.dealer.send(parts);
        return !this.#closed;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
      await (pause === 0 ? turn() : sleep(pause));
    }
    return false;
  }

  #sent(parts: readonly Uint8Array[]): void {
    for (const part of parts) this.#buffered -= part.byteLength;
    if (!this.#full || this.#buffered > window) return;
    this.#full = false;
    if (!this.#closing) this.onDrain();
  }

  async #receive(): Promise<void> {
    try {
      while (!this.#closing) {
        const parts = await this.#socket.dealer.receive();
        if (this.#closing) return;
        this.#received++;
        this.#take(parts);
      }
    } catch (cause) {
      this.#break("could not be read from", cause);
    }
  }

  /** It is copied: what libzmq gives lies in memory that cannot be handed over. */
  #take(parts: readonly Uint8Array[]): void {
    const { maxMessage, maxParts } = this.#limits;
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (bytes > maxMessage) this.#refuse(`a message of ${bytes} bytes, and maxMessage is ${maxMessage}`);
    else if (parts.length > maxParts) this.#refuse(`a message of more than ${maxParts} parts, which is what maxParts allows`);
    else this.onMessage(parts.map((part) => new Uint8Array(part)));
  }

  #refuse(what: string): void {
    this.destroy(new LinkError(`${this.#address}: it sent ${what}`, { name: this.#address }));
  }

  #break(what: string, cause: unknown): void {
    if (!this.#closing) {
      this.destroy(new LinkError(`${this.#address} ${what}: ${(cause as Error).message}`, { name: this.#address, cause }));
    }
  }

  /** The peer has gone: what it has sent is taken first. */
  #gone(): void {
    let quiet = 0;
    let received = this.#received;
    const look = (): void => {
      quiet = received === this.#received ? quiet + 1 : 0;
      received = this.#received;
      if (quiet < quietTurns) this.#turn = setImmediate(look);
      else this.#end(undefined, 0);
    };
    if (!this.#closed) look();
  }

  #end(reason: Error | undefined, linger: number = patience): void {
    if (this.#closed) return;
    this.#closing = this.#closed = true;
    clearTimeout(this.#late);
    clearImmediate(this.#turn);
    this.#socket.close(linger);
    queueMicrotask(() => this.onClose(reason));
  }
}
