import type {
  ClientState,
  ForeignGraph,
  ReadOptions,
  RosClient,
  TopicInfo,
  TopicReader,
  TopicWriter,
  WriteOptions,
} from "../client/client.ts";
import { RosError } from "../../../src/errors.ts";
import type { Library } from "../message/library.ts";
import type { MessageType } from "../message/type.ts";
import { callXml } from "../xmlrpc/client.ts";
import type { Connection } from "./handshake.ts";
import { Listener } from "./listener.ts";
import { Master, type SystemState, unwrap } from "./master.ts";
import { Publication } from "./publication.ts";
import { type Registration, Registry } from "./registry.ts";
import { type BusConnection, Slave, type SlaveOwner } from "./slave.ts";
import { TopicSubscription } from "./subscription.ts";

/** What a ROS 1 client is. */
export interface Ros1Options {
  /** `http://host:port/` */
  readonly master: string;
  /** Its name in the ROS graph. */
  readonly name: string;
  /** The name or address under which other nodes reach it. */
  readonly host: string;
  /** The interface to listen at, or `*`. */
  readonly listen: string;
  /** Ms between two looks at what the master knows. */
  readonly interval: number;
  readonly library: Library;
  /** What the headers of its connections say beside: by this, two bridges of one graph know each other. */
  readonly mark: string;
  /** Is told what people should know of. */
  readonly warn: (text: string) => void;
}

const farewell = 1500; // ms that the master has to take back what it knows
const markField = "pyros_graph";

/** A node of a ROS 1 graph: TCPROS and XML-RPC, written so that nothing that comes over the network can end the process. */
export class Ros1Client implements RosClient, SlaveOwner {
  readonly name: string;
  graph: ForeignGraph = { topics: new Map(), services: new Map() };
  onState: () => void = () => {};
  onGraph: () => void = () => {};
  readonly #options: Ros1Options;
  readonly #calls: AbortController = new AbortController();
  readonly #master: Master;
  readonly #registry: Registry;
  readonly #listener: Listener;
  readonly #slave: Slave;
  readonly #readers: Map<string, TopicSubscription> = new Map();
  readonly #writers: Map<string, Publication> = new Map();
  #types: ReadonlyMap<string, string> = new Map();
  #fingerprint = "";
  #address = "";
  #closed: Promise<void> | undefined;

  constructor(options: Ros1Options) {
    this.name = options.name;
    this.#options = options;
    this.#master = new Master(options.master, options.name, this.#calls.signal);
    this.#registry = new Registry(this.#master, options.name, options.interval);
    this.#registry.onState = () => {
      if (this.state.graph !== "here") this.#types = new Map(); // another master may be there next
      this.onState();
    };
    this.#registry.onSystem = (system) => this.#look(system);
    this.#listener = new Listener((connection) => this.#accept(connection));
    this.#slave = new Slave(this);
  }

  get state(): ClientState {
    return this.#registry.state;
  }

  get master(): string {
    return this.#options.master;
  }

  async open(): Promise<void> {
    const { host, listen } = this.#options;
    try {
      const port = await this.#slave.open(listen === "*" ? undefined : listen);
      this.#address = `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
      await this.#listener.open(listen);
      await this.#checkName();
    } catch (error) {
      await Promise.all([this.#slave.close(), this.#listener.close()]);
      throw error;
    }
    this.#registry.open();
  }

  read(topic: string, options: ReadOptions): TopicReader {
    if (this.#readers.has(topic)) throw new RosError(`${this.name} reads ${topic} already`, { name: topic });
    const { library } = this.#options;
    const type = options.type === undefined ? undefined : library.message(options.type);
    const registration: Registration = {
      kind: "subscriber",
      name: topic,
      args: [type?.name ?? "*", this.#address],
      address: this.#address,
      onPublishers: (addresses) => this.setPublishers(topic, addresses),
      known: () => reader.known,
      onRefused: (reason) => this.#options.warn(`the master refuses ${this.name} as a subscriber of ${topic}: ${reason}`),
    };
    const reader = new TopicSubscription(topic, type, options, {
      greeting: this.#greeting,
      known: (name, md5) => this.#known(name, md5),
      isOwn: (header) => header.get(markField) === this.#options.mark,
      onLost: (peer, reason) => this.#options.warn(`${peer}, a publisher of ${topic}: ${reason}`),
      onClose: () => {
        this.#readers.delete(topic);
        this.#registry.remove(registration);
      },
    });
    this.#readers.set(topic, reader);
    this.#registry.add(registration);
    return reader;
  }

  write(topic: string, options: WriteOptions): TopicWriter {
    if (this.#writers.has(topic)) throw new RosError(`${this.name} writes ${topic} already`, { name: topic });
    const type = this.#options.library.message(options.type);
    const registration: Registration = {
      kind: "publisher",
      name: topic,
      args: [type.name, this.#address],
      address: this.#address,
      onRefused: (reason) => this.#options.warn(`the master refuses ${this.name} as a publisher of ${topic}: ${reason}`),
    };
    const writer = new Publication(topic, type, options, this.#greeting, () => {
      this.#writers.delete(topic);
      this.#registry.remove(registration);
    });
    this.#writers.set(topic, writer);
    this.#registry.add(registration);
    return writer;
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  whereIs(topic: string): { readonly host: string; readonly port: number } | undefined {
    return this.#writers.has(topic) ? { host: this.#options.host, port: this.#listener.port } : undefined;
  }

  /** What this node publishes itself does not come back. */
  setPublishers(topic: string, addresses: readonly string[]): void {
    this.#readers.get(topic)?.setPublishers(addresses.filter((address) => address !== this.#address));
  }

  setParam(_name: string, _value: unknown): void {}

  list(kind: "published" | "subscribed"): readonly (readonly [string, string])[] {
    if (kind === "published") return [...this.#writers.values()].map(({ topic, type }) => [topic, type.name]);
    return [...this.#readers.values()].map(({ topic, greeting }) => [topic, greeting.type!]);
  }

  get connections(): readonly BusConnection[] {
    const of = (direction: "i" | "o", topics: Iterable<TopicSubscription | Publication>): BusConnection[] =>
      [...topics].flatMap(({ topic, peers }) =>
        peers.map(({ peer, state }) => ({ peer, direction, topic, connected: state === "connected" }))
      );
    return [...of("i", this.#readers.values()), ...of("o", this.#writers.values())];
  }

  shutdown(reason: string): void {
    const why = `it was asked to end${reason === "" ? "" : `: ${reason}`}`;
    this.#options.warn(`${this.name} has left the ROS graph: ${why}`);
    this.#registry.end(why);
    for (const topic of [...this.#readers.values(), ...this.#writers.values()]) topic.close();
  }

  get #greeting(): Readonly<Record<string, string>> {
    return { callerid: this.name, [markField]: this.#options.mark };
  }

  /** Another node of that name would be ended by the master when this one registers. */
  async #checkName(): Promise<void> {
    let address: unknown;
    try {
      address = await this.#master.call("lookupNode", this.name);
      if (typeof address !== "string" || address === this.#address) return;
      unwrap(await callXml(address, "getPid", [this.name], { signal: this.#calls.signal, timeout: 1000 }), "getPid");
    } catch {
      return; // there is none, or it is dead; or the master is away, and will tell
    }
    throw new RosError(`the ROS graph has a node ${this.name} already, at ${address}: give this bridge another name by its param name`, {
      name: this.name,
    });
  }

  #known(name: string, md5: string): MessageType | undefined {
    try {
      const type = this.#options.library.message(name);
      return type.md5 === md5 ? type : undefined;
    } catch {
      return undefined;
    }
  }

  #accept(connection: Connection): void {
    const { header } = connection;
    const topic = header.get("topic");
    if (topic === undefined) throw new RosError("the header names no topic");
    const writer = this.#writers.get(topic);
    if (writer === undefined) throw new RosError(`${this.name} does not publish ${topic.slice(0, 200)}`);
    if (header.get(markField) === this.#options.mark) throw new RosError(`${topic} is of the graph that this comes from`);
    writer.accept(connection);
  }

  /** Sees what the others in the graph have. */
  async #look({ publishers, subscribers, services }: SystemState): Promise<void> {
    const names = new Set([...publishers.keys(), ...subscribers.keys()]);
    if ([...names].some((name) => (this.#types.get(name) ?? "*") === "*")) this.#types = await this.#master.topicTypes();
    const topics = new Map<string, TopicInfo>();
    const others = (nodes: readonly string[] | undefined): string[] => (nodes ?? []).filter((node) => node !== this.name);
    for (const name of names) {
      const info = {
        name,
        type: this.#types.get(name) ?? "*",
        publishers: others(publishers.get(name)),
        subscribers: others(subscribers.get(name)),
      };
      if (info.publishers.length + info.subscribers.length > 0) topics.set(name, info);
    }
    const provided = new Map([...services].map(([name, nodes]) => [name, others(nodes)] as const).filter(([, nodes]) => nodes.length > 0));
    const fingerprint = JSON.stringify([[...topics.values()], [...provided]]);
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.graph = { topics, services: provided };
    this.onGraph();
  }

  async #close(): Promise<void> {
    const late = setTimeout(() => this.#calls.abort(new RosError("the client has closed")), this.state.graph === "here" ? farewell : 0);
    for (const topic of [...this.#readers.values(), ...this.#writers.values()]) topic.close();
    await this.#registry.close();
    clearTimeout(late);
    this.#calls.abort(new RosError("the client has closed"));
    await Promise.all([this.#slave.close(), this.#listener.close()]);
  }
}
