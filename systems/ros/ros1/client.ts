import { setMaxListeners } from "node:events";
import type {
  ClientState,
  ForeignGraph,
  ReadOptions,
  RefusalInfo,
  RosClient,
  ServeOptions,
  ServiceCaller,
  ServiceServer,
  TopicReader,
  TopicWriter,
  UseOptions,
  WriteOptions,
} from "../client/client.ts";
import { RosError } from "../../../src/errors.ts";
import { StartLimit } from "../../../src/host/start-limit.ts";
import type { Library } from "../message/library.ts";
import type { MessageType } from "../message/type.ts";
import type { Connection } from "./handshake.ts";
import { GraphLook } from "./graph-look.ts";
import { HeldRequests } from "./held-requests.ts";
import { Listener } from "./listener.ts";
import { Master, type SystemState } from "./master.ts";
import { answers, checkName } from "./other-nodes.ts";
import { Ros1Params } from "./params.ts";
import { Publication } from "./publication.ts";
import { Refusals } from "./refusals.ts";
import { type Registration, Registry } from "./registry.ts";
import { type BusConnection, Slave, type SlaveOwner } from "./slave.ts";
import { RemoteService } from "./remote-service.ts";
import { ServedService } from "./served-service.ts";
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

const mostHeld = 256 * 2 ** 20; // bytes of requests of all callers
const asksASecond = 200; // of providers that cannot be reached, all together
const farewell = 1500; // ms that the master has to take back what it knows
const markField = "pyros_graph";

/** A node of a ROS 1 graph: TCPROS and XML-RPC, written so that nothing that comes over the network can end the process. */
export class Ros1Client implements RosClient, SlaveOwner {
  readonly name: string;
  readonly params: Ros1Params;
  onState: () => void = () => {};
  onGraph: () => void = () => {};
  readonly #options: Ros1Options;
  readonly #calls: AbortController = new AbortController();
  readonly #master: Master;
  readonly #registry: Registry;
  readonly #others: GraphLook;
  readonly #listener: Listener;
  readonly #slave: Slave;
  readonly #refusals: Refusals;
  readonly #held: HeldRequests = new HeldRequests(mostHeld);
  readonly #readers: Map<string, TopicSubscription> = new Map();
  readonly #writers: Map<string, Publication> = new Map();
  readonly #served: Map<string, ServedService> = new Map();
  readonly #remote: Set<RemoteService> = new Set();
  /** Services that are asked at one time what they are. */
  readonly #asking: StartLimit = new StartLimit(32);
  /** Publishers that are being reached at one time: what others say of who publishes may be false, and each takes sockets for up to 15 s. */
  readonly #reaching: StartLimit = new StartLimit(256);
  #address = "";
  /** Its leave, when it was asked to end. */
  #parting: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: Ros1Options) {
    this.name = options.name;
    this.#options = options;
    setMaxListeners(0, this.#calls.signal); // there are as many as calls that are out
    this.#master = new Master(options.master, options.name, this.#calls.signal);
    this.params = new Ros1Params(this.#master, options.name, () => this.#address);
    this.#others = new GraphLook(this.#master, options.name, options.warn);
    this.#registry = new Registry(this.#master, options.name, options.interval);
    this.#registry.onState = () => {
      if (this.state.graph !== "here") this.#others.doubtTypes();
      this.onState();
    };
    this.#registry.onSystem = (system) => this.#look(system);
    this.#refusals = new Refusals(options.warn);
    this.#listener = new Listener({
      accept: (connection) => this.#accept(connection),
      onRefused: (peer, reason, header) => {
        if (header?.get(markField) !== options.mark) this.#refusals.note(peer, reason); // bridges of one graph keep out of each other's way
      },
    });
    this.#slave = new Slave(this, (address, reason) => this.#refusals.note(address, reason));
  }

  get graph(): ForeignGraph {
    return this.#others.graph;
  }

  get state(): ClientState {
    return this.#registry.state;
  }

  get refusals(): readonly RefusalInfo[] {
    return this.#refusals.list;
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
      await checkName(this.#master, this.name, this.#address, this.#calls.signal);
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
      inTurn: (run) => this.#reaching.run(run),
      onLost: (peer, reason) => this.#options.warn(`${peer}, a publisher of ${topic}: ${reason}`),
      onUnreached: () => this.#registry.doubt(registration),
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

  use(service: string, options: UseOptions): ServiceCaller {
    const { library } = this.#options;
    if (options.type !== undefined) library.service(options.type);
    const remote = new RemoteService(service, options, {
      greeting: this.#greeting,
      lookup: (name) => this.#master.serviceAt(name),
      typeOf: (name) => library.service(name),
      isOwn: (header) => header.get(markField) === this.#options.mark,
      patience: () => Math.max(3000, (this.#remote.size / asksASecond) * 1000),
      inTurn: (run) => this.#asking.run(run),
      onClose: () => this.#remote.delete(remote),
    });
    this.#remote.add(remote);
    return remote;
  }

  serve(service: string, options: ServeOptions): ServiceServer {
    if (this.#served.has(service)) throw new RosError(`${this.name} provides ${service} already`, { name: service });
    const { host, library, warn } = this.#options;
    const address = `rosrpc://${host.includes(":") ? `[${host}]` : host}:${this.#listener.port}`;
    const registration: Registration = {
      kind: "service",
      name: service,
      args: [address, this.#address],
      address,
      mayReplace: (other) => served.mayReplace(other),
      onRegistered: () => served.registered(),
      onRefused: (reason) => served.refused(`the master refuses ${this.name} as the provider of ${service}: ${reason}`),
    };
    const served = new ServedService(service, library.service(options.type), options, {
      greeting: this.#greeting,
      isAlive: (name) => answers(this.#master, name, this.#greeting, this.#calls.signal),
      held: this.#held,
      warn,
      onClose: () => {
        this.#served.delete(service);
        this.#registry.remove(registration);
      },
    });
    this.#served.set(service, served);
    this.#registry.add(registration);
    return served;
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  whereIs(topic: string): { readonly host: string; readonly port: number } | undefined {
    return this.#writers.has(topic) ? { host: this.#options.host, port: this.#listener.port } : undefined;
  }

  /** What this node publishes itself does not come back. */
  setPublishers(topic: string, addresses: readonly string[]): void {
    this.#others.doubtTypes();
    this.#readers.get(topic)?.setPublishers(addresses.filter((address) => address !== this.#address));
  }

  setParam(name: string, value: unknown): void {
    this.params.changed(name, value);
  }

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
    this.#closeAll();
    this.#parting ??= this.#part();
  }

  /** Takes back its params, unless the name is another node's by now. */
  async #part(): Promise<void> {
    const address = await this.#master.call("lookupNode", this.name).catch(() => this.#address); // unknown, or away
    if (address === this.#address) await this.params.close();
  }

  #closeAll(): void {
    for (const one of [...this.#readers.values(), ...this.#writers.values(), ...this.#served.values(), ...this.#remote]) one.close();
  }

  get #greeting(): Readonly<Record<string, string>> {
    return { callerid: this.name, [markField]: this.#options.mark };
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
    const service = header.get("service");
    if (service !== undefined) {
      const served = this.#served.get(service);
      if (served === undefined) throw new RosError(`${this.name} does not provide ${service.slice(0, 200)}`);
      return served.accept(connection);
    }
    const topic = header.get("topic");
    if (topic === undefined) throw new RosError("the header names neither a topic nor a service");
    const writer = this.#writers.get(topic);
    if (writer === undefined) throw new RosError(`${this.name} does not publish ${topic.slice(0, 200)}`);
    if (header.get(markField) === this.#options.mark) throw new RosError(`${topic} is of the graph that this comes from`);
    writer.accept(connection);
  }

  /** Sees what the others in the graph have. */
  async #look(system: SystemState): Promise<void> {
    await this.params.check();
    if (await this.#others.read(system)) this.onGraph();
  }

  async #close(): Promise<void> {
    const { graph } = this.state;
    const isReachable = graph === "here" || graph === "ended";
    const late = setTimeout(() => this.#calls.abort(new RosError("the client has closed")), isReachable ? farewell : 0);
    this.#closeAll();
    if (graph === "here") await this.params.close();
    await this.#parting;
    await this.#registry.close();
    for (const remote of this.#remote) remote.end();
    clearTimeout(late);
    this.#calls.abort(new RosError("the client has closed"));
    await Promise.all([this.#slave.close(), this.#listener.close()]);
  }
}
