import type { ForeignGraph, TopicInfo } from "../client/client.ts";
import type { Master, SystemState } from "./master.ts";

const mostNames = 10_000; // of topics, and of services: more than robots have, and few enough that looking at them holds nobody up

/** What the other nodes of a ROS graph have, as the master's books say. */
export class GraphLook {
  graph: ForeignGraph = { topics: new Map(), services: new Map() };
  readonly #master: Master;
  readonly #caller: string;
  readonly #warn: (text: string) => void;
  /** Of what there was more than is looked at. */
  readonly #cut: Set<string> = new Set();
  #types: ReadonlyMap<string, string> = new Map();
  /** Who published when the types were asked for. */
  #typed = "";
  #fingerprint = "";

  /**
   * @param caller this node's name
   * @param warn is told, once, that there is more than is looked at
   */
  constructor(master: Master, caller: string, warn: (text: string) => void) {
    this.#master = master;
    this.#caller = caller;
    this.#warn = warn;
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
    const names = this.#first("topics", new Set([...publishers.keys(), ...subscribers.keys()]));
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
      this.#first("services", services.keys())
        .map((name) => [name, this.#others(services.get(name))] as const).filter(([, { length }]) => length > 0),
    );
    const fingerprint = JSON.stringify([[...topics.values()], [...provided]]);
    if (fingerprint === this.#fingerprint) return false;
    this.#fingerprint = fingerprint;
    this.graph = { topics, services: provided };
    return true;
  }

  /** As many as are looked at: those that the master has known the longest. */
  #first(what: string, names: Iterable<string>): string[] {
    const all = [...names];
    if (all.length > mostNames && !this.#cut.has(what)) {
      this.#cut.add(what);
      this.#warn(`the ROS graph has more than ${mostNames} ${what}: only those that came first are looked at`);
    }
    return all.slice(0, mostNames);
  }

  #typeOf(topic: string): string {
    return this.#types.get(topic) ?? "*";
  }

  #others(nodes: readonly string[] = []): string[] {
    return nodes.filter((node) => node !== this.#caller);
  }
}
