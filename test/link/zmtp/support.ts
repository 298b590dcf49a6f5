/** What the tests of ZMTP share. */
import { onTestFinished } from "vitest";
import type { Listener } from "../../../src/link/connection.ts";
import type { ZmtpConnection } from "../../../src/link/zmtp/connection.ts";
import { connectZmtp, type ZmtpConnectOptions } from "../../../src/link/zmtp/connect.ts";
import { listenZmtp, type ZmtpListenOptions } from "../../../src/link/zmtp/listen.ts";
import { until } from "../../conformance/harness.ts";

export { until } from "../../conformance/harness.ts";
export { folder, freshAddress } from "../bytes/support.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (part: Uint8Array): string => new TextDecoder().decode(part);
/** Parts as text, to compare; long ones by their size. */
export const texts = (parts: readonly Uint8Array[]): string[] =>
  parts.map((part) => part.length > 200 ? `${part.length} bytes` : text(part));

/** Bytes in which no two places look alike, to find what was mixed up. */
export function pattern(size: number, seed = 1): Uint8Array {
  const made = new Uint8Array(size);
  let state = seed >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    made[i] = state >>> 24;
  }
  return made;
}

/** A connection, with all that it has told. */
export interface Tapped {
  readonly connection: ZmtpConnection;
  readonly messages: Uint8Array[][];
  /** Messages as text. */
  readonly said: string[][];
  readonly subscriptions: string[];
  drains: number;
  closed: { readonly reason: Error | undefined } | undefined;
  /** How often `onClose` was called. */
  closes: number;
}

/** Listens to a connection, and destroys it after the test. */
export function tap(connection: ZmtpConnection): Tapped {
  const tapped: Tapped = { connection, messages: [], said: [], subscriptions: [], drains: 0, closed: undefined, closes: 0 };
  connection.onMessage = (parts) => {
    tapped.messages.push(parts);
    tapped.said.push(texts(parts));
  };
  connection.onSubscription = (topic, wanted) => tapped.subscriptions.push(`${wanted ? "+" : "-"}${text(topic)}`);
  connection.onDrain = () => tapped.drains++;
  connection.onClose = (reason) => {
    tapped.closed = { reason };
    tapped.closes++;
  };
  onTestFinished(() => connection.destroy());
  return tapped;
}

/** A listener, with whom it has let in and whom not. */
export interface Door {
  readonly address: string;
  readonly listener: Listener;
  readonly guests: Tapped[];
  readonly refused: Error[];
}

/** Listens until the test has finished. */
export async function listen(address: string, options: ZmtpListenOptions = {}): Promise<Door> {
  const guests: Tapped[] = [];
  const refused: Error[] = [];
  const listener = await listenZmtp(
    address,
    { onRefused: (reason) => refused.push(reason), ...options },
    (connection) => guests.push(tap(connection)),
  );
  onTestFinished(() => listener.close());
  return { address: listener.address, listener, guests, refused };
}

/** Connects until the test has finished. */
export async function connect(address: string, options: ZmtpConnectOptions = {}): Promise<Tapped> {
  return tap(await connectZmtp(address, options));
}

/** Both ends of a connection. */
export async function pair(
  address: string,
  listening: ZmtpListenOptions = {},
  connecting: ZmtpConnectOptions = {},
): Promise<{ door: Door; here: Tapped; there: Tapped }> {
  const door = await listen(address, listening);
  const here = await connect(door.address, connecting);
  await until(() => door.guests.length === 1);
  return { door, here, there: door.guests[0]! };
}
