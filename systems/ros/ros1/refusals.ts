import type { RefusalInfo } from "../client/client.ts";

const mostKept = 64;
const mostLines = 10; // in the log, a minute
const minute = 60_000; // ms

/** Who was turned away, and why: what others in the network send may be anything, and much. */
export class Refusals {
  readonly #warn: (text: string) => void;
  readonly #kept: Map<string, RefusalInfo> = new Map();
  #since = 0;
  #lines = 0;

  /** @param warn takes a line for the log: one for each that is new, 10 a minute at most */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** The 64 latest that differ, the latest last. */
  get list(): readonly RefusalInfo[] {
    return [...this.#kept.values()];
  }

  /**
   * Notes that somebody was turned away.
   *
   * @param peer the node's name and address, as far as they are known
   */
  note(peer: string, reason: string): void {
    const now = Date.now();
    const key = `${peer} ${reason}`;
    const before = this.#kept.get(key);
    this.#kept.delete(key);
    this.#kept.set(key, { peer, reason, times: (before?.times ?? 0) + 1, last: now });
    if (before !== undefined) return;
    if (this.#kept.size > mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    if (now - this.#since > minute) [this.#since, this.#lines] = [now, 0];
    if (this.#lines++ < mostLines) this.#warn(`${peer} was turned away: ${reason}`);
  }
}
