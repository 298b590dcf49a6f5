import { LinkError } from "../../errors.ts";
import { latin1, latin1Bytes } from "./text.ts";

/** What a peer says first. */
export interface Greeting {
  /** Major and minor version, such as 3 and 1. */
  readonly version: readonly [number, number];
  /** `NULL`, `PLAIN` or `CURVE`. */
  readonly mechanism: string;
  readonly asServer: boolean;
}

/** Bytes of a greeting. */
export const greetingSize = 64;

/** The greeting of a peer that speaks ZMTP 3.1. */
export function makeGreeting(mechanism: string, asServer: boolean): Uint8Array {
  const bytes = new Uint8Array(greetingSize);
  bytes[0] = 0xff;
  bytes[8] = 1; // to a peer of ZMTP 1.0, the first ten bytes are the head of a frame
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes[11] = 1;
  bytes.set(latin1Bytes(mechanism), 12);
  bytes[32] = asServer ? 1 : 0;
  return bytes;
}

/** Takes a greeting byte by byte, and refuses what is none as soon as that can be seen. */
export class GreetingReader {
  readonly #bytes: Uint8Array = new Uint8Array(greetingSize);
  #have = 0;

  /**
   * Takes bytes.
   *
   * @returns how many of them belong to the greeting
   * @throws {LinkError} if the peer does not speak ZMTP 3
   */
  push(chunk: Uint8Array): number {
    const count = Math.min(greetingSize - this.#have, chunk.length);
    this.#bytes.set(chunk.subarray(0, count), this.#have);
    this.#have += count;
    const bytes = this.#bytes;
    if ((this.#have > 0 && bytes[0] !== 0xff) || (this.#have > 9 && bytes[9] !== 0x7f)) {
      throw new LinkError("it does not speak ZMTP 3: its first bytes are no greeting");
    }
    if (this.#have > 10 && bytes[10]! < 3) throw new LinkError(`it speaks ZMTP ${bytes[10]}; version 3 is needed`);
    return count;
  }

  /** The greeting, once all of it has come. */
  get greeting(): Greeting | undefined {
    const bytes = this.#bytes;
    if (this.#have < greetingSize) return undefined;
    const end = bytes.indexOf(0, 12);
    const mechanism = latin1(bytes.subarray(12, Math.min(end, 32)));
    return { version: [bytes[10]!, bytes[11]!], mechanism, asServer: bytes[32] === 1 };
  }
}
