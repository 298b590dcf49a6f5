import type { EngineConfig } from "pyros";
import { commandOf, Lasting } from "./lasting-program.ts";

const program = new URL("./guest.ts", import.meta.url);

/** An engine that somebody else has started, and starts again whenever it has ended. */
export class Guest extends Lasting {
  /** How often it has joined. */
  joins = 0;

  /** @param enter what runs a command where it lives */
  constructor(config: EngineConfig, enter: readonly string[] = []) {
    super([...enter, ...commandOf(program, [JSON.stringify(config)])]);
    this.onLine = () => void this.joins++;
  }
}
