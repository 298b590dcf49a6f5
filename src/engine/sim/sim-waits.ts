import type { SimTime } from "./sim-time.ts";

/** What members wait for and want of simulated time, which the main engine moves. */
export class SimWaits {
  readonly #sim: SimTime | undefined;
  /** Ends a wait, by engine and number. */
  readonly #ends: Map<string, () => void> = new Map();

  constructor(sim: SimTime | undefined) {
    this.#sim = sim;
  }

  /** Resolves when so many ms have passed, or when time stands still and nothing is on its way, or when the wait is over there. */
  async wait(engine: number, id: unknown, ms: number): Promise<void> {
    const key = `${engine} ${String(id)}`;
    const settled = new Promise<void>((resolve) => this.#ends.set(key, resolve));
    await this.#sim?.within(settled, ms);
    this.#ends.delete(key);
  }

  /** A member tells something: that a wait is over there, that something was sent there, or what a clock outside says. */
  told(engine: number, verb: string, args: readonly unknown[]): void {
    if (verb === "sim-waited") this.#ends.get(`${engine} ${String(args[0])}`)?.();
    if (verb === "sim-wake") this.#sim?.wake();
    if (verb === "sim-follow") this.#sim?.follow(args[0] as number, args[1] === true);
  }
}
