import type { Delivery } from "./delivery.ts";

const none: ReadonlySet<Delivery> = new Set();

/** The rounds of simulated time: which of all that waits is delivered in the next one, here and in other engines. */
export class Rounds {
  readonly #isHeldBack: (delivery: Delivery) => boolean;
  /** What its sender has sent before that for which it is held back. */
  readonly #ahead: WeakSet<Delivery> = new WeakSet();
  /** Writes that waited before the last round. */
  #due: ReadonlySet<Delivery> = none;

  /** @param isHeldBack whether a delivery waits until what its sender has asked of the main engine is ordered there */
  constructor(isHeldBack: (delivery: Delivery) => boolean) {
    this.#isHeldBack = isHeldBack;
  }

  /** Whether a write that waited before the last round is the next of all that its sender has sent. */
  isWriting(waiting: readonly Delivery[]): boolean {
    return this.#due.size > 0 && this.#select(waiting, true).length > 0;
  }

  /**
   * A round begins.
   *
   * @param waiting all that waits, in its order
   * @param writing whether it is one of writes
   * @returns what is delivered in it, in its order
   */
  next(waiting: readonly Delivery[], writing: boolean, anyHeldBack: boolean): Delivery[] {
    if (!writing) this.#due = waiting.some(isWrite) ? new Set(waiting.filter(isWrite)) : none;
    const all = !writing && !anyHeldBack && this.#due.size === 0;
    const batch = all ? [...waiting] : this.#select(waiting, writing);
    if (writing) this.#due = none;
    return batch.length > 1 ? batch.sort(bySender) : batch;
  }

  /**
   * Hands over what goes to other engines; what a sender has sent behind a write waits until that is ordered.
   *
   * @param waiting all that waits, in its order
   * @returns that of which nothing is left to deliver here
   */
  ship(waiting: readonly Delivery[]): ReadonlySet<Delivery> {
    const shipped = new Set<Delivery>();
    const blocked = new Set<string>();
    const stay = new Map<string, Delivery[]>();
    for (const delivery of waiting) {
      const { sender } = delivery;
      const isHeld = this.#isHeld(delivery) && delivery.toMain !== true;
      if (blocked.has(sender.name)) continue;
      if (!isHeld && delivery.ship?.() === true) {
        shipped.add(delivery);
        for (const earlier of stay.get(sender.name)?.splice(0) ?? []) this.#ahead.add(earlier);
      } else if (isHeld || delivery.writes === true) blocked.add(sender.name);
      else if (stay.get(sender.name)?.push(delivery) === undefined) stay.set(sender.name, [delivery]);
    }
    return shipped;
  }

  /** What can be delivered in a round: of each sender what stands before the first that cannot. */
  #select(waiting: readonly Delivery[], writing: boolean): Delivery[] {
    const blocked = new Set<string>();
    return waiting.filter((delivery) => {
      const { sender } = delivery;
      if (blocked.has(sender.name)) return false;
      const isHeld = this.#isHeld(delivery);
      if (!isHeld && (writing ? this.#due.has(delivery) : delivery.writes !== true)) return true;
      blocked.add(sender.name);
      return false;
    });
  }

  #isHeld(delivery: Delivery): boolean {
    return !this.#ahead.has(delivery) && this.#isHeldBack(delivery);
  }
}

function isWrite({ writes }: Delivery): boolean {
  return writes === true;
}

function bySender(a: Delivery, b: Delivery): number {
  return a.sender.name < b.sender.name ? -1 : a.sender.name > b.sender.name ? 1 : 0;
}
