import { DeclarationError } from "../errors.ts";

/** How a stream is published. */
export interface StreamOptions {
  /** A hint: how many items may wait for a subscriber that names no depth of its own; from 1. */
  depth?: number;
  /** Whoever subscribes later gets the last item at once. */
  latched?: boolean;
  /** Hz: thinned at the source; the last item is always delivered. */
  maxRate?: number;
  /** One value for all subscribers, without a copy: read-only by type, and frozen while developing. */
  share?: boolean;
  /** What an item is, in the words of a bridge to another graph: a type of ROS, such as `geometry_msgs/Pose`. */
  type?: string;
  /**
   * The other graph that the items come from: no bridge leads them back there.
   *
   * @internal
   */
  origin?: string;
}

/** How to subscribe to a stream. */
export interface SubscribeOptions {
  /** How many items may wait while this subscriber is behind, from 1; the publisher's hint or 10 by default. The oldest are dropped first. */
  depth?: number;
  /** Bytes that may wait, from 1; 64 MiB by default. */
  maxBytes?: number;
  /** Hz: thinned before it gets here; the last item is always delivered. */
  maxRate?: number;
  /** Ms after which `latest` is too old and reads as undefined; never by default. */
  maxAge?: number;
}

/**
 * Checks how a stream is to be published.
 *
 * @throws DeclarationError when an option is out of its range
 */
export function checkPublishing(options: StreamOptions, name: string, node: string): void {
  checkDepth(options.depth, name, node);
  if (options.maxRate === undefined || options.maxRate > 0) return;
  throw new DeclarationError(`maxRate of ${name} is ${String(options.maxRate)}; it must be above 0 Hz`, { node, name });
}

/**
 * Checks how a stream is to be subscribed to.
 *
 * @throws DeclarationError when an option is out of its range
 */
export function checkSubscribing(options: SubscribeOptions, name: string, node: string): void {
  checkDepth(options.depth, name, node);
  for (const key of ["maxBytes", "maxRate", "maxAge"] as const) {
    const value = options[key];
    if (value === undefined || value > 0) continue;
    throw new DeclarationError(`${key} of a subscription to ${name} is ${String(value)}; it must be above 0`, { node, name });
  }
}

function checkDepth(depth: number | undefined, name: string, node: string): void {
  if (depth === undefined || (Number.isInteger(depth) && depth >= 1)) return;
  throw new DeclarationError(`depth of ${name} is ${String(depth)}; it must be a whole number from 1`, { node, name });
}
