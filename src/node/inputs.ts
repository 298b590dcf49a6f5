import type { NodeNames } from "../graph/scope.ts";
import { Gate } from "../stream/passage.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { NodeDefinition } from "./define.ts";
import type { Kernel } from "./kernel.ts";
import { own } from "./own.ts";

const nothing = (): void => {};

/**
 * Opens the inputs of a node that is about to come from another place: they let in what belongs to it here, as soon as that is decided,
 * and keep it for the life that takes them over.
 */
export function openInputs(kernel: Kernel, names: NodeNames, definition: NodeDefinition): Record<string, Subscription> {
  const opened: Record<string, Subscription> = {};
  for (const key in definition.inputs) {
    const { name, options } = definition.inputs[key];
    const input = kernel.streams.subscribe<unknown>(names.referred(name), { name: names.node }, options, false, nothing) as Subscription;
    input.gate = new Gate(true);
    input.hold(true);
    if (own(definition.on as Record<string, unknown> | undefined, key) !== undefined) input.on(nothing); // every item counts
    opened[key] = input;
  }
  return opened;
}
