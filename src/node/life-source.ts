import type { NodeNames } from "../graph/scope.ts";
import type { Job } from "../service/job.ts";
import type { PublisherData } from "../stream/handover.ts";
import type { Subscription } from "../stream/subscription.ts";
import type { BaseContext } from "./context.ts";
import type { NodeDefinition } from "./define.ts";
import type { Kernel } from "./kernel.ts";

/**
 * What one life of a node is made from.
 *
 * @typeParam L the life
 */
export interface LifeSource<L> {
  readonly kernel: Kernel;
  readonly definition: NodeDefinition;
  readonly names: NodeNames;
  /** Values from the config, by the names of the declared params. */
  readonly params: Readonly<Record<string, unknown>>;
  random(): number;
  /** Makes a context: of the life, or of one call. */
  context(life: L, job: Job | undefined): BaseContext;
  /** The life has ended by an error of the node's own. */
  crashed(life: L, error: unknown): void;
}

/** What a life takes over from one in another place. */
export interface Inheritance {
  /** Subscriptions that have been opened for it, and hold what waits. */
  readonly inputs: Readonly<Record<string, Subscription>>;
  readonly streams: Readonly<Record<string, PublisherData>>;
}
