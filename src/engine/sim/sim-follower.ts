import { setImmediate } from "node:timers";
import type { Dispatcher } from "../../dispatch/dispatcher.ts";
import type { Pipeline } from "../../frame/pipeline.ts";
import type { Hub } from "../../peer/hub.ts";
import type { SimClock } from "../../time/clock.ts";
import { type SimReport, simVerbs } from "../wire/sim-report.ts";
import { ExternalWork } from "./external-work.ts";
import { hop, type SimTime } from "./sim-time.ts";

/** The main engine, which moves time. */
export interface SimMain {
  /** Tells it that something was sent here while time stands still. */
  wake(): void;
  /** Tells it what a clock outside says. */
  follow(to: number, leap: boolean): void;
  /** Has it deliver until nothing is on its way. */
  settle(): Promise<void>;
  /** Tells it how the streams of this engine fare. */
  tellFigures(): void;
  /** Has it say when `ms` have passed, or when time stands still and nothing is on its way. */
  wait(ms: number): { readonly over: Promise<void>; end(): void };
}

/** An engine in a thread or process in simulated time: it follows the main engine. */
export class SimFollower implements SimTime {
  readonly #clock: SimClock;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #framed: () => boolean;
  readonly #outside: ExternalWork = new ExternalWork();
  #hub: Hub | undefined;
  #main: SimMain | undefined;
  /** Whether the main engine believes that nothing happens here. */
  #reported = false;

  constructor(clock: SimClock, dispatcher: Dispatcher, pipeline: Pipeline, framed: () => boolean) {
    this.#clock = clock;
    this.#dispatcher = dispatcher;
    this.#pipeline = pipeline;
    this.#framed = framed;
  }

  /** Joins the others. */
  join(hub: Hub, main: SimMain): void {
    this.#hub = hub;
    this.#main = main;
  }

  external<T>(fn: () => T | Promise<T>): Promise<T> {
    const result = this.#outside.hold(fn);
    this.wake();
    return result;
  }

  settle(): Promise<void> {
    return this.#main?.settle() ?? Promise.resolve();
  }

  async within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const settled = promise.then(() => true, () => true);
    const wait = this.#main?.wait(ms);
    if (wait === undefined) return settled;
    const result = await Promise.race([settled, wait.over.then(() => undefined)]);
    wait.end();
    return result ?? Promise.race([settled, Promise.resolve(false)]);
  }

  follow(to: number, leap: boolean): void {
    this.#main?.follow(to, leap);
  }

  wake(): void {
    if (!this.#reported) return;
    this.#reported = false;
    this.#main?.wake();
  }

  close(): void {
    // the main engine ends it
  }

  /** The main engine asks for something; it is answered when all that follows from it here has been sent. */
  async answer(verb: string, [now, what, more]: readonly unknown[]): Promise<SimReport> {
    this.#reported = false;
    if ((verb === simVerbs.round && more !== true) || verb === simVerbs.figures) await this.#hub!.arrivals.hasReceived(what as number);
    if (verb === simVerbs.figures) this.#main!.tellFigures();
    if (verb === simVerbs.advance || (now as number) > this.#clock.now()) this.#clock.advance(now as number);
    if (verb === simVerbs.round) this.#dispatcher.round(more === true);
    if (verb === simVerbs.frame && this.#framed()) this.#pipeline.run(what as number, more as number);
    do {
      await hop();
      if (this.#outside.isUnderWay) await this.#outside.someSettled();
    } while (this.#outside.isUnderWay);
    await new Promise((resolve) => setImmediate(resolve));
    this.#dispatcher.ship();
    this.#reported = true;
    const [next, beat] = [this.#clock.timers.next, this.#clock.beats.next];
    const hub = this.#hub!;
    return {
      waiting: this.#dispatcher.waiting,
      next: next === Infinity ? null : next,
      beat: beat === Infinity ? null : beat,
      framed: this.#framed(),
      received: hub.arrivals.received,
      sent: Object.fromEntries([...hub.remotes].map(([id, { peer }]) => [id, peer.sent])),
    };
  }
}
