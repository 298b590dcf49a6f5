import { callXml } from "../xmlrpc/client.ts";

const patience = 3000; // ms that a node has to take what it is told
const mostAtOnce = 256; // nodes that are being told something
const mostWaiting = 1000; // things that wait to be told to one node; the oldest are dropped

/** What is told; its params are made when its turn has come, so that what waits holds no values, and the newest are told. */
interface Message {
  readonly method: string;
  readonly params: () => readonly unknown[];
}

/** Tells nodes what has changed: one thing after the other to each, and nobody waits for a node that does not answer. */
export class Announcer {
  /** By the address of a node, what waits to be told to it; there is a list, too, while the last of it is being told. */
  readonly #waiting: Map<string, Map<string, Message>> = new Map();
  /** Whose turn is next. */
  readonly #turns: Set<string> = new Set();
  readonly #ending: AbortController = new AbortController();
  #atWork = 0;

  /**
   * Tells a node something.
   *
   * @param address of its slave API
   * @param about what is told: of two that wait about the same, only the newer one is told
   */
  tell(address: string, about: string, method: string, params: () => readonly unknown[]): void {
    let waiting = this.#waiting.get(address);
    if (waiting === undefined) {
      this.#waiting.set(address, waiting = new Map());
      this.#turns.add(address);
    }
    waiting.delete(about);
    waiting.set(about, { method, params });
    if (waiting.size > mostWaiting) waiting.delete(waiting.keys().next().value!);
    this.#next();
  }

  close(): void {
    this.#ending.abort();
    this.#waiting.clear();
    this.#turns.clear();
  }

  #next(): void {
    for (const address of this.#turns) {
      if (this.#atWork >= mostAtOnce) return;
      this.#turns.delete(address);
      void this.#send(address, this.#waiting.get(address)!);
    }
  }

  /** Tells a node the first of what waits. */
  async #send(address: string, waiting: Map<string, Message>): Promise<void> {
    const [about, { method, params }] = waiting.entries().next().value!;
    waiting.delete(about);
    this.#atWork++;
    await callXml(address, method, params(), { signal: this.#ending.signal, timeout: patience }).catch(() => {}); // it is gone, or will ask
    this.#atWork--;
    if (this.#ending.signal.aborted) return;
    if (waiting.size > 0) this.#turns.add(address);
    else this.#waiting.delete(address);
    this.#next();
  }
}
