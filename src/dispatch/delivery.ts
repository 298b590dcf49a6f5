/** Somebody who sends: a node, a system, or the program around the engine. */
export interface Sender {
  /** Absolute name; in simulated time, deliveries of one round go in the order of these names. */
  readonly name: string;
}

/** Something on its way: a call, a reply, a param write, a stream item. */
export interface Delivery {
  /** Who sent it. */
  readonly sender: Sender;
  /** Whether it goes to the main engine, where it arrives behind what its sender has asked there before. */
  readonly toMain?: boolean;
  /** Whether it writes params: in simulated time, writes have rounds of their own, so that every engine sees them at once. */
  readonly writes?: boolean;
  /**
   * In simulated time: hands over what goes to other engines, before the round in which it is delivered there.
   *
   * @returns whether nothing of it is left to deliver here
   */
  ship?(): boolean;
  /**
   * Hands it over. It runs handlers, but never inside another handler's synchronous part, and it must not throw.
   *
   * @param most how many handlers it may run before the next look at the clock, at least 1
   * @returns true when there is more to hand over, after that look
   */
  deliver(most: number): boolean | void;
}

/** A delivery that goes to another engine. */
export function toElsewhere(sender: Sender, run: () => void): Delivery {
  return {
    sender,
    deliver: run,
    ship() {
      run();
      return true;
    },
  };
}
