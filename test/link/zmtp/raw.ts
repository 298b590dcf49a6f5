/** Peers that do not keep to the protocol: bytes over a socket. */
import { onTestFinished } from "vitest";
import { connectBytes, listenBytes } from "../../../src/link/bytes/open.ts";
import type { ByteStream } from "../../../src/link/bytes/stream.ts";
import { makeCommand, makeMetadata } from "../../../src/link/zmtp/command.ts";
import { COMMAND, frameHead, MORE } from "../../../src/link/zmtp/frame.ts";
import { makeGreeting } from "../../../src/link/zmtp/greeting.ts";
import { bytes } from "./support.ts";

/** A socket with what has come over it. */
export interface Raw {
  readonly stream: ByteStream;
  readonly chunks: Uint8Array[];
  closed: boolean;
  write(...parts: readonly Uint8Array[]): void;
}

function tapRaw(stream: ByteStream): Raw {
  const raw: Raw = { stream, chunks: [], closed: false, write: (...parts) => parts.forEach((part) => stream.write(part)) };
  stream.onData = (chunk) => raw.chunks.push(chunk);
  stream.onClose = () => (raw.closed = true);
  return raw;
}

/** Connects; the caller or the end of the test ends it. */
export async function connectRaw(address: string): Promise<Raw> {
  const found: Raw[] = [];
  await connectBytes(address, (stream) => found.push(tapRaw(stream)), new AbortController().signal);
  return found[0]!;
}

/** Listens until the end of the test, and does something with each that comes. */
export async function listenRaw(address: string, onGuest: (raw: Raw) => void): Promise<string> {
  const guests: Raw[] = [];
  const listener = await listenBytes(address, (stream) => {
    const raw = tapRaw(stream);
    guests.push(raw);
    onGuest(raw);
  });
  onTestFinished(async () => {
    for (const { stream } of guests) stream.destroy();
    await listener.close();
  });
  return listener.address;
}

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const command = (name: string, ...data: readonly Uint8Array[]): Uint8Array => {
  const body = makeCommand(name, ...data);
  return joined(frameHead(COMMAND, body.length), body);
};
export const message = (...parts: readonly Uint8Array[]): Uint8Array =>
  joined(...parts.flatMap((part, i) => [frameHead(i < parts.length - 1 ? MORE : 0, part.length), part]));
/** The head of a long frame, whatever the size. */
export const longHead = (flags: number, size: bigint): Uint8Array => {
  const head = new Uint8Array(9);
  head[0] = flags | 2;
  new DataView(head.buffer).setBigUint64(1, size);
  return head;
};
export const ready = (type = "DEALER", ...more: [string, Uint8Array][]): Uint8Array =>
  command("READY", makeMetadata([["Socket-Type", bytes(type)], ...more]));
export const greeting: Uint8Array = makeGreeting("NULL", false);
/** What a peer in order sends before its first message. */
export const opening: Uint8Array = joined(greeting, ready());
