import type { SimTime } from "./sim-time.ts";

/** What members wait for in simulated time, which the main engine moves. */
export class SimWaits {
  readonly #sim: SimTime | undefined;
  /** Ends a wait, by engine and number. */
  readonly #ends: Map<string, () => void> = new Map();

  constructor(sim: SimTime | undefined) {
    this.#sim = sim;
  }

  /** Resolves when so many ms have passed, or when time stands still and nothing is on its way, or at the wait's {@link end}. */
  async wait(engine: number, id: unknown, ms: number): Promise<void> {
    const key = `${engine} ${String(id)}`;
    const settled = new Promise<void>((resolve) => this.#ends.set(key, resolve));
    await this.#sim?.within(settled, ms);
    this.#ends.delete(key);
  }

  /** It is over there. */
  end(engine: number, id: unknown): void {
    this.#ends.get(`${engine} ${String(id)}`)?.();
  }
}
