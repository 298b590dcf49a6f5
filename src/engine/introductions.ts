import { MessageChannel } from "node:worker_threads";
import { LinkError } from "../errors.ts";
import { kinds } from "../peer/messages.ts";
import type { Remote } from "../peer/remote.ts";

/** How an engine can be reached by others. */
export interface Reach {
  /** Where it listens. */
  readonly address?: string;
  /** Gives it, a thread, one end of a channel to another. */
  hand?(port: object): void;
}

/** Makes the ways between engines that have something to say to each other: beside the main engine, which introduces them. */
export class Introductions {
  readonly #reachOf: (remote: Remote) => Reach;
  readonly #pairs: Set<string> = new Set();

  constructor(reachOf: (remote: Remote) => Reach) {
    this.#reachOf = reachOf;
  }

  /**
   * Makes the way between two engines: the one connects to the other, or both get an end of a channel.
   *
   * @param one has something to say
   * @throws LinkError when there is no way
   */
  make(one: Remote, other: Remote): void {
    const pair = pairOf(one.peer.id, other.peer.id);
    if (this.#pairs.has(pair)) return;
    const [a, b] = [this.#reachOf(one), this.#reachOf(other)];
    if (a.hand !== undefined && b.hand !== undefined) {
      this.#pairs.add(pair);
      const { port1, port2 } = new MessageChannel();
      a.hand(port1);
      b.hand(port2);
      return;
    }
    // Who has something to say listens: a socket that was opened, not accepted, can read into given memory on Node too.
    const [listens, connects, address] = a.address === undefined ? [other, one, b.address] : [one, other, a.address];
    if (address === undefined) throw new LinkError(`neither ${one.peer.name} nor ${other.peer.name} listens where the other can reach it`);
    this.#pairs.add(pair);
    connects.peer.post([kinds.tell, "connect", listens.peer.id, address]);
  }

  /** The link between two has broken: the next word makes a new one. */
  unlinked(one: number, other: number): void {
    this.#pairs.delete(pairOf(one, other));
  }

  /** An engine has gone. */
  forget(id: number): void {
    for (const pair of this.#pairs) if (pair.split(" ").includes(String(id))) this.#pairs.delete(pair);
  }
}

function pairOf(one: number, other: number): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
