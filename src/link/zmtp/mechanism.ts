import { LinkError } from "../../errors.ts";
import type { Command, Metadata } from "./command.ts";

/** How two peers come to trust each other, after their greetings: a few commands to and fro. */
export interface Mechanism {
  /** As in the greeting: `NULL` or `CURVE`. */
  readonly name: string;
  readonly asServer: boolean;
  /** The bodies of the commands that are sent first. */
  start(): Uint8Array[];
  /**
   * Takes a command of the peer.
   *
   * @throws {LinkError} if the peer cannot be trusted
   */
  take(command: Command): Step;
}

/** What follows a command of the handshake. */
export interface Step {
  /** The bodies of the commands to send. */
  readonly send: readonly Uint8Array[];
  /** The handshake is through, if these properties please. */
  readonly agreed?: Agreed;
}

/** What peers have agreed on. */
export interface Agreed {
  /** What the peer says of itself. */
  readonly metadata: Metadata;
  /** Seals what is sent from now on. */
  readonly cipher?: Cipher;
  /** The long-term public key that the peer has proved to have. */
  readonly key?: Uint8Array;
}

/** Seals and opens frames. */
export interface Cipher {
  /** Bytes that a sealed frame has more than the body inside. */
  readonly overhead: number;
  /** @returns the body of a frame without flags */
  seal(flags: number, body: Uint8Array): Uint8Array;
  /** @throws {LinkError} if it was not sealed by the peer for this place in the stream */
  open(sealed: Uint8Array): { readonly flags: number; readonly body: Uint8Array };
}

/** The peer is told why before the connection is closed. */
export class Refused extends LinkError {
  /** What it is told. */
  readonly reply: string;

  /**
   * @param message what was wrong
   * @param reply what the peer is told
   */
  constructor(message: string, reply: string) {
    super(message);
    this.reply = reply;
  }
}
