import { StateError } from "../errors.ts";
import type { Sender } from "../dispatch/dispatcher.ts";
import type { Call } from "./call.ts";
import type { Route } from "./route.ts";

/** Somebody who calls services: one life of a node, a system, or the program around the engine. */
export class Caller implements Sender {
  readonly name: string;
  /** Why no more calls can be made; undefined while the caller lives. */
  ended: Error | undefined;
  #calls: Set<Call> | undefined;
  #turns: Map<Route, number> | undefined;

  /** @param name absolute name of the node, or of whoever calls */
  constructor(name: string) {
    this.name = name;
  }

  /**
   * Round robin, each caller for itself.
   *
   * @param route the service
   * @param count how many provide it, at least 1
   * @returns whose turn it is, from 0 to `count - 1`
   */
  turn(route: Route, count: number): number {
    const turns = (this.#turns ??= new Map());
    const turn = (turns.get(route) ?? 0) % count;
    turns.set(route, turn + 1);
    return turn;
  }

  /** A call has outlived the turn in which it was made. */
  adopt(call: Call): void {
    (this.#calls ??= new Set()).add(call);
  }

  /** A call has settled. */
  release(call: Call): void {
    this.#calls?.delete(call);
  }

  /**
   * The caller has gone: its calls settle, and their providers' signals fire.
   *
   * @param why what the calls are rejected with
   */
  end(why: Error = new StateError(`${this.name} has stopped`, { node: this.name })): void {
    this.ended = why;
    for (const call of [...(this.#calls ?? [])]) call.abandon(why);
  }
}
