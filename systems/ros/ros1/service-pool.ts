import type { ServiceLink } from "./service-link.ts";

const mostLinks = 64; // connections to one provider: further calls wait
/** Connections that are being opened: rospy has room for 5 that it has not accepted yet, and who is one too many tries again after 1, 3 and 7 s. */
const mostOpening = 4;
const mostIdle = 8;
const restMs = 30_000; // that an idle connection is kept

/** A call that waits: it takes a connection that rests, or opens one. */
interface Waiting {
  take(link: ServiceLink): void;
  open(): void;
}

/** Connections to the provider of a service: a call takes one that rests, or opens one, as long as there are not too many. */
export class ServicePool {
  readonly #open: (signal: AbortSignal) => Promise<ServiceLink>;
  readonly #idle: Map<ServiceLink, ReturnType<typeof setTimeout>> = new Map();
  /** All that are open, and in which generation they were opened. */
  readonly #links: Map<ServiceLink, number> = new Map();
  #generation = 0;
  /** Calls that wait for a connection, in their order. */
  readonly #waiting: Set<Waiting> = new Set();
  #opening = 0;
  readonly #onLost: () => void;
  /** Called when nothing is left that is at work, opens or waits. */
  #onEmpty: () => void = () => {};

  /**
   * @param open opens a connection
   * @param onLost called when the provider has ended one that rested
   */
  constructor(open: (signal: AbortSignal) => Promise<ServiceLink>, onLost: () => void) {
    this.#open = open;
    this.#onLost = onLost;
  }

  /**
   * Runs something with a connection of its own.
   *
   * @param signal gives up waiting for one
   */
  async with<T>(signal: AbortSignal, run: (link: ServiceLink) => Promise<T>): Promise<T> {
    const link = (this.#waiting.size === 0 ? this.#rested() : undefined) ?? await this.#turn(signal);
    try {
      return await run(link);
    } finally {
      this.#rest(link);
      this.#serve();
    }
  }

  /** Those that rest end, and those that are at work end when they have done it. */
  drop(): void {
    this.#generation++;
    for (const link of this.#idle.keys()) this.#end(link);
  }

  /** As {@link ServicePool.drop}; resolves when nothing is left. */
  finish(): Promise<void> {
    this.drop();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#serve();
    });
  }

  /** All end at once. */
  close(): void {
    this.drop();
    for (const link of this.#links.keys()) link.close();
  }

  #turn(signal: AbortSignal): Promise<ServiceLink> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", aborted);
      };
      const aborted = (): void => {
        leave();
        reject(signal.reason);
      };
      const waiting: Waiting = {
        take(link) {
          leave();
          resolve(link);
        },
        open: () => {
          leave();
          this.#made(signal).then(resolve, reject);
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", aborted, { once: true });
      this.#serve();
    });
  }

  /** Gives those who wait what there is. */
  #serve(): void {
    if (this.#links.size + this.#opening + this.#waiting.size === 0) return this.#onEmpty();
    for (const waiting of this.#waiting) {
      const rested = this.#rested();
      if (rested !== undefined) waiting.take(rested);
      else if (this.#opening < mostOpening && this.#links.size + this.#opening < mostLinks) waiting.open();
      else return;
    }
  }

  /** The one that has rested last: it is the likeliest to be alive. */
  #rested(): ServiceLink | undefined {
    const link = [...this.#idle.keys()].at(-1);
    if (link !== undefined) this.#wake(link);
    return link;
  }

  /** Whether it has rested: it does no longer. */
  #wake(link: ServiceLink): boolean {
    clearTimeout(this.#idle.get(link));
    return this.#idle.delete(link);
  }

  #end(link: ServiceLink): void {
    this.#wake(link);
    link.close();
  }

  async #made(signal: AbortSignal): Promise<ServiceLink> {
    const generation = this.#generation;
    this.#opening++;
    try {
      const link = await this.#open(signal);
      if (!link.isOpen) return link; // its first call says so
      this.#links.set(link, generation);
      link.onEnd = () => {
        this.#links.delete(link);
        if (this.#wake(link)) this.#onLost();
        this.#serve();
      };
      return link;
    } finally {
      this.#opening--;
      this.#serve();
    }
  }

  #rest(link: ServiceLink): void {
    if (!link.isOpen) return;
    if (this.#idle.size >= mostIdle || this.#links.get(link) !== this.#generation) return link.close();
    this.#idle.set(link, setTimeout(() => this.#end(link), restMs));
  }
}
