import { addressesIn } from "./master.ts";
import { type XmlHandler, XmlServer } from "../xmlrpc/server.ts";

/** A connection, as tools list them. */
export interface BusConnection {
  readonly peer: string;
  /** `i` for what comes in, `o` for what goes out. */
  readonly direction: "i" | "o";
  readonly topic: string;
  readonly connected: boolean;
}

/** What other nodes and the master may ask of this node. */
export interface SlaveOwner {
  readonly master: string;
  /** Where messages of a topic are to be had; undefined when this node does not publish it. */
  whereIs(topic: string): { readonly host: string; readonly port: number } | undefined;
  /** The master tells who publishes a topic now. */
  setPublishers(topic: string, addresses: readonly string[]): void;
  /** The master tells that a param has changed. */
  setParam(name: string, value: unknown): void;
  /** Topics and their types. */
  list(kind: "published" | "subscribed"): readonly (readonly [topic: string, type: string])[];
  readonly connections: readonly BusConnection[];
  /** It is asked to end. */
  shutdown(reason: string): void;
}

/** The slave API: the server that every node of ROS is. */
export class Slave {
  readonly #server: XmlServer;

  /** @param onRefused is told who sent what is no call */
  constructor(owner: SlaveOwner, onRefused: (address: string, reason: string) => void) {
    this.#server = new XmlServer(methodsOf(owner), onRefused);
  }

  /**
   * Listens at a free port.
   *
   * @param host an interface; undefined for all
   * @returns the port
   */
  open(host: string | undefined): Promise<number> {
    return this.#server.listen(host, 0);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function methodsOf(owner: SlaveOwner): Readonly<Record<string, XmlHandler>> {
  return {
    getBusStats: () => [1, "", [[], [], []]],
    getBusInfo: () => {
      const list = owner.connections.map((
        { peer, direction, topic, connected },
        i,
      ) => [i, peer, direction, "TCPROS", topic, connected, ""]);
      return [1, "", list];
    },
    getMasterUri: () => [1, "", owner.master],
    getPid: () => [1, "", process.pid],
    getSubscriptions: () => [1, "", owner.list("subscribed")],
    getPublications: () => [1, "", owner.list("published")],
    shutdown: ([, reason]) => {
      owner.shutdown(textOf(reason));
      return [1, "shutdown", 0];
    },
    paramUpdate: ([, name, value]) => {
      if (typeof name !== "string") return [-1, "paramUpdate takes the caller's name, a key and a value", 0];
      owner.setParam(name, value);
      return [1, "", 0];
    },
    publisherUpdate: ([, topic, addresses]) => {
      if (typeof topic !== "string" || !Array.isArray(addresses)) {
        return [-1, "publisherUpdate takes the caller's name, a topic and a list", 0];
      }
      owner.setPublishers(topic, addressesIn(addresses));
      return [1, "", 0];
    },
    requestTopic: ([, topic, protocols]) => {
      if (typeof topic !== "string" || !Array.isArray(protocols)) {
        return [-1, "requestTopic takes the caller's name, a topic and a list", 0];
      }
      const where = owner.whereIs(topic);
      if (where === undefined) return [0, `this node does not publish ${topic.slice(0, 200)}`, 0];
      const speaks = protocols.some((protocol) => Array.isArray(protocol) && protocol[0] === "TCPROS");
      return speaks ? [1, "ready", ["TCPROS", where.host, where.port]] : [0, "this node speaks TCPROS only", 0];
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 200) : "";
}
