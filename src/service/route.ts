import { UnknownServiceError } from "../errors.ts";
import type { Caller } from "./caller.ts";
import type { Target } from "./target.ts";

/** One service name and who provides it, in the order of their names: the same in every engine. */
export class Route {
  readonly name: string;
  /** Never changed in place: whoever reads it sees one state. */
  providers: readonly Target[] = [];
  readonly #waiters: Set<() => void> = new Set();

  /** @param name absolute name of the service */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether somebody provides it, or waits for it. */
  get used(): boolean {
    return this.providers.length > 0 || this.#waiters.size > 0;
  }

  /** A provider comes. */
  add(provider: Target): void {
    this.providers = [...this.providers, provider].sort((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0));
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** A provider takes the place of another one. */
  replace(provider: Target, by: Target): void {
    this.providers = this.providers.map((p) => (p === provider ? by : p));
  }

  /** A provider goes. */
  remove(provider: Target): void {
    this.providers = this.providers.filter((p) => p !== provider);
  }

  /**
   * Whose turn it is.
   *
   * @param caller who calls
   * @param written the name of a certain node, where the caller wants one
   * @returns the provider, or why there is none
   */
  choose(caller: Caller, written: string | undefined): Target | UnknownServiceError {
    const providers = this.providers;
    if (written !== undefined) {
      const node = caller.nodeName(written);
      return (
        providers.find((p) => p.owner === node) ??
          new UnknownServiceError(
            `${node} does not provide ${this.name}; ${
              providers.length === 0 ? "nobody does" : `${providers.map((p) => p.owner).join(", ")} do`
            }`,
            {
              name: this.name,
              node,
            },
          )
      );
    }
    return providers.length === 1 ? providers[0]! : providers[caller.turn(this, providers.length)]!;
  }

  /**
   * Watches for enough providers.
   *
   * @param count how many there must be
   * @param ready called once, when there are
   * @returns stops watching
   */
  whenProvided(count: number, ready: () => void): () => void {
    const waiter = () => {
      if (this.providers.length < count) return;
      this.#waiters.delete(waiter);
      ready();
    };
    this.#waiters.add(waiter);
    waiter();
    return () => this.#waiters.delete(waiter);
  }
}
