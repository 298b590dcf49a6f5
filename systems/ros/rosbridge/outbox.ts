import { RosError } from "../../../src/errors.ts";
import type { Socket } from "./socket.ts";

const inSocket = 1024 * 1024; // bytes that may wait in the socket: enough to keep it busy
const mostBytes = 64 * 2 ** 20;
const mostOrders = 65_536;
const beat = 5; // ms between two looks at the socket, which does not tell when it can take more
const whole = 8_000_000; // characters from which on a message goes in parts: servers end a connection for a larger one
const part = 4_000_000;

/** What waits of one topic: the newest items. */
export class Lane {
  /** Items that were dropped. */
  dropped = 0;
  readonly #depth: number;
  readonly #waiting: string[] = [];
  #length = 0;

  /** @param depth items that may wait, from 1 */
  constructor(depth: number) {
    this.#depth = depth;
  }

  get size(): number {
    return this.#waiting.length;
  }

  push(text: string): void {
    this.#waiting.push(text);
    this.#length += text.length;
    while (this.#waiting.length > this.#depth || (this.#length > mostBytes && this.#waiting.length > 1)) {
      this.shift();
      this.dropped++;
    }
  }

  shift(): string | undefined {
    const text = this.#waiting.shift();
    this.#length -= text?.length ?? 0;
    return text;
  }

  /** Nobody gets what waits. */
  clear(): void {
    this.dropped += this.#waiting.length;
    this.#waiting.length = this.#length = 0;
  }
}

/** What is to go through a socket: orders in their order, and behind them the items of topics by turns. */
export class Outbox {
  readonly #socket: Socket;
  readonly #onStuck: (error: RosError) => void;
  readonly #orders: string[] = [];
  readonly #lanes: Set<Lane> = new Set();
  #length = 0;
  #parts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onStuck is told when the other side does not read */
  constructor(socket: Socket, onStuck: (error: RosError) => void) {
    this.#socket = socket;
    this.#onStuck = onStuck;
  }

  /** Sends what must not get lost. */
  order(text: string): void {
    if (this.#orders.length === 0 && this.#socket.buffered < inSocket) return this.#send(text);
    this.#orders.push(text);
    this.#length += text.length;
    if (this.#length > mostBytes || this.#orders.length > mostOrders) {
      this.#onStuck(new RosError("the server does not read what it is sent"));
    }
    this.#wait();
  }

  /** Sends an item of a topic; it never waits. */
  item(lane: Lane, text: string): void {
    if (this.#orders.length === 0 && this.#lanes.size === 0 && this.#socket.buffered < inSocket) return this.#send(text);
    lane.push(text);
    this.#lanes.add(lane);
    this.#wait();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const lane of this.#lanes) lane.clear();
    this.#lanes.clear();
    this.#orders.length = 0;
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drain();
    }, beat);
  }

  #drain(): void {
    while (this.#socket.buffered < inSocket) {
      const order = this.#orders.shift();
      this.#length -= order?.length ?? 0;
      const text = order ?? this.#next();
      if (text === undefined) return;
      this.#send(text);
    }
    this.#wait();
  }

  #next(): string | undefined {
    for (const lane of this.#lanes) {
      const text = lane.shift();
      this.#lanes.delete(lane);
      if (lane.size > 0) this.#lanes.add(lane);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #send(text: string): void {
    if (text.length <= whole) return this.#socket.send(text);
    const pieces: string[] = [];
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = at + part;
      if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++; // both halves of a character belong together
      pieces.push(text.slice(at, end));
    }
    const id = `parts:${++this.#parts}`;
    pieces.forEach((data, num) => this.#socket.send(JSON.stringify({ op: "fragment", id, num, total: pieces.length, data })));
  }
}
