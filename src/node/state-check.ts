import { checkShared } from "../value/check.ts";
import type { Life } from "./life.ts";

/** Warns of a state that is no data, which ties a node to its place: better told at its start than by the first move that fails. */
export function warnOfState({ state, log }: Pick<Life, "state" | "log">, node: string): void {
  try {
    checkShared(state, `the state of ${node}`);
  } catch (error) {
    log.warn("it can be neither moved nor kept by checkpoints: {reason}", { reason: (error as Error).message });
  }
}
