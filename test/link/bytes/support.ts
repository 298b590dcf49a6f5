/** What the tests of byte streams share. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { connectBytes, listenBytes, type SocketOptions } from "../../../src/link/bytes/open.ts";
import type { ByteListener, ByteStream } from "../../../src/link/bytes/stream.ts";

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "pyros-link-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An address of a kind that nobody uses. */
export function freshAddress(kind: "ipc" | "tcp"): string {
  return kind === "ipc" ? `ipc://${folder()}/a.sock` : "tcp://127.0.0.1:*";
}

/** A stream, with all that has come. */
export interface Tapped {
  readonly stream: ByteStream;
  readonly chunks: Uint8Array[];
  size: number;
  closed: { readonly reason: Error | undefined } | undefined;
}

/** Listens to a stream, and destroys it after the test. */
export function tap(stream: ByteStream): Tapped {
  const tapped: Tapped = { stream, chunks: [], size: 0, closed: undefined };
  stream.onData = (chunk) => {
    tapped.chunks.push(chunk);
    tapped.size += chunk.length;
  };
  stream.onClose = (reason) => (tapped.closed = { reason });
  onTestFinished(() => stream.destroy());
  return tapped;
}

/** Connects until the test has finished. */
export async function connect(address: string, options: SocketOptions = {}): Promise<Tapped> {
  const tapped: Tapped[] = [];
  await connectBytes(address, (stream) => tapped.push(tap(stream)), new AbortController().signal, options);
  return tapped[0]!;
}

/** Listens until the test has finished. */
export async function listen(address: string, options: SocketOptions = {}): Promise<{ listener: ByteListener; guests: Tapped[] }> {
  const guests: Tapped[] = [];
  const listener = await listenBytes(address, (stream) => guests.push(tap(stream)), options);
  onTestFinished(() => listener.close());
  return { listener, guests };
}
