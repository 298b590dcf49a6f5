import { MessageChannel, type MessagePort } from "node:worker_threads";
import { LinkError } from "../../errors.ts";
import { kinds } from "../../peer/messages.ts";
import type { Remote } from "../../peer/remote.ts";

const self = { name: "/" };

/** How an engine can be reached, and reaches others. */
export interface Reach {
  /** Whether it may be on another machine: it reaches others by TCP only, with keys. */
  readonly away: boolean;
  /** Gives it, a thread, one end of a channel to another. */
  hand?(port: MessagePort): void;
}

/** Where an engine listens, and its public key. */
interface Seat {
  /** A socket in the graph's folder. */
  near?: string;
  /** A TCP port. */
  far?: string;
  key?: string;
}

/** Makes the ways between engines that have something to say to each other: beside the main engine, which introduces them. */
export class Introductions {
  readonly #reachOf: (remote: Remote) => Reach;
  readonly #pairs: Set<string> = new Set();
  readonly #seats: Map<number, Seat> = new Map();

  constructor(reachOf: (remote: Remote) => Reach) {
    this.#reachOf = reachOf;
  }

  /** An engine has told where it listens, or its public key is known. */
  knows(id: number, address: string | undefined, key: string | undefined): void {
    const seat = this.#seatOf(id);
    this.#seats.set(id, seat);
    if (address?.startsWith("tcp:") === true) seat.far = address;
    else if (address !== undefined) seat.near = address;
    seat.key ??= key;
  }

  /**
   * Makes the way between two engines: the one connects to the other, or both get an end of a channel.
   *
   * @param one has something to say
   * @throws LinkError when there is no way
   */
  async make(one: Remote, other: Remote): Promise<void> {
    const pair = pairOf(one.peer.id, other.peer.id);
    if (this.#pairs.has(pair)) return;
    const [a, b] = [this.#reachOf(one), this.#reachOf(other)];
    this.#pairs.add(pair);
    try {
      if (a.hand !== undefined && b.hand !== undefined) return this.#channel(a.hand, b.hand);
      // Who has something to say listens: a socket that was opened, not accepted, can read into given memory on Node too.
      const found = a.away || b.away
        ? (await this.#far(one, other)) || (await this.#far(other, one))
        : this.#near(one, other) || this.#near(other, one);
      if (found) return;
      throw new LinkError(
        `neither ${one.peer.name} nor ${other.peer.name} listens where the other can reach it; set listen in one's config`,
      );
    } catch (error) {
      this.#pairs.delete(pair);
      throw error;
    }
  }

  /** The link between two has broken, or there was none: the next word makes a new one. */
  unlinked(one: number, other: number): void {
    this.#pairs.delete(pairOf(one, other));
  }

  /** An engine has gone. */
  forget(id: number): void {
    this.#seats.delete(id);
    for (const pair of this.#pairs) if (pair.split(" ").includes(String(id))) this.#pairs.delete(pair);
  }

  #seatOf(id: number): Seat {
    return this.#seats.get(id) ?? {};
  }

  #channel(one: (port: MessagePort) => void, other: (port: MessagePort) => void): void {
    const { port1, port2 } = new MessageChannel();
    one(port1);
    other(port2);
  }

  #near(listens: Remote, connects: Remote): boolean {
    const { near } = this.#seatOf(listens.peer.id);
    if (near !== undefined) connects.peer.post([kinds.tell, "connect", listens.peer.id, near]);
    return near !== undefined;
  }

  /** Who listens is told first whom to let in. */
  async #far(listens: Remote, connects: Remote): Promise<boolean> {
    const { far, key } = this.#seatOf(listens.peer.id);
    const { key: own } = this.#seatOf(connects.peer.id);
    if (far === undefined || key === undefined || own === undefined) return false;
    await listens.peer.ask(self, "admit", [own]);
    connects.peer.post([kinds.tell, "connect", listens.peer.id, far, key]);
    return true;
  }
}

function pairOf(one: number, other: number): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
