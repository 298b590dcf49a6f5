import { callXml } from "../xmlrpc/client.ts";

const patience = 3000; // ms that a node has to take what it is told
const most = 1000; // things that wait to be told to one node; the oldest are dropped

interface Told {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly key: string;
}

/** Tells nodes what has changed: one thing after the other to each, and nobody waits for a node that does not answer. */
export class Announcer {
  readonly #queues: Map<string, Told[]> = new Map();
  readonly #ending: AbortController = new AbortController();

  /**
   * Tells a node something.
   *
   * @param address of its slave API
   * @param key what is told: of two that wait with the same, only the newer one is told
   */
  tell(address: string, method: string, params: readonly unknown[], key: string): void {
    const waiting = this.#queues.get(address);
    const message: Told = { method, params, key };
    if (waiting === undefined) {
      this.#queues.set(address, [message]);
      void this.#run(address);
      return;
    }
    const same = waiting.findIndex((other, i) => i > 0 && other.key === key);
    if (same > 0) waiting.splice(same, 1);
    waiting.push(message);
    if (waiting.length > most) waiting.splice(1, 1);
  }

  close(): void {
    this.#ending.abort();
    this.#queues.clear();
  }

  async #run(address: string): Promise<void> {
    const { signal } = this.#ending;
    const waiting = this.#queues.get(address)!;
    while (waiting.length > 0 && !signal.aborted) {
      const { method, params } = waiting[0]!;
      await callXml(address, method, params, { signal, timeout: patience }).catch(() => {}); // it is gone, or will ask
      waiting.shift();
    }
    this.#queues.delete(address);
  }
}
