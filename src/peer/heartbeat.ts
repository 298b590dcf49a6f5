import { url as debuggerUrl } from "node:inspector";
import { every } from "../time/ticker.ts";
import type { Peer } from "./peer.ts";
import { kinds } from "./messages.ts";

/** Ms between two looks at another engine, where nobody says otherwise: in simulated time a host may compute long. */
export const usualInterval: Readonly<Record<"live" | "sim", number>> = { live: 1000, sim: 12_000 };
/** Looks in a row that may have found nothing; one more, and the engine is lost. */
const patience = 4;

/** What a beat says. */
export const beats = { ask: 1, answer: 0, debugged: 2 } as const;

/** Whether somebody debugs this engine: it may stand still for as long as they like. */
export function isDebugged(): boolean {
  if (process.execArgv.some((flag) => flag.startsWith("--inspect"))) return true;
  try {
    return debuggerUrl() !== undefined;
  } catch {
    return false; // Deno may not let it look
  }
}

/**
 * Watches whether another engine still says anything; where it has said nothing for a while it is asked to.
 *
 * It looks at the real clock, also in simulated time. It counts its own looks and not the time, so that an engine that stood
 * still itself, with its machine or in a long computation, does not take the others for dead.
 */
export class Heartbeat {
  readonly #peer: Peer;
  readonly #lost: (silence: number) => void;
  readonly #interval: number;
  /** Watches no longer. */
  readonly stop: () => void;
  #heard: number;
  #missed = 0;

  /**
   * @param peer the other engine
   * @param interval ms between two looks; it is lost when five in a row have found nothing
   * @param lost called once, with the silence in ms
   */
  constructor(peer: Peer, interval: number, lost: (silence: number) => void) {
    this.#peer = peer;
    this.#lost = lost;
    this.#interval = interval;
    this.#heard = peer.heard;
    this.stop = every(interval, () => this.#look());
  }

  #look(): void {
    const { heard, debugged } = this.#peer;
    if (heard !== this.#heard || debugged || isDebugged()) {
      this.#heard = heard;
      this.#missed = 0;
      if (!debugged) return;
    } else if (this.#missed === patience) {
      this.stop();
      return this.#lost(this.#interval * (patience + 1));
    } else this.#missed++;
    this.#peer.post([kinds.beat, beats.ask]);
  }
}
