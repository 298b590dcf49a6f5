import { Dispatcher } from "../../src/dispatch/dispatcher.ts";
import { createGraphWorld, type GraphWorld } from "../../src/graph/world.ts";
import { Streams } from "../../src/stream/streams.ts";
import type { Counts } from "../../src/stream/counts.ts";
import { type Clock, LiveClock, SimClock } from "../../src/time/clock.ts";

/** Streams without an engine: rounds and time are the test's. */
export interface StreamBench<C extends Clock> {
  readonly clock: C;
  readonly dispatcher: Dispatcher;
  readonly world: GraphWorld;
  readonly streams: Streams;
}

/** In simulated time: nothing is delivered but by `dispatcher.round()`. */
export function simBench(): StreamBench<SimClock> {
  return bench(new SimClock(), () => {});
}

/** In live time: delivery runs in microtasks. */
export function liveBench(): StreamBench<LiveClock> {
  return bench(new LiveClock(), undefined);
}

function bench<C extends Clock>(clock: C, wake: (() => void) | undefined): StreamBench<C> {
  const dispatcher = new Dispatcher(clock, wake);
  const world = createGraphWorld();
  return { clock, dispatcher, world, streams: new Streams(dispatcher, world, true) };
}

/** All that was dropped, by whatever rule. */
export function droppedOf({ dropped }: Counts): number {
  return Object.values(dropped).reduce((a, b) => a + b, 0);
}

/** Delivers until nothing is on its way. */
export function settle({ dispatcher }: StreamBench<SimClock>): void {
  while (dispatcher.waiting > 0) dispatcher.round();
}
