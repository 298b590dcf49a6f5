import { DeclarationError } from "../errors.ts";
import type { Clock } from "../time/clock.ts";
import type { Timer } from "../time/timers.ts";
import type { RestartMode, RestartPolicy } from "./define.ts";

const modes: readonly RestartMode[] = ["never", "on-failure", "always"];
const byDefault: Required<RestartPolicy> = { mode: "on-failure", delay: 100, maxDelay: 10_000, limit: 5, window: 60_000 };

/**
 * Fills in what a restart policy leaves out.
 *
 * @param given a mode or a policy
 * @param node the node's name, for the message
 * @throws DeclarationError when the mode is unknown or a number out of range
 */
export function toPolicy(given: RestartMode | RestartPolicy | undefined, node: string): Required<RestartPolicy> {
  if (given === undefined) return byDefault;
  const policy: Required<RestartPolicy> = { ...byDefault, ...(typeof given === "string" ? { mode: given } : given) };
  if (!modes.includes(policy.mode)) {
    throw new DeclarationError(`restart of ${node} is ${JSON.stringify(policy.mode)}; it must be one of ${modes.join(", ")}`, { node });
  }
  for (const key of ["delay", "maxDelay", "limit", "window"] as const) {
    if (!(policy[key] >= 0)) {
      throw new DeclarationError(`restart.${key} of ${node} is ${String(policy[key])}; it must be a number from 0`, { node });
    }
  }
  return policy;
}

/** When a node that has failed is started again: later each time, and not too often within a while. */
export class Restarts {
  readonly #policy: Required<RestartPolicy>;
  readonly #clock: Clock;
  #recent: number[] | undefined;
  #timer: Timer | undefined;

  constructor(policy: Required<RestartPolicy>, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  /** When it was started again of late, in ms. */
  get recent(): readonly number[] {
    return this.#recent ?? [];
  }

  set recent(times: readonly number[]) {
    this.#recent = [...times];
  }

  /** Whether it waits to be started again. */
  get pending(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * It has failed.
   *
   * @param start is called when it is to be started again
   * @returns ms until then; undefined when it is to be given up
   */
  next(start: () => void): number | undefined {
    const { mode, window, limit } = this.#policy;
    if (mode === "never") return undefined;
    const now = this.#clock.now();
    const recent = (this.#recent ?? []).filter((time) => now - time < window);
    if (recent.length >= limit) return undefined;
    const delay = backoff(this.#policy, recent.length);
    recent.push(now);
    this.#recent = recent;
    this.#timer = this.#clock.timers.at(now + delay, () => {
      this.#timer = undefined;
      start();
    });
    return delay;
  }

  /** It is not to be started again, or was by other means. */
  cancel(): void {
    if (this.#timer !== undefined) this.#clock.timers.cancel(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * How long to wait before a restart: twice as long each time.
 *
 * @param policy the node's
 * @param recent how many restarts there were within the window
 * @returns ms
 */
export function backoff(policy: Required<RestartPolicy>, recent: number): number {
  return Math.min(policy.delay * 2 ** recent, policy.maxDelay);
}
