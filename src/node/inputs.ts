import type { NodeNames } from "../graph/scope.ts";
import { Gate, inPlace, type StreamsData } from "../stream/handover.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { NodeDefinition } from "./define.ts";
import type { Kernel } from "./kernel.ts";
import { own } from "./own-property.ts";

const nothing = (): void => {};

/**
 * The inputs of a node that is about to come from another place: they let in what belongs to it here, as soon as that is decided, and
 * keep it for the life that takes them over.
 */
export class EarlyInputs {
  #inputs: Record<string, Subscription> = {};

  /** Opens them. */
  open(kernel: Kernel, names: NodeNames, definition: NodeDefinition): void {
    this.#inputs = {};
    for (const key in definition.inputs) {
      const { name, options } = definition.inputs[key];
      const input = kernel.streams.subscribe<unknown>(names.referred(name), { name: names.node }, options, false, nothing) as Subscription;
      input.gate = new Gate(true);
      input.hold(true);
      if (own(definition.on as Record<string, unknown> | undefined, key) !== undefined) input.on(nothing); // every item counts
      this.#inputs[key] = input;
    }
  }

  /** They go on with what those in the other place have left. */
  restore(data: StreamsData["inputs"]): Readonly<Record<string, Subscription>> {
    for (const key in this.#inputs) if (data[key] !== undefined) this.#inputs[key]!.restore(data[key]);
    return this.#inputs;
  }

  /** A life has taken them over. */
  taken(): void {
    this.#inputs = {};
  }

  /** They close, and what they have kept goes to another place. */
  depart(): StreamsData["inputs"] {
    const inputs = Object.fromEntries(Object.entries(this.#inputs).map(([key, input]) => [key, input.depart()]));
    this.#inputs = {};
    return inPlace(inputs);
  }

  /** They close. */
  close(): void {
    for (const key in this.#inputs) this.#inputs[key]!.close();
  }
}
