/** What a life does at its end, when its node goes on elsewhere. */
import type { Provider } from "../service/provider.ts";
import { inPlace, type PublisherData, type StreamsData, type SubscriptionData } from "../stream/handover.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { Subscription } from "../stream/subscription.ts";

/**
 * Waits until no call and no callback is under way; then the services take no more.
 *
 * @param providers the services, asked anew: the node may provide more
 * @param subscriptions the subscriptions, asked anew
 * @param goesOn whether it is to be waited for still
 */
export async function rest(providers: () => Provider[], subscriptions: () => Subscription[], goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    const busy = providers().filter((provider) => !provider.isIdle).map((provider) => provider.idle());
    const resting = subscriptions().map((subscription) => subscription.turns.rest()).filter((promise) => promise !== undefined);
    if (busy.length + resting.length === 0) break;
    await Promise.all([...busy, ...resting]);
  }
  if (goesOn()) { for (const provider of providers()) provider.shut = true; }
}

/**
 * Hands over what has waited while the node moved, in the order in which it came, whatever stream it is of; then nothing waits any more.
 *
 * @param most how many items
 * @returns whether there are more
 */
export function handOver(subscriptions: Iterable<Subscription>, most: number): boolean {
  for (let i = 0; i < most; i++) {
    let first: Subscription | undefined;
    for (const subscription of subscriptions) if (subscription.waitsSince < (first?.waitsSince ?? Infinity)) first = subscription;
    if (first === undefined) {
      for (const subscription of subscriptions) subscription.hold(false);
      return false;
    }
    first.handOver();
  }
  return true;
}

/** What is left of declared inputs and streams; they are closed. */
export function departing(
  inputs: Readonly<Record<string, Subscription>>,
  streams: Readonly<Record<string, Publisher>>,
): StreamsData {
  const left: { inputs: Record<string, SubscriptionData>; streams: Record<string, PublisherData> } = { inputs: {}, streams: {} };
  for (const key in inputs) left.inputs[key] = inputs[key]!.depart();
  inPlace(left.inputs);
  for (const key in streams) left.streams[key] = streams[key]!.depart();
  return left;
}
