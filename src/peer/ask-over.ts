import type { Codec } from "../codec/codec.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { ProtocolError, StateError } from "../errors.ts";
import type { Connection } from "../link/connection.ts";
import { greet, type Hello } from "./hello.ts";
import { type Envelope, kinds } from "./messages.ts";
import { Peer, type PeerOwner } from "./peer.ts";
import { toWire } from "./wire-error.ts";

/** Answers what is asked; what it throws, or rejects with, goes back. */
export type Interviewed = (verb: string, args: readonly unknown[]) => unknown;

const self: Sender = { name: "/" };

/** A link over which one side asks and the other one answers, and which is no part of a graph: nobody tells of anything. */
class Interview implements PeerOwner {
  readonly codec: Codec;
  readonly position = 0;
  readonly #answer: Interviewed | undefined;

  constructor(codec: Codec, answer?: Interviewed) {
    this.codec = codec;
    this.#answer = answer;
  }

  mayTake(): boolean {
    return true;
  }

  overtakes(): boolean {
    return false;
  }

  queued(): void {
    // all can be taken
  }

  after(): 0 {
    return 0;
  }

  take(peer: Peer, [kind, id, a, verb, , ...args]: Envelope): void {
    if (kind === kinds.ask && this.#answer !== undefined) return void this.#say(peer, id, String(verb), args);
    if ((kind !== kinds.done && kind !== kinds.refused) || this.#answer !== undefined) {
      throw new ProtocolError(`${peer.name} has sent an envelope of the kind ${String(kind)}, which has no place here`);
    }
    peer.answer(kind, id as number, a);
  }

  lost(peer: Peer, reason: Error | undefined): void {
    peer.end(reason ?? new StateError(`${peer.name} has closed the link`), true);
  }

  async #say(peer: Peer, id: unknown, verb: string, args: readonly unknown[]): Promise<void> {
    try {
      peer.post([kinds.done, id, await this.#answer!(verb, args)]);
    } catch (error) {
      peer.post([kinds.refused, id, toWire(error)]);
    }
  }
}

/**
 * Answers over a new connection, until it ends.
 *
 * @throws ProtocolError when the other side does not belong here, LinkError when the connection breaks before it has greeted
 */
export async function answerOver(connection: Connection, own: Hello, codec: Codec, answer: Interviewed): Promise<Peer> {
  const greeted = await greet(connection, own);
  const peer = new Peer(new Interview(codec, answer), 0, "who asks", false);
  peer.attach(greeted);
  return peer;
}

/**
 * Asks one thing over a new connection, and closes it.
 *
 * @param name what is asked, for messages
 * @throws what the other side throws; ProtocolError or LinkError when it cannot be asked
 */
export async function askOver<T>(
  connection: Connection,
  own: Hello,
  codec: Codec,
  name: string,
  verb: string,
  args: readonly unknown[],
): Promise<T> {
  const greeted = await greet(connection, own);
  const peer = new Peer(new Interview(codec), 0, name, false);
  peer.attach(greeted);
  try {
    return await peer.ask<T>(self, verb, args);
  } finally {
    peer.end(new StateError("all is said"), false);
  }
}
