import { StateError } from "../errors.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { type Pending, PendingList } from "./pending.ts";

/** Somebody who calls services: one life of a node, a system, or the program around the engine. */
export class Caller implements Sender {
  readonly name: string;
  #why: (() => Error) | undefined;
  #ended: Error | undefined;
  #pending: PendingList | undefined;
  #turns: Map<object, number> | undefined;

  /** @param name absolute name of the node, or of whoever calls */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether the caller has gone. */
  get hasEnded(): boolean {
    return this.#why !== undefined;
  }

  /** Why no more calls can be made; undefined while the caller lives. The error is made when it is first asked for: most are not. */
  get ended(): Error | undefined {
    return this.#why === undefined ? undefined : (this.#ended ??= this.#why());
  }

  /**
   * Round robin, each caller for itself.
   *
   * @param route the service
   * @param count how many provide it, at least 1
   * @returns whose turn it is, from 0 to `count - 1`
   */
  turn(route: object, count: number): number {
    const turns = (this.#turns ??= new Map());
    const turn = (turns.get(route) ?? 0) % count;
    turns.set(route, turn + 1);
    return turn;
  }

  /** The absolute name of a node that it names. */
  nodeName(written: string): string {
    return written;
  }

  /** A call has outlived the turn in which it was made. */
  adopt(pending: Pending): void {
    (this.#pending ??= new PendingList("placeAtCaller")).add(pending);
  }

  /** A call has settled. */
  release(pending: Pending): void {
    this.#pending?.delete(pending);
  }

  /**
   * The caller has gone: its calls settle, and their providers' signals fire.
   *
   * @param why makes what the calls are rejected with
   */
  end(why: () => Error = () => new StateError(`${this.name} has stopped`, { node: this.name })): void {
    this.#why = why;
    for (const pending of this.#pending?.all() ?? []) pending.abandon(this.ended);
  }
}
