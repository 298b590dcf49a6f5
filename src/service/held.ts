import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Delivery, Sender } from "../dispatch/delivery.ts";
import { Call } from "./call.ts";
import { belongs, type Parked } from "./parked.ts";
import type { Route } from "./route.ts";

const patience = 1000; // ms for which a caller sends nothing because one of its calls waits

/**
 * A node that moves: its services, whose calls wait, and the callers, who send nothing meanwhile: what they send behind a call is to
 * arrive behind it.
 */
export class Held {
  readonly parked: Map<Route, Parked> = new Map();
  readonly #node: string;
  readonly #dispatcher: Dispatcher;
  readonly #callers: Map<Sender, () => void> = new Map();
  #cancel: (() => void) | undefined;
  #isLate = false;

  constructor(node: string, dispatcher: Dispatcher) {
    this.#node = node;
    this.#dispatcher = dispatcher;
  }

  /** A call waits: its caller is held back, but not for longer than a second, and not with what the node waits for itself. */
  behind(caller: Sender): void {
    // In simulated time, the node would wait for what stands still with it.
    if (this.#isLate || this.#callers.has(caller) || this.#dispatcher.simulated) return;
    this.#callers.set(caller, this.#dispatcher.hold(caller, (delivery) => this.#isNeeded(delivery)));
    if (this.#cancel !== undefined) return;
    const { clock } = this.#dispatcher;
    const timer = clock.timers.at(clock.now() + patience, () => {
      this.#isLate = true;
      this.#letGo();
    });
    this.#cancel = () => clock.timers.cancel(timer);
  }

  /** The node is where it is to be, or nowhere: the calls that wait go on, and then what waits behind them. */
  release(): void {
    this.#cancel?.();
    for (const parked of this.parked.values()) parked.release();
    if (this.#callers.size > 0) this.#dispatcher.send({ sender: { name: this.#node }, deliver: () => this.#letGo() });
  }

  #letGo(): void {
    for (const go of this.#callers.values()) go();
    this.#callers.clear();
  }

  /** Whether it answers the node, or belongs to what that has in hand: it could not finish otherwise. */
  #isNeeded(delivery: Delivery): boolean {
    return delivery instanceof Call && (belongs(delivery, this.#node) || (delivery.isReply && delivery.caller.name === this.#node));
  }
}
