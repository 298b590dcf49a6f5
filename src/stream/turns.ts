/** When the callback of a subscription can be called: not while its last call is under way, its reader has paused, or its node moves. */
export class Turns {
  /** Whether a call is under way, or an item waits for one. */
  atWork = false;
  paused = false;
  held = false;
  #isOver = false;
  #rested: (() => void)[] = [];

  /** Whether items have to wait. */
  get wait(): boolean {
    return this.atWork || this.paused || this.held;
  }

  /** A call has ended. */
  done(): void {
    this.atWork = false;
    this.#rest();
  }

  /** There will be no more. */
  end(): void {
    this.#isOver = true;
    this.#rest();
  }

  /**
   * Waits until no call is under way.
   *
   * @returns undefined when none is
   */
  rest(): Promise<void> | undefined {
    return this.atWork && !this.#isOver ? new Promise((resolve) => this.#rested.push(resolve)) : undefined;
  }

  #rest(): void {
    for (const rested of this.#rested.splice(0)) rested();
  }
}
