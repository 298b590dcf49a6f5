import type { ForeignGraph, TopicInfo } from "../client/client.ts";
import { NameLimit } from "../client/name-limit.ts";
import type { Master, SystemState } from "./master.ts";

/** What the other nodes of a ROS graph have, as the master's books say. */
export class GraphLook {
  graph: ForeignGraph = { topics: new Map(), services: new Map() };
  readonly #master: Master;
  readonly #caller: string;
  readonly #limit: NameLimit;
  #types: ReadonlyMap<string, string> = new Map();
  /** Who published when the types were asked for. */
  #typed = "";
  #fingerprint = "";

  /**
   * @param caller this node's name
   * @param warn is told that there is more than is looked at
   */
  constructor(master: Master, caller: string, warn: (text: string) => void) {
    this.#master = master;
    this.#caller = caller;
    this.#limit = new NameLimit(warn);
  }

  /** Topics may have other types now: another master may be there, or others publish them. */
  doubtTypes(): void {
    this.#typed = "";
  }

  /**
   * Reads the books.
   *
   * @returns whether something has changed
   */
  async read({ publishers, subscribers, services }: SystemState): Promise<boolean> {
    const names = this.#limit.cut("topics", new Set([...publishers.keys(), ...subscribers.keys()]));
    const typed = JSON.stringify(names.map((name) => [name, publishers.get(name)]));
    if (typed !== this.#typed || names.some((name) => this.#typeOf(name) === "*")) {
      this.#typed = typed; // before it asks: a doubt that comes meanwhile stays
      this.#types = await this.#master.topicTypes();
    }
    const topics = new Map<string, TopicInfo>();
    for (const name of names) {
      const [publishing, subscribing] = [this.#others(publishers.get(name)), this.#others(subscribers.get(name))];
      if (publishing.length + subscribing.length === 0) continue;
      topics.set(name, { name, type: this.#typeOf(name), publishers: publishing, subscribers: subscribing });
    }
    const provided = new Map(
      this.#limit.cut("services", services.keys())
        .map((name) => [name, this.#others(services.get(name))] as const).filter(([, { length }]) => length > 0),
    );
    const fingerprint = JSON.stringify([[...topics.values()], [...provided]]);
    if (fingerprint === this.#fingerprint) return false;
    this.#fingerprint = fingerprint;
    this.graph = { topics, services: provided };
    return true;
  }

  #typeOf(topic: string): string {
    return this.#types.get(topic) ?? "*";
  }

  #others(nodes: readonly string[] = []): string[] {
    return nodes.filter((node) => node !== this.#caller);
  }
}
