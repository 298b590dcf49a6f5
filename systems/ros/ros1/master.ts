import { RosError } from "../../../src/errors.ts";
import { Refusal } from "../client/refusal.ts";
import { callXml } from "../xmlrpc/client.ts";

/** What the master knows: topics and services, and which nodes have them. */
export interface SystemState {
  readonly publishers: ReadonlyMap<string, readonly string[]>;
  readonly subscribers: ReadonlyMap<string, readonly string[]>;
  readonly services: ReadonlyMap<string, readonly string[]>;
}

/** The master, as a node calls it. Every call settles within 5 s. */
export class Master {
  readonly address: string;
  readonly #caller: string;
  readonly #signal: AbortSignal;

  /**
   * @param address `http://host:port/`
   * @param caller this node's name
   * @param signal ends all calls
   */
  constructor(address: string, caller: string, signal: AbortSignal) {
    this.address = address;
    this.#caller = caller;
    this.#signal = signal;
  }

  /**
   * Calls the master.
   *
   * @throws RosError when it cannot be reached, or refuses
   */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    return unwrap(await callXml(this.address, method, [this.#caller, ...params], { signal: this.#signal }), `${method} at the master`);
  }

  async systemState(): Promise<SystemState> {
    const answer = await this.call("getSystemState");
    if (!Array.isArray(answer) || answer.length < 3) throw new RosError("the master's getSystemState is no list of three");
    const [publishers, subscribers, services] = answer as unknown[];
    return { publishers: byName(publishers), subscribers: byName(subscribers), services: byName(services) };
  }

  /**
   * Where a service is.
   *
   * @throws Refusal when nobody provides it, RosError when the master cannot be reached or gives no address
   */
  async serviceAt(service: string): Promise<{ readonly host: string; readonly port: number }> {
    const answer = await this.call("lookupService", service);
    const [, host, port] = /^rosrpc:\/\/(\[[0-9A-Fa-f:.]+\]|[\w.-]{1,255}):(\d{1,5})\/?$/.exec(String(answer).slice(0, 1024)) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new RosError(`the master's address of ${service} is of no use`);
    }
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }

  /** The types of topics, by name. */
  async topicTypes(): Promise<ReadonlyMap<string, string>> {
    const answer = await this.call("getTopicTypes");
    const pairs = Array.isArray(answer)
      ? answer.filter((pair) => Array.isArray(pair) && pair.every((part) => typeof part === "string"))
      : [];
    return new Map(pairs as [string, string][]);
  }
}

/**
 * What a node or master answers: its status, a text, and the answer.
 *
 * @throws RosError when the status is no success
 */
export function unwrap(answer: unknown, what: string): unknown {
  if (!Array.isArray(answer) || answer.length < 2) throw new RosError(`${what} did not answer with a status`);
  const [status, text, value] = answer as [unknown, unknown, unknown];
  if (status !== 1) {
    throw new Refusal(`${what} refuses: ${typeof text === "string" && text !== "" ? text.slice(0, 1000) : "no reason given"}`);
  }
  return value;
}

/** Addresses of nodes, of what was said to be a list of them. */
export function addressesIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((address) => typeof address === "string" && address.length < 1024).slice(0, 10_000) : [];
}

function byName(list: unknown): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const pair of Array.isArray(list) ? list : []) {
    if (!Array.isArray(pair) || typeof pair[0] !== "string") continue;
    found.set(pair[0], addressesIn(pair[1]));
  }
  return found;
}
