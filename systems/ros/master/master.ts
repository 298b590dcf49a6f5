import { type XmlHandler, XmlServer } from "../xmlrpc/server.ts";
import { XmlFault } from "../xmlrpc/value.ts";
import { Announcer } from "./announcer.ts";
import { ParamServer } from "./param-server.ts";
import { Registrations } from "./registrations.ts";

/** A master of a ROS 1 graph, where no ROS is installed: names of topics and services, and params. */
export class RosMaster {
  port = 0;
  readonly #publishers: Registrations = new Registrations();
  readonly #subscribers: Registrations = new Registrations();
  readonly #services: Registrations = new Registrations();
  readonly #types: Map<string, string> = new Map();
  /** The addresses of the nodes' slave APIs. */
  readonly #nodes: Map<string, string> = new Map();
  readonly #announcer: Announcer = new Announcer();
  readonly #params: ParamServer;
  readonly #server: XmlServer;
  #address = "";

  constructor() {
    this.#params = new ParamServer((address, node, key, value) => {
      this.#announcer.tell(address, "paramUpdate", ["/master", key, value], `${node} ${key}`);
    });
    this.#server = new XmlServer({ ...this.#names(), ...this.#values() });
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

  #names(): Record<string, XmlHandler> {
    const done = (value: unknown, text = ""): unknown => [1, text, value];
    return {
      registerPublisher: (params) => {
        const [node, topic, type, address] = texts("registerPublisher", params, ["caller_id", "topic", "type", "caller_api"]);
        this.#meet(node, address);
        if (type !== "*" || !this.#types.has(topic)) this.#types.set(topic, type);
        this.#publishers.add(topic, node, address);
        this.#tellSubscribers(topic);
        return done(this.#subscribers.addresses(topic));
      },
      unregisterPublisher: (params) => {
        const [node, topic, address] = texts("unregisterPublisher", params, ["caller_id", "topic", "caller_api"]);
        const removed = this.#publishers.remove(topic, node, address);
        if (removed) this.#tellSubscribers(topic);
        this.#part(node);
        return done(removed ? 1 : 0);
      },
      registerSubscriber: (params) => {
        const [node, topic, type, address] = texts("registerSubscriber", params, ["caller_id", "topic", "type", "caller_api"]);
        this.#meet(node, address);
        if (type !== "*" && !this.#types.has(topic)) this.#types.set(topic, type);
        this.#subscribers.add(topic, node, address);
        return done(this.#publishers.addresses(topic));
      },
      unregisterSubscriber: (params) => {
        const [node, topic, address] = texts("unregisterSubscriber", params, ["caller_id", "topic", "caller_api"]);
        const removed = this.#subscribers.remove(topic, node, address);
        this.#part(node);
        return done(removed ? 1 : 0);
      },
      registerService: (params) => {
        const [node, service, address, api] = texts("registerService", params, ["caller_id", "service", "service_api", "caller_api"]);
        this.#meet(node, api);
        const [other] = this.#services.list.find(([name]) => name === service)?.[1] ?? [];
        if (other !== undefined) this.#services.forget(other); // a service has one provider, the last one
        this.#services.add(service, node, address);
        return done(1);
      },
      unregisterService: (params) => {
        const [node, service, address] = texts("unregisterService", params, ["caller_id", "service", "service_api"]);
        const removed = this.#services.remove(service, node, address);
        this.#part(node);
        return done(removed ? 1 : 0);
      },
      lookupNode: (params) => {
        const [, node] = texts("lookupNode", params, ["caller_id", "node"]);
        const address = this.#nodes.get(node);
        return address === undefined ? [-1, `unknown node [${node}]`, ""] : done(address);
      },
      lookupService: (params) => {
        const [, service] = texts("lookupService", params, ["caller_id", "service"]);
        const [address] = this.#services.addresses(service);
        return address === undefined ? [-1, `no provider of ${service}`, ""] : done(address);
      },
      getPublishedTopics: (params) => {
        const [, base] = texts("getPublishedTopics", params, ["caller_id", "subgraph"]);
        const prefix = base === "" || base === "/" ? "" : `/${base.split("/").filter((part) => part !== "").join("/")}/`;
        const topics = this.#publishers.names.filter((topic) => topic.startsWith(prefix));
        return done(topics.map((topic) => [topic, this.#types.get(topic) ?? "*"]));
      },
      getTopicTypes: () => done([...this.#types]),
      getSystemState: () => done([this.#publishers.list, this.#subscribers.list, this.#services.list]),
      getUri: () => done(this.#address),
      getMasterUri: () => done(this.#address),
      getPid: () => done(process.pid),
    };
  }

  #values(): Record<string, XmlHandler> {
    const params = this.#params;
    const key = (method: string, given: readonly unknown[]): readonly [node: string, name: string] => {
      const [node, name] = texts(method, given, ["caller_id", "key"]);
      return [node, absolute(node, name)];
    };
    return {
      setParam: (given) => {
        const [node, name] = key("setParam", given);
        if (given.length < 3) throw new XmlFault(-1, "setParam takes caller_id, key, value");
        params.set(name, given[2], node);
        return [1, "", 0];
      },
      getParam: (given) => {
        const [, name] = key("getParam", given);
        const value = params.get(name);
        return value === undefined ? [-1, `Parameter [${name}] is not set`, 0] : [1, "", value];
      },
      deleteParam: (given) => {
        const [node, name] = key("deleteParam", given);
        return params.delete(name, node) ? [1, "", 0] : [-1, `parameter [${name}] is not set`, 0];
      },
      hasParam: (given) => [1, "", params.get(key("hasParam", given)[1]) !== undefined],
      searchParam: (given) => {
        const [node, name] = texts("searchParam", given, ["caller_id", "key"]);
        const found = params.search(node, name);
        return found === undefined ? [-1, `no parameter ${name} above ${node}`, ""] : [1, "", found];
      },
      getParamNames: () => [1, "", params.names],
      subscribeParam: (given) => {
        const [node, address, name] = texts("subscribeParam", given, ["caller_id", "caller_api", "key"]);
        this.#meet(node, address);
        return [1, "", params.subscribe(node, address, absolute(node, name))];
      },
      unsubscribeParam: (given) => {
        const [node, , name] = texts("unsubscribeParam", given, ["caller_id", "caller_api", "key"]);
        return [1, "", params.unsubscribe(node, absolute(node, name)) ? 1 : 0];
      },
    };
  }

  /** A node says where it is; one of the same name elsewhere is asked to end, and all of it is forgotten. */
  #meet(node: string, address: string): void {
    const before = this.#nodes.get(node);
    if (before === address) return;
    if (before !== undefined) {
      this.#announcer.tell(before, "shutdown", ["/master", `new node registered with same name: ${node}`], "shutdown");
      for (const topic of this.#publishers.forget(node)) this.#tellSubscribers(topic);
      this.#subscribers.forget(node);
      this.#services.forget(node);
      this.#params.forget(node);
    }
    this.#nodes.set(node, address);
  }

  /** A node that has nothing registered any more is not known. */
  #part(node: string): void {
    if (![this.#publishers, this.#subscribers, this.#services].some((registrations) => registrations.holds(node))) this.#nodes.delete(node);
  }

  #tellSubscribers(topic: string): void {
    const publishers = this.#publishers.addresses(topic);
    for (const address of this.#subscribers.addresses(topic)) {
      this.#announcer.tell(address, "publisherUpdate", ["/master", topic, publishers], `publishers ${topic}`);
    }
  }
}

function absolute(node: string, name: string): string {
  if (name.startsWith("/")) return name;
  if (name.startsWith("~")) return `${node}/${name.slice(1)}`;
  return `${node.slice(0, node.lastIndexOf("/"))}/${name}`;
}

/** The params of a call, which begin with texts. */
function texts<const N extends readonly string[]>(method: string, params: readonly unknown[], names: N): { [K in keyof N]: string } {
  const found = params.slice(0, names.length);
  if (found.length < names.length || found.some((param) => typeof param !== "string" || param.length > 1024)) {
    throw new XmlFault(-1, `${method} takes ${names.join(", ")}`);
  }
  return found as { [K in keyof N]: string };
}
