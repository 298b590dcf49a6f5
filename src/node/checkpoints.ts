import type { Logger } from "@logtape/logtape";
import { DeclarationError } from "../errors.ts";
import { recopy, snapshot } from "../value/copy.ts";
import type { Clock } from "../time/clock.ts";
import type { Timer } from "../time/timers.ts";
import type { NodeDefinition } from "./define.ts";

/** A life whose state is copied. */
interface Kept {
  readonly hasEnded: boolean;
  /** Whether a handler of the node is under way. */
  readonly atWork: boolean;
  readonly state: object;
  readonly log: Logger;
}

/** A state as it was between two handlers. */
export interface Checkpoint {
  readonly state: object;
  /** The shape of the state. */
  readonly version: number;
}

const longestWait = 50; // ms between two looks whether a node that is at work has come to rest

/**
 * Copies the state of a running node every so many ms, so that it can go on with it after a failure.
 *
 * The copy is never half: it is taken while no service and no `on` handler of the node is under way; what else runs, such as a
 * loop that `setup` has begun, has to leave the state whole whenever it waits. A node that is at work without a break is not copied.
 */
export class Checkpoints {
  /** The last whole one. */
  last: Checkpoint | undefined;
  /** Is told of each; what it throws ends them, as a state does that is no data. */
  onTaken: (checkpoint: Checkpoint) => void = () => {};
  readonly #clock: Clock;
  readonly #interval: number;
  #timer: Timer | undefined;
  #hasTold = false;

  /**
   * @param interval ms between two copies
   * @param node the node's name, for messages
   * @throws DeclarationError when the interval is no number above 0
   */
  constructor(clock: Clock, interval: number, node: string) {
    if (!(interval > 0)) {
      throw new DeclarationError(`checkpoint of ${node} is ${String(interval)}; it must be a number of ms above 0`, { node });
    }
    this.#clock = clock;
    this.#interval = interval;
  }

  /** A life has begun. */
  begin(life: Kept, version: number): void {
    this.end();
    this.#wait(this.#interval, life, version);
  }

  /** It has ended. */
  end(): void {
    if (this.#timer !== undefined) this.#clock.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Keeps a state that has come from elsewhere: it is whole. */
  keep(state: object, version: number): void {
    this.last = { state: recopy(state), version };
  }

  /** The state to go on with, for one life: the checkpoint itself stays as it is. */
  resume({ version = 1, migrate }: NodeDefinition): object | undefined {
    if (this.last === undefined) return undefined;
    const state = recopy(this.last.state);
    return this.last.version === version ? state : migrate?.(state, this.last.version);
  }

  #wait(ms: number, life: Kept, version: number): void {
    this.#timer = this.#clock.timers.at(this.#clock.now() + ms, () => {
      this.#timer = undefined;
      if (life.hasEnded) return;
      if (life.atWork) return this.#wait(Math.min(this.#interval, longestWait), life, version);
      if (this.#take(life, version)) this.#wait(this.#interval, life, version);
    });
  }

  #take(life: Kept, version: number): boolean {
    try {
      const checkpoint = { state: snapshot(life.state, "state"), version };
      this.onTaken(checkpoint);
      this.last = checkpoint;
      return true;
    } catch (error) {
      if (!this.#hasTold) life.log.error("its state cannot be kept, so it goes on without checkpoints: {error}", { error });
      this.#hasTold = true;
      return false;
    }
  }
}
