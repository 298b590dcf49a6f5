import type { Absent } from "./question.ts";
import { peer } from "./peers.ts";

/** What the benches use of a socket of zeromq.js. */
export interface ZeromqSocket extends AsyncIterable<Uint8Array[]> {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  subscribe(): void;
  send(parts: unknown): Promise<void>;
  receive(): Promise<Uint8Array[]>;
}

type SocketClass = new (options?: object) => ZeromqSocket;

/** What the benches use of zeromq.js. */
export interface Zeromq {
  Request: SocketClass;
  Reply: SocketClass;
  Dealer: SocketClass;
  Router: SocketClass;
  Publisher: SocketClass;
  Subscriber: SocketClass;
}

/** The addon; it is sound on Node only. */
export const zeromq = (): Promise<Zeromq | Absent> => peer<Zeromq>("zeromq");

/** No high-water mark: a ROUTER or PUB that reaches it drops without a word. */
export const unlimited = {
  sends: { sendHighWaterMark: 0 },
  receives: { receiveHighWaterMark: 0 },
} as const;
