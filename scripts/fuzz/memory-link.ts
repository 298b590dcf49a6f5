import { setImmediate } from "node:timers";
import type { Connection } from "../../src/link/connection.ts";

const large = 32 * 1024; // bytes from which on it says that it has sent something

/** One end of a connection within this thread. What goes through it can be looked at and changed on the way. */
export class MemoryConnection implements Connection {
  readonly kind = "memory";
  readonly buffered = 0;
  onMessage: (parts: Uint8Array[]) => void = () => {};
  onDrain: () => void = () => {};
  onClose: (reason: Error | undefined) => void = () => {};
  other!: MemoryConnection;
  /** What becomes of a message that is sent here; undefined loses it. */
  pass: (parts: Uint8Array[]) => Uint8Array[] | undefined = (parts) => parts;
  /** Why it was closed; null for no reason. */
  closed: Error | null | undefined;
  /** How often it goes on although it is to be closed for a reason: as if what had been read before that had come alone. */
  mercy = 0;
  /** How often it has been closed for a reason, or would have been. */
  reasons = 0;

  send(parts: readonly Uint8Array[]): void {
    if (this.closed !== undefined) return;
    const passed = this.pass(parts.map((part) => part.slice()));
    if (passed !== undefined) queueMicrotask(() => this.other.feed(passed));
    if (parts.some(({ length }) => length >= large)) setImmediate(() => this.closed === undefined && this.onDrain());
  }

  /** A message arrives. */
  feed(parts: Uint8Array[]): void {
    if (this.closed === undefined) this.onMessage(parts);
  }

  close(): void {
    this.destroy();
  }

  destroy(reason?: Error): void {
    if (this.closed !== undefined) return;
    if (reason !== undefined) this.reasons++;
    if (reason !== undefined && this.mercy-- > 0) return;
    this.closed = reason ?? null;
    queueMicrotask(() => {
      this.onClose(reason);
      this.other.destroy();
    });
  }
}

/** Both ends of a connection. */
export function memoryLink(): [MemoryConnection, MemoryConnection] {
  const [one, other] = [new MemoryConnection(), new MemoryConnection()];
  one.other = other;
  other.other = one;
  return [one, other];
}
