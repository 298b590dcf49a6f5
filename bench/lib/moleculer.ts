import type { Absent } from "./question.ts";
import { isAbsent, peer } from "./peers.ts";

/** What the benches use of Moleculer. */
export interface Broker {
  createService(schema: { name: string; actions: Record<string, (context: { params: never }) => unknown> }): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  call(action: string, params: unknown): Promise<unknown>;
}

/** A broker as it comes, only without its log. */
export async function moleculer(): Promise<Broker | Absent> {
  const module = await peer<{ default: { ServiceBroker: new (options: object) => Broker } }>("moleculer");
  return isAbsent(module) ? module : new module.default.ServiceBroker({ logger: false });
}
