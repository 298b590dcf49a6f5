/**
 * A small rosbridge server for tests, which follows the protocol's document and does as `rosbridge_suite` does where that is silent: all
 * its clients are one node, what one publishes comes back to it where it subscribes, and answers of services are taken as they are.
 */
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { Encoder } from "cbor-x";
import { layOut } from "../../systems/ros/message/layout.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { ParamServer } from "../../systems/ros/master/param-server.ts";
import { type Definition, parseDefinition, plainName } from "../../systems/ros/message/definition.ts";
import { parse } from "../../systems/ros/rosbridge/parse.ts";
import { WireType } from "../../systems/ros/rosbridge/wire-type.ts";

const cbor = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false });

export const serverNode = "/rosbridge_websocket";

export interface ServerOptions {
  readonly version?: 1 | 2;
  readonly rosapi?: boolean;
  readonly types?: readonly string[];
  /** Characters from which on what it sends is fragmented. */
  readonly fragmentSize?: number;
}

type Message = Record<string, unknown>;

interface Client {
  readonly socket: WebSocket;
  readonly advertised: Map<string, { readonly latch: boolean }>;
  readonly subscribed: Map<string, string>;
}

interface Topic {
  readonly type: string;
  last: unknown;
  /** Whether a node behind the server has it. */
  readonly isKept: boolean;
}

export class RosbridgeServer {
  port = 0;
  /** What clients have sent. */
  readonly received: Message[] = [];
  readonly params: ParamServer = new ParamServer(() => {});
  /** Of ROS 2: the params that nodes have declared, as JSON. */
  readonly declared: Map<string, string> = new Map();
  readonly #version: 1 | 2;
  readonly #hasRosapi: boolean;
  readonly #fragmentSize: number;
  readonly #library: Library;
  readonly #types: Map<string, WireType> = new Map();
  readonly #clients: Set<Client> = new Set();
  readonly #topics: Map<string, Topic> = new Map();
  readonly #services: Map<string, { readonly type: string; readonly client: Client }> = new Map();
  readonly #calls: Map<string, { readonly client: Client; readonly id: unknown; readonly service: string; readonly provider: Client }> =
    new Map();
  #server: WebSocketServer | undefined;
  #count = 0;

  constructor({ version = 1, rosapi = true, types = [], fragmentSize = Infinity }: ServerOptions = {}) {
    this.#version = version;
    this.#hasRosapi = rosapi;
    this.#fragmentSize = fragmentSize;
    this.#library = new Library({ folders: types });
    if (version === 2) this.#topics.set("/rosout", { type: "rcl_interfaces/msg/Log", last: undefined, isKept: true });
  }

  get address(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The sockets of its clients. */
  get sockets(): WebSocket[] {
    return [...this.#clients].map(({ socket }) => socket);
  }

  async open(port = 0): Promise<void> {
    const server = this.#server = new WebSocketServer({ host: "127.0.0.1", port, maxPayload: 16 * 2 ** 20, perMessageDeflate: false });
    server.on("connection", (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
    this.port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients) socket.terminate();
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
  }

  #accept(socket: WebSocket): void {
    const client: Client = { socket, advertised: new Map(), subscribed: new Map() };
    this.#clients.add(client);
    socket.on("message", (data) => {
      const message = parse((data as Buffer).toString()) as Message;
      this.received.push(message);
      try {
        this.#take(client, message);
      } catch (error) {
        this.#send(client, { op: "status", level: "error", msg: `${String(message.op)}: ${(error as Error).message}`, id: message.id });
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#clients.delete(client);
      for (const [name, { client: provider }] of this.#services) if (provider === client) this.#services.delete(name);
      for (const [id, call] of this.#calls) {
        if (call.provider !== client) continue;
        this.#calls.delete(id);
        this.#respond(call.client, call.id, call.service, "the service was unadvertised with a call in progress", false);
      }
      this.#sweep();
    });
  }

  #take(client: Client, message: Message): void {
    const { op, id, topic, service, type, msg } = message as Record<string, string>;
    switch (op) {
      case "advertise": {
        const known = this.#topics.get(topic!);
        if (known !== undefined && known.type !== type) throw new Error(`Tried to advertise ${topic} as ${type}, it is ${known.type}`);
        this.#type(type!);
        this.#topics.set(topic!, known ?? { type: type!, last: undefined, isKept: false });
        client.advertised.set(topic!, { latch: message.latch === true });
        return;
      }
      case "unadvertise":
        client.advertised.delete(topic!);
        return this.#sweep();
      case "publish":
        return this.publish(topic!, msg, client);
      case "subscribe": {
        const known = this.#topics.get(topic!);
        if (known === undefined && type === undefined) throw new Error(`Cannot infer topic type for topic ${topic}`);
        if (known !== undefined && type !== undefined && plainName(known.type) !== plainName(type)) {
          throw new Error(`${topic} is ${known.type}`);
        }
        if (known === undefined) this.#topics.set(topic!, { type: type!, last: undefined, isKept: false });
        client.subscribed.set(topic!, String(message.compression));
        if (known?.last !== undefined) this.#deliver(client, topic!, known.last);
        return;
      }
      case "unsubscribe":
        client.subscribed.delete(topic!);
        return this.#sweep();
      case "advertise_service":
        this.#services.set(service!, { type: type!, client });
        return;
      case "unadvertise_service":
        this.#services.delete(service!);
        return;
      case "call_service":
        return this.#call(client, id, service!, message.args as Message);
      case "service_response": {
        const call = this.#calls.get(id!);
        if (call === undefined) throw new Error(`Received service response for unrecognized id: ${id}`);
        if (typeof message.values !== "object") throw new Error("expected a dict for values");
        this.#calls.delete(id!);
        return this.#respond(call.client, call.id, call.service, message.values, true);
      }
      case "fragment":
        return;
      default:
        throw new Error(`Unknown operation: ${op}`);
    }
  }

  /** Publishes a message, of a client or of a node behind it. */
  publish(name: string, message: unknown, from?: Client): void {
    const topic = this.#topics.get(name);
    if (topic === undefined || (from !== undefined && !from.advertised.has(name))) throw new Error(`${name} was not advertised`);
    const value = this.#type(topic.type).read(message);
    if (from === undefined || from.advertised.get(name)!.latch) topic.last = value;
    for (const client of this.#clients) if (client.subscribed.has(name)) this.#deliver(client, name, value);
  }

  /** A topic of a node behind it. */
  advertise(name: string, type: string): void {
    this.#topics.set(name, { type, last: undefined, isKept: true });
  }

  #deliver(client: Client, name: string, value: unknown): void {
    const type = this.#type(this.#topics.get(name)!.type);
    if (client.subscribed.get(name) === "cbor") return client.socket.send(cbor.encode({ op: "publish", topic: name, msg: value }));
    const msg = type.write(value).replaceAll(/-?\b(?:NaN|Infinity)\b/g, "null");
    this.#sendText(client, `{"op": "publish", "topic": ${JSON.stringify(name)}, "msg": ${msg}}`);
  }

  #call(client: Client, id: unknown, service: string, args: Message): void {
    if (this.#hasRosapi && service.startsWith("/rosapi/")) {
      let answer: unknown;
      try {
        answer = this.#rosapi(service.slice("/rosapi/".length), args);
      } catch (error) {
        return this.#respond(client, id, service, (error as Error).message, false);
      }
      return this.#respond(client, id, service, answer, true);
    }
    const provided = this.#services.get(service);
    if (provided === undefined) return this.#respond(client, id, service, `Service ${service} does not exist`, false);
    const request = `service_request:${service}:${++this.#count}`;
    this.#calls.set(request, { client, id, service, provider: provided.client });
    this.#send(provided.client, { op: "call_service", id: request, service, args });
  }

  #respond(client: Client, id: unknown, service: string, values: unknown, result: boolean): void {
    this.#send(client, { op: "service_response", service, values, result, ...(id === undefined ? {} : { id }) });
  }

  #rosapi(what: string, args: Message): unknown {
    const nodes = (has: (client: Client) => boolean): string[] => ([...this.#clients].some(has) ? [serverNode] : []);
    const topic = String(args.topic);
    const name = String(args.name);
    switch (what) {
      case "topics":
        return { topics: [...this.#topics.keys()], types: [...this.#topics.values()].map(({ type }) => type) };
      case "publishers":
        return { publishers: this.#topics.get(topic)?.isKept === true ? ["/behind"] : nodes((client) => client.advertised.has(topic)) };
      case "subscribers":
        return { subscribers: nodes((client) => client.subscribed.has(topic)) };
      case "services":
        return { services: [...this.#services.keys()] };
      case "service_type":
        return { type: this.#services.get(String(args.service))?.type ?? "" };
      case "service_node":
        return { node: this.#services.has(String(args.service)) ? serverNode : "" };
      case "message_details":
        return { typedefs: this.#typedefs(plainName(String(args.type))) };
      case "service_request_details":
      case "service_response_details": {
        const type = plainName(String(args.type));
        const parts = this.#library.serviceParts(type);
        const isRequest = what.includes("request");
        return { typedefs: this.#typedefs(`${type}${isRequest ? "Request" : "Response"}`, isRequest ? parts.request : parts.response) };
      }
      case "get_param_names":
        if (this.#version === 2) return { names: [...this.declared.keys()] };
        return { names: this.params.names };
      case "has_param":
        return { exists: this.params.get(name) !== undefined };
      case "get_param":
        if (this.#version === 2) return { value: this.declared.get(name) ?? String(args.default_value) };
        return { value: JSON.stringify(this.params.get(name) ?? JSON.parse(String(args.default))) };
      case "set_param":
        if (this.#version === 2) {
          // A node takes nothing that it has not declared, nor a value of another type, and nobody is told so.
          const [before, value] = [this.declared.get(name), String(args.value)];
          const kind = (text: string): string => (/^-?\d+$/.test(text) ? "integer" : typeof JSON.parse(text));
          if (before !== undefined && kind(before) === kind(value)) this.declared.set(name, value);
          return {};
        }
        this.params.set(name, JSON.parse(String(args.value)), "");
        return {};
      case "delete_param":
        this.params.delete(name);
        return {};
      default:
        throw new Error(`Service /rosapi/${what} does not exist`);
    }
  }

  #typedefs(name: string, text?: string): unknown[] {
    const layouts = layOut(
      name,
      (type) => type === name && text !== undefined ? parseDefinition(name, text) : this.#define(type),
    );
    return [...layouts.values()].toReversed().map(({ definition: { name, fields } }) => ({
      type: name,
      fieldnames: fields.map((field) => (this.#version === 2 ? `_${field.name}` : field.name)),
      fieldtypes: fields.map(({ type }) => (this.#version === 2 && type === "time" ? "builtin_interfaces/Time" : type)),
      fieldarraylen: fields.map(({ count }) => (count === undefined ? -1 : count === "any" ? 0 : count)),
    }));
  }

  #type(name: string): WireType {
    const plain = plainName(name);
    let type = this.#types.get(plain);
    if (type === undefined) {
      this.#types.set(plain, type = new WireType(layOut(plain, (one) => this.#define(one)), this.#version, false));
    }
    return type;
  }

  #define(type: string): Definition {
    const definition = this.#library.definition(type);
    if (this.#version === 1 || type !== "std_msgs/Header") return definition;
    return { ...definition, fields: definition.fields.filter(({ name }) => name !== "seq") };
  }

  /** Topics that nobody has any more are forgotten. */
  #sweep(): void {
    for (const [name, { isKept }] of this.#topics) {
      if (!isKept && ![...this.#clients].some(({ advertised, subscribed }) => advertised.has(name) || subscribed.has(name))) {
        this.#topics.delete(name);
      }
    }
  }

  #send(client: Client, message: Message): void {
    this.#sendText(client, JSON.stringify(message));
  }

  #sendText({ socket }: Client, text: string): void {
    if (text.length <= this.#fragmentSize) return socket.send(text);
    const size = this.#fragmentSize;
    const total = (text.length - 1) / size + 1; // a fraction, as the real one writes it
    for (let num = 0; num * size < text.length; num++) {
      socket.send(JSON.stringify({ op: "fragment", id: this.#count, num, total, data: text.slice(num * size, (num + 1) * size) }));
    }
    this.#count++;
  }
}
