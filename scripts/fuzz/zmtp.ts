import { setImmediate } from "node:timers/promises";
import type { ByteStream } from "../../src/link/bytes/stream.ts";
import { ZmtpConnection } from "../../src/link/zmtp/connection.ts";
import { Handshake } from "../../src/link/zmtp/handshake.ts";
import { NullMechanism } from "../../src/link/zmtp/null-mechanism.ts";
import { toSettings } from "../../src/link/zmtp/options.ts";
import { Random } from "../../src/time/random.ts";
import { mutate } from "./codec.ts";

/** What came of the streams of bytes. */
export interface ZmtpCounts {
  frames: number;
  /** Handshakes that got through. */
  opened: number;
  /** Messages that came out. */
  messages: number;
  /** Ended with a reason. */
  closed: number;
  /** Ended without one. */
  unexplained: number;
  /** Still waiting for more. */
  waiting: number;
  crashed: number;
  first?: string;
}

/** A stream of bytes whose other end is this fuzzer. */
class Wire implements ByteStream {
  readonly peer: string = "";
  readonly buffered = 0;
  readonly written: Uint8Array[] = [];
  onData: (chunk: Uint8Array) => void = () => {};
  onRoom: () => Uint8Array | undefined = () => undefined;
  onDrain: () => void = () => {};
  onClose: (reason: Error | undefined) => void = () => {};
  ended = false;

  write(chunk: Uint8Array): void {
    if (!this.ended) this.written.push(chunk.slice());
  }

  close(): void {
    this.destroy();
  }

  destroy(reason?: Error): void {
    if (this.ended) return;
    this.ended = true;
    queueMicrotask(() => this.onClose(reason));
  }
}

const limits = { maxMessage: 64 * 1024, maxParts: 16 };

/** What a well-behaved peer sends: its greeting, its READY, and some messages. */
async function sample(): Promise<Uint8Array> {
  const [one, other] = [new Wire(), new Wire()];
  const settings = toSettings(limits, "DEALER");
  const opening = (wire: Wire) =>
    new Promise<ZmtpConnection>((resolve, reject) => {
      const handshake = new Handshake(wire, settings, new NullMechanism(settings.metadata), (opened) => {
        if (opened instanceof Error) reject(opened);
        else resolve(new ZmtpConnection(opened, settings, "fuzz"));
      });
      void handshake;
    });
  const connections = Promise.all([opening(one), opening(other)]);
  let [seen, told] = [0, 0];
  for (let i = 0; i < 10; i++) {
    while (seen < one.written.length) other.onData(one.written[seen++]!);
    while (told < other.written.length) one.onData(other.written[told++]!);
    await setImmediate();
  }
  const [mine, theirs] = await connections;
  for (const size of [0, 5, 255, 256, 3000]) mine.send([new Uint8Array(size).fill(7), new Uint8Array(3)]);
  await setImmediate();
  const bytes = concat(one.written);
  mine.destroy();
  theirs.destroy();
  return bytes;
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Sends changed streams of ZMTP to the side that listens, cut anywhere. */
export async function fuzzZmtp({ frames, seed }: { frames: number; seed: number }): Promise<ZmtpCounts> {
  const random = new Random(`zmtp ${seed}`);
  const next = (below: number): number => Math.floor(random.next() * below);
  const counts: ZmtpCounts = { frames, opened: 0, messages: 0, closed: 0, unexplained: 0, waiting: 0, crashed: 0 };
  const crashed = (error: unknown): void => {
    counts.crashed++;
    counts.first ??= error instanceof Error ? String(error.stack) : String(error);
  };
  process.on("uncaughtException", crashed).on("unhandledRejection", crashed);
  const good = await sample();
  const settings = toSettings(limits, "ROUTER");
  for (let i = 0; i < frames; i++) {
    const bytes = mutate([good], good, next)[0]!;
    const wire = new Wire();
    let reason: Error | "waits" | undefined = "waits";
    const handshake = new Handshake(wire, settings, new NullMechanism(settings.metadata), (opened) => {
      if (opened instanceof Error) {
        reason = opened;
        return;
      }
      counts.opened++;
      const connection = new ZmtpConnection(opened, settings, "fuzz");
      connection.onMessage = () => counts.messages++;
      connection.onClose = (why) => (reason = why);
    });
    try {
      for (let at = 0; at < bytes.length;) {
        const end = Math.min(bytes.length, at + 1 + next(next(2) === 0 ? 12 : 4000));
        wire.onData(bytes.slice(at, end));
        at = end;
      }
    } catch (error) {
      crashed(error);
    }
    await setImmediate();
    if (reason === "waits") counts.waiting++;
    else if (reason === undefined) counts.unexplained++;
    else counts.closed++;
    handshake.fail(new Error("the fuzzer has ended"));
    wire.destroy();
    if (i % 64 === 0) await setImmediate();
  }
  process.off("uncaughtException", crashed).off("unhandledRejection", crashed);
  return counts;
}
