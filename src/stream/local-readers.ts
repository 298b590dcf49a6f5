/** Who subscribes to a stream in this engine: not the ways to other engines. */
import { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

/** The subscriptions of this engine. */
export function localSubscriptions(topic: Topic): Subscription[] {
  return topic.subscriptions.filter((receiver) => receiver instanceof Subscription);
}

/** Whether a subscription of this engine reads every item; else only the newest one counts. */
export function isReadWhole(topic: Topic): boolean {
  return localSubscriptions(topic).some((subscription) => subscription.readsAll);
}
