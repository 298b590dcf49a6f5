import type { Absent } from "./question.ts";
import { isAbsent, peer } from "./peers.ts";

/** What the benches use of Moleculer. */
export interface Broker {
  createService(schema: {
    name: string;
    actions?: Record<string, (context: { params: never }) => unknown>;
    events?: Record<string, (context: { params: never }) => unknown>;
  }): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  call(action: string, params: unknown): Promise<unknown>;
  emit(event: string, params: unknown): Promise<unknown>;
  waitForServices(name: string): Promise<unknown>;
}

/**
 * A broker as it comes, only without its log.
 *
 * @param options beside those
 */
export async function moleculer(
  options: object = {},
): Promise<Broker | Absent> {
  const module = await peer<
    { default: { ServiceBroker: new (options: object) => Broker } }
  >("moleculer");
  return isAbsent(module) ? module : new module.default.ServiceBroker({ logger: false, ...options });
}

/**
 * One of two brokers in two processes, which know each other's ports.
 *
 * @param ports of the first and the second
 * @param own which of them this is
 */
export async function moleculerPair(
  ports: readonly [number, number],
  own: 0 | 1,
): Promise<Broker> {
  const urls = ports.map((port, i) => `tcp://127.0.0.1:${port}/node${i}`);
  const broker = await moleculer({
    nodeID: `node${own}`,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, port: ports[own], urls },
    },
  });
  if (isAbsent(broker)) throw new Error(broker.absent);
  return broker;
}
