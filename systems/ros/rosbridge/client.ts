import { RosError } from "../../../src/errors.ts";
import { Backoff, pause } from "../client/backoff.ts";
import type {
  ClientState,
  ForeignGraph,
  ReadOptions,
  RosClient,
  ServeOptions,
  ServiceCaller,
  ServiceServer,
  TopicReader,
  TopicWriter,
  UseOptions,
  WriteOptions,
} from "../client/client.ts";
import type { Library } from "../message/library.ts";
import type { RosVersion } from "./definition.ts";
import { NameLimit } from "../client/name-limit.ts";
import { type Interest, type Look, lookAt } from "./graph-look.ts";
import { WireParams } from "./params.ts";
import type { Place } from "./place.ts";
import { Rosapi } from "./rosapi.ts";
import { WireCaller } from "./service-caller.ts";
import { WireServer } from "./service-server.ts";
import { Session } from "./session.ts";
import { checkWebSocket } from "./socket.ts";
import { WireReader } from "./topic-reader.ts";
import { WireWriter } from "./topic-writer.ts";
import { Types } from "./types.ts";

/** What a client of a rosbridge server is. */
export interface RosbridgeOptions {
  /** `ws://host:port`, or `wss://`. */
  readonly server: string;
  /** Its name: in the ROS graph, the server stands for it. */
  readonly name: string;
  /** Ms between two looks at what the graph has. */
  readonly interval: number;
  readonly library: Library;
  /** The version of ROS behind the server, where it does not tell. */
  readonly version: RosVersion;
  readonly interest: Interest;
  /** Is told what people should know of. */
  readonly warn: (text: string) => void;
}

const quiet = 1000; // ms between two things of the server's that are told

/** A client of a rosbridge server: it reaches a graph of ROS 1 or ROS 2 by WebSocket, and nothing that comes over it can end the process. */
export class RosbridgeClient implements RosClient {
  readonly name: string;
  readonly params: WireParams;
  state: ClientState = { graph: "starting", since: Date.now(), reason: "" };
  graph: ForeignGraph = { topics: new Map(), services: new Map() };
  onState: () => void = () => {};
  onGraph: () => void = () => {};
  /** What the server said last of what is wrong. */
  notice = "";
  readonly #options: RosbridgeOptions;
  readonly #readers: Map<string, WireReader> = new Map();
  readonly #writers: Map<string, WireWriter> = new Map();
  readonly #servers: Map<string, WireServer> = new Map();
  readonly #callers: Set<WireCaller> = new Set();
  readonly #ending: AbortController = new AbortController();
  readonly #limit: NameLimit;
  #wake: AbortController = new AbortController();
  #place: Place | undefined;
  #look: Look | undefined;
  #fingerprint = "";
  #told = 0;
  #loop: Promise<void> | undefined;

  constructor(options: RosbridgeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#limit = new NameLimit(options.warn);
    this.params = new WireParams(options.name, () => this.#place);
  }

  async open(): Promise<void> {
    await checkWebSocket();
    this.#loop = this.#run();
  }

  read(topic: string, options: ReadOptions): TopicReader {
    const reader = new WireReader(topic, options, this.#options.warn, () => this.#readers.delete(topic));
    this.#add(this.#readers, topic, reader, "reads");
    if (this.#place !== undefined && this.#look !== undefined) reader.see(this.#place, this.#look.topic(topic));
    return reader;
  }

  write(topic: string, options: WriteOptions): TopicWriter {
    const writer = new WireWriter(topic, options, this.#options.warn, () => this.#writers.delete(topic));
    this.#add(this.#writers, topic, writer, "writes");
    if (this.#place !== undefined && this.#look !== undefined) writer.see(this.#place, []); // else, its version is not known yet
    return writer;
  }

  use(service: string, options: UseOptions): ServiceCaller {
    const caller = new WireCaller(service, options, () => this.#callers.delete(caller));
    this.#callers.add(caller);
    if (this.#place !== undefined && this.#look !== undefined) caller.see(this.#place);
    return caller;
  }

  serve(service: string, options: ServeOptions): ServiceServer {
    const server = new WireServer(service, options, this.#options.warn, () => this.#servers.delete(service));
    this.#add(this.#servers, service, server, "provides");
    return server;
  }

  async close(): Promise<void> {
    for (const one of [...this.#readers.values(), ...this.#writers.values(), ...this.#servers.values(), ...this.#callers]) one.close();
    if (this.#place !== undefined) await this.params.close();
    this.#ending.abort(new RosError("the client has closed"));
    await this.#place?.session.close();
    await this.#loop;
  }

  #add<T>(all: Map<string, T>, name: string, one: T, does: string): void {
    if (all.has(name)) throw new RosError(`${this.name} ${does} ${name} already`, { name });
    all.set(name, one);
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const backoff = new Backoff(100, 2000);
    while (!signal.aborted) {
      let reason: string;
      try {
        const place = await this.#connect(signal);
        reason = await this.#stay(place, () => backoff.reset());
      } catch (error) {
        reason = (error as Error).message;
      }
      this.#place?.session.end(reason);
      this.#place = this.#look = undefined;
      for (const one of [...this.#readers.values(), ...this.#writers.values(), ...this.#servers.values(), ...this.#callers]) one.lost();
      if (signal.aborted) return;
      this.#become("away", reason);
      await backoff.wait(signal);
    }
  }

  async #connect(signal: AbortSignal): Promise<Place> {
    const { server, library, version } = this.#options;
    const session = await Session.open(server, {
      onPublish: (topic, message, bytes) => this.#readers.get(topic)?.take(message, bytes),
      onCall: (service, id, args) => void this.#servers.get(service)?.take(id, args),
      onStatus: (level, text, id) => this.#hear(level, text, id),
      onGarbage: (why) => this.#tell(`a message of the rosbridge server is of no use: ${why}`),
    }, signal);
    const rosapi = new Rosapi(session, version);
    return (this.#place = { address: server, session, rosapi, types: new Types(rosapi, library), hasRosapi: true });
  }

  /** Looks at the graph again and again, until the connection has ended; returns why it has. */
  async #stay(place: Place, succeeded: () => void): Promise<string> {
    const { session } = place;
    let reason: string | undefined;
    void session.ended.then((why) => {
      reason = why;
      this.#wake.abort();
    });
    while (reason === undefined && !this.#ending.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#see(place);
        succeeded();
      } catch (error) {
        if (session.isOpen) this.#tell(`the graph cannot be looked at: ${(error as Error).message}`);
      }
      if (session.isOpen && !this.#wake.signal.aborted) await pause(this.#options.interval, this.#wake.signal);
    }
    return reason ?? "it is not wanted any more";
  }

  async #see(place: Place): Promise<void> {
    const { interest } = this.#options;
    const look = await lookAt(place, interest, {
      readers: this.#readers.keys(),
      writers: this.#writers.keys(),
      servers: [...this.#servers.values()].filter((server) => server.isAdvertised).map(({ name }) => name),
    }, this.#limit);
    if (!place.session.isOpen || this.#ending.signal.aborted) return;
    this.#look = look;
    const fingerprint = JSON.stringify([[...look.graph.topics.values()], [...look.graph.services]]);
    const isNew = fingerprint !== this.#fingerprint;
    this.#fingerprint = fingerprint;
    this.graph = look.graph;
    for (const [topic, reader] of this.#readers) reader.see(place, look.topic(topic));
    for (const [topic, writer] of this.#writers) writer.see(place, look.subscribers(topic));
    for (const caller of this.#callers) caller.see(place);
    for (const [service, server] of this.#servers) server.see(place, look.provider(service));
    if (!place.hasRosapi) this.#tell("the rosbridge server has no rosapi: only what the lists name, with its type, is there");
    this.#become("here", "");
    if (isNew) this.onGraph();
    if (!place.hasRosapi) return;
    await this.params.check();
    await this.params.look();
  }

  /** The server has something to say; of what was asked for by name, that knows why it has not got it. */
  #hear(level: string, text: string, id: string | undefined): void {
    const [, op, name] = /^(subscribe|advertise|publish|advertise_service):(.*)$/s.exec(id ?? "") ?? [];
    if (level === "error" && name !== undefined) {
      if (op === "subscribe") this.#readers.get(name)?.refuse(text);
      else if (op === "advertise_service") this.#servers.get(name)?.refuse(text);
      else this.#writers.get(name)?.refuse(text, op === "publish");
    }
    this.#tell(`the rosbridge server says: ${text.slice(0, 500)}`);
  }

  #tell(text: string): void {
    const now = Date.now();
    if (text === this.notice || now - this.#told < quiet) return;
    this.#told = now;
    this.notice = text;
    this.#options.warn(text);
  }

  #become(graph: ClientState["graph"], reason: string): void {
    const { state } = this;
    if (state.graph === graph && state.reason === reason) return;
    this.state = { graph, since: state.graph === graph ? state.since : Date.now(), reason };
    this.onState();
  }
}
