import type { Dispatcher } from "../src/dispatch/dispatcher.ts";
import type { FrameSystem } from "../src/frame/stages.ts";

/**
 * Delivers what waits before the nodes' updates, so that a frame sees all that was sent before it began.
 *
 * @param dispatcher the engine's
 * @returns the first system of a frame
 */
export function receive(dispatcher: Dispatcher): FrameSystem {
  return { name: "receive", stage: "receive", run: () => dispatcher.flush() };
}
