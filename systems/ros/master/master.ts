import { type XmlHandler, XmlServer } from "../xmlrpc/server.ts";
import { XmlFault } from "../xmlrpc/value.ts";
import { Announcer } from "./announcer.ts";
import { readArguments } from "./call-arguments.ts";
import { ParamServer } from "./param-server.ts";
import { Registrations } from "./registrations.ts";
import { TopicTypes } from "./topic-types.ts";

const mostRegistered = 32 * 2 ** 20; // characters of all registrations, some 200,000 of usual names
const mostNodes = 10_000; // also those whose services others have taken over, which are known all the same

/**
 * A master of a ROS 1 graph, where no ROS is installed: names of topics and services, and params. It answers as `rosmaster` does;
 * but what is registered and set has a limit, and the subscribers of a node that comes back elsewhere are told so.
 */
export class RosMaster {
  port = 0;
  readonly #publishers: Registrations = new Registrations();
  readonly #subscribers: Registrations = new Registrations();
  readonly #services: Registrations = new Registrations();
  readonly #types: TopicTypes = new TopicTypes();
  /** The addresses of the nodes' slave APIs. */
  readonly #nodes: Map<string, string> = new Map();
  readonly #announcer: Announcer = new Announcer();
  readonly #params: ParamServer;
  readonly #all: readonly Registrations[];
  readonly #server: XmlServer;
  #address = "";

  constructor() {
    this.#params = new ParamServer((address, key) => {
      this.#announcer.tell(address, `param ${key}`, "paramUpdate", () => ["/master", `${key}/`, this.#params.get(key) ?? {}]);
    });
    this.#all = [this.#publishers, this.#subscribers, this.#services, this.#params.subscribers];
    this.#server = new XmlServer(refusing({ ...this.#graphCalls(), ...this.#paramCalls() }));
  }

  /**
   * Begins.
   *
   * @param host which interface; undefined for all
   * @param port 0 for any
   * @throws RosError when the port is taken
   */
  async open(host: string | undefined, port: number): Promise<void> {
    this.port = await this.#server.listen(host, port);
    this.#address = `http://${host ?? "localhost"}:${this.port}/`;
  }

  async close(): Promise<void> {
    this.#announcer.close();
    await this.#server.close();
  }

  #graphCalls(): Record<string, XmlHandler> {
    return {
      registerPublisher: (given) => {
        const { node, topic, type, api } = readArguments(given, { topic: "name", type: "type", api: "address" });
        this.#meet(node, api);
        this.#publishers.add(topic, node, api);
        this.#types.published(topic, type);
        this.#tellSubscribers(topic);
        return done(this.#subscribers.addresses(topic));
      },
      unregisterPublisher: (given) => {
        const { node, topic, api } = readArguments(given, { topic: "name", api: "address" });
        const removed = this.#publishers.remove(topic, node, api);
        if (removed) this.#tellSubscribers(topic);
        this.#part(node, [topic]);
        return done(removed ? 1 : 0);
      },
      registerSubscriber: (given) => {
        const { node, topic, type, api } = readArguments(given, { topic: "name", type: "type", api: "address" });
        this.#meet(node, api);
        this.#subscribers.add(topic, node, api);
        this.#types.subscribed(topic, type);
        return done(this.#publishers.addresses(topic));
      },
      unregisterSubscriber: (given) => {
        const { node, topic, api } = readArguments(given, { topic: "name", api: "address" });
        const removed = this.#subscribers.remove(topic, node, api);
        this.#part(node, [topic]);
        return done(removed ? 1 : 0);
      },
      registerService: (given) => {
        const kinds = { service: "name", address: "address", api: "address" } as const;
        const { node, service, address, api } = readArguments(given, kinds);
        this.#meet(node, api);
        this.#services.claim(service, node, address);
        return done(1);
      },
      unregisterService: (given) => {
        const { node, service, address } = readArguments(given, { service: "name", address: "address" });
        const removed = this.#services.remove(service, node, address);
        this.#part(node, []);
        return done(removed ? 1 : 0);
      },
      lookupNode: (given) => {
        const { name } = readArguments(given, { name: "name" });
        const address = this.#nodes.get(name);
        return address === undefined ? [-1, `unknown node [${name}]`, ""] : done(address);
      },
      lookupService: (given) => {
        const { service } = readArguments(given, { service: "name" });
        const [address] = this.#services.addresses(service);
        return address === undefined ? [-1, `no provider of ${service}`, ""] : done(address);
      },
      getPublishedTopics: (given) => {
        const { base } = readArguments(given, { base: "namespace" });
        const topics = this.#publishers.names.filter((topic) => base === "" || base === "/" || topic.startsWith(`${base}/`));
        return done(topics.map((topic) => [topic, this.#types.of(topic)]));
      },
      getTopicTypes: () => done(this.#types.list),
      getSystemState: () => done([this.#publishers.list, this.#subscribers.list, this.#services.list]),
      getUri: () => done(this.#address),
      getMasterUri: () => done(this.#address),
      getPid: () => done(process.pid),
    };
  }

  #paramCalls(): Record<string, XmlHandler> {
    const params = this.#params;
    return {
      setParam: (given) => {
        const { node, key } = readArguments(given, { key: "key" });
        if (given.length < 3) throw new XmlFault(-1, "the value is missing");
        params.set(key, given[2], node);
        return done(0);
      },
      getParam: (given) => {
        const { key } = readArguments(given, { key: "key" });
        const value = params.get(key);
        return value === undefined ? [-1, `parameter [${key}] is not set`, 0] : done(value);
      },
      deleteParam: (given) => {
        const { key } = readArguments(given, { key: "key" });
        return params.delete(key) ? done(0) : [-1, `parameter [${key}] is not set`, 0];
      },
      hasParam: (given) => done(params.get(readArguments(given, { key: "key" }).key) !== undefined),
      searchParam: (given) => {
        const { node, key } = readArguments(given, { key: "text" });
        const found = params.search(node, key);
        return found === undefined ? [-1, `no parameter ${key} above ${node}`, ""] : done(found);
      },
      getParamNames: () => done(params.names),
      subscribeParam: (given) => {
        const { node, api, key } = readArguments(given, { api: "address", key: "key" });
        this.#meet(node, api);
        params.subscribers.add(key, node, api);
        return done(params.get(key) ?? {});
      },
      unsubscribeParam: (given) => {
        const { node, api, key } = readArguments(given, { api: "address", key: "key" });
        params.subscribers.remove(key, node, api);
        this.#part(node, []);
        return done(1);
      },
    };
  }

  /**
   * A node that is about to register something says where it is; one of the same name elsewhere is asked to end, and all of it
   * is forgotten.
   */
  #meet(node: string, address: string): void {
    const size = this.#all.reduce((sum, registrations) => sum + registrations.size, 0);
    if (size > mostRegistered) throw new XmlFault(-1, `what is registered has ${mostRegistered} characters, and no more is taken`);
    const before = this.#nodes.get(node);
    if (before === address) return;
    if (before === undefined && this.#nodes.size >= mostNodes) {
      throw new XmlFault(-1, `${mostNodes} nodes are known, and no more are taken`);
    }
    if (before !== undefined) {
      this.#announcer.tell(before, "shutdown", "shutdown", () => ["/master", `new node registered with same name: ${node}`]);
      const published = this.#publishers.forget(node);
      for (const topic of published) this.#tellSubscribers(topic);
      this.#services.forget(node);
      this.#params.subscribers.forget(node);
      this.#part(node, [...published, ...this.#subscribers.forget(node)]);
    }
    this.#nodes.set(node, address);
  }

  /** A node has no longer what it had: when that was the last of it, it is not known any more. */
  #part(node: string, topics: readonly string[]): void {
    if (!this.#all.some((registrations) => registrations.holds(node))) this.#nodes.delete(node);
    for (const topic of topics) if (!this.#publishers.has(topic) && !this.#subscribers.has(topic)) this.#types.left(topic);
  }

  #tellSubscribers(topic: string): void {
    const params = (): readonly unknown[] => ["/master", topic, this.#publishers.addresses(topic)];
    for (const address of this.#subscribers.addresses(topic)) {
      this.#announcer.tell(address, `publishers ${topic}`, "publisherUpdate", params);
    }
  }
}

function done(value: unknown): readonly [code: number, text: string, value: unknown] {
  return [1, "", value];
}

/** Handlers that answer what they cannot take as a master does: by a code, not by a fault. */
function refusing(handlers: Readonly<Record<string, XmlHandler>>): Record<string, XmlHandler> {
  return Object.fromEntries(
    Object.entries(handlers).map(([method, handler]): [string, XmlHandler] => [method, (given, from) => {
      try {
        return handler(given, from);
      } catch (error) {
        if (error instanceof XmlFault) return [-1, `${method}: ${error.message}`, 0];
        throw error;
      }
    }]),
  );
}
