import { LinkError, RosError } from "../../../src/errors.ts";
import { connectBytes } from "../../../src/link/bytes/open.ts";
import type { ByteStream } from "../../../src/link/bytes/stream.ts";
import { Frames } from "./frames.ts";
import { Refusal } from "../client/refusal.ts";
import { type Header, longestHeader, readHeader, writeHeader } from "./header.ts";

const patience = 10_000; // ms for a peer to say who it is

/** A connection whose other end has said who it is. */
export interface Connection {
  readonly stream: ByteStream;
  readonly frames: Frames;
  readonly header: Header;
}

/** Where a node listens, and what it is told. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly header: Readonly<Record<string, string>>;
}

/**
 * Connects to a node, says what is wanted, and waits for what it says to that.
 *
 * @param signal ends the attempt, and only that
 * @param adopt gets the connection, before anything that follows its header is read
 * @throws RosError when it refuses, or takes longer than 10 s; LinkError when it cannot be reached
 */
export async function connect(target: Target, signal: AbortSignal, adopt: (connection: Connection) => void): Promise<void> {
  const { host, port, header } = target;
  const address = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      if (signal.aborted) reject(signal.reason);
      else if (limited.aborted) reject(new RosError(`${address} did not answer within ${patience / 1000} s`));
      else reject(error);
    };
    const opened = (stream: ByteStream): void => {
      const late = (): void => stream.destroy(limited.reason as Error);
      limited.addEventListener("abort", late, { once: true });
      stream.write(writeHeader(header));
      greet(stream, (greeted) => {
        limited.removeEventListener("abort", late);
        if (greeted instanceof Error) return fail(new RosError(`${address}: ${greeted.message}`, { cause: greeted }));
        const error = greeted.header.get("error");
        if (error !== undefined) {
          greeted.stream.destroy();
          return reject(new Refusal(`${address} refuses: ${error.slice(0, 1000)}`));
        }
        adopt(greeted);
        resolve();
      });
    };
    connectBytes(address, opened, limited, { keepAlive: true }).catch(fail);
  });
}

/**
 * Waits for the header of the other end, 10 s at most.
 *
 * @param then gets the connection, before anything that follows the header is read; or why there is none
 */
export function greet(stream: ByteStream, then: (greeted: Connection | Error) => void): void {
  const frames = new Frames(stream, longestHeader);
  const end = (greeted: Connection | Error): void => {
    clearTimeout(late);
    stream.onClose = () => {};
    if (greeted instanceof Error) frames.stop();
    then(greeted);
  };
  const late = setTimeout(() => stream.destroy(new RosError(`it did not say who it is within ${patience / 1000} s`)), patience);
  stream.onClose = (reason) => end(reason ?? new LinkError("it closed the connection before it had said who it is"));
  frames.onFrame = (body) => {
    frames.onFrame = () => {};
    let header: Header;
    try {
      header = readHeader(body);
    } catch (error) {
      stream.destroy(error as Error);
      return;
    }
    end({ stream, frames, header });
  };
}
