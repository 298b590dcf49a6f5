import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { callerHeader, dial, framed, library, message, mutate, publisherHeader, subscriberHeader, xmlCall } from "../fuzz/ros/bytes.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";

/** A topic and a service whose publisher and provider do no good. */
export const badTopic = "/bad/out";

/** Where the bridge can be reached. */
export interface Reach {
  readonly host: string;
  /** Of TCPROS. */
  readonly port: number;
  /** Of the slave API. */
  readonly slave: number;
  /** The name of the node that it exports. */
  readonly name: string;
}

const text = library.message("std_msgs/String");
const setBool = library.service("std_srvs/SetBool");
const burst = 40;

/** Who means no good, and who is only half there: over plain sockets, towards a bridge. */
export class Hostile {
  /** Messages that were thrown at the bridge. */
  mutated = 0;
  readonly #reach: Reach;
  readonly #next: (below: number) => number;
  readonly #sockets: Set<Socket> = new Set();
  #server: Server | undefined;
  #slave: XmlServer | undefined;
  #address = "";

  /** @param next a whole number from 0 that is below its argument */
  constructor(reach: Reach, next: (below: number) => number) {
    this.#reach = reach;
    this.#next = next;
  }

  /** Throws broken headers, requests and calls at it. */
  async mutate(): Promise<void> {
    const { name, port, slave, host } = this.#reach;
    const good = [
      [port, subscriberHeader(`${name}/tick`, library.message("std_msgs/Int32"))],
      [port, callerHeader(`${name}/echo`, "std_srvs/SetBool")],
      [port, Buffer.concat([callerHeader(`${name}/echo`, "std_srvs/SetBool"), message(setBool.request, { data: true })])],
      [slave, xmlCall("publisherUpdate", ["/master", badTopic, ["nowhere"]])],
      [slave, xmlCall("paramUpdate", ["/master", "/near/level/", 5])],
      [slave, xmlCall("requestTopic", ["/raw", `${name}/tick`, [["TCPROS"]]])],
    ] as const;
    for (const [where, bytes] of good) {
      const sockets = await Promise.all(Array.from({ length: burst }, () => this.#dial(where, host)));
      for (const socket of sockets) socket?.end(mutate(bytes, this.#next));
      this.mutated += burst;
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (const socket of sockets) socket?.destroy();
    }
  }

  /** Subscribes to what comes fast, and does not read it; or asks much, and does not read the answers; or says only half of what it is. */
  async stall(how: "reader" | "caller" | "half", ms: number): Promise<void> {
    const { name, port, host } = this.#reach;
    const socket = await this.#dial(port, host);
    if (socket === undefined) return;
    socket.pause();
    const { request } = setBool;
    const header = how === "reader" ? subscriberHeader(`${name}/flood`, text) : callerHeader(`${name}/echo`, "std_srvs/SetBool");
    socket.write(how === "half" ? header.subarray(0, 20) : header);
    if (how === "caller") { for (let i = 0; i < 500; i++) socket.write(message(request, { data: true })); }
    await new Promise((resolve) => setTimeout(resolve, ms));
    socket.destroy();
  }

  /** Publishes what is broken, as long as somebody listens; a master that has forgotten it is told again. */
  async publish(master: string): Promise<void> {
    if (this.#server === undefined) {
      const server = (this.#server = createServer((socket) => this.#pour(this.#keep(socket))));
      const { host } = this.#reach;
      await new Promise<void>((resolve) => server.listen(0, host, resolve));
      const { port } = server.address() as AddressInfo;
      this.#slave = new XmlServer({ requestTopic: () => [1, "", ["TCPROS", host, port]], publisherUpdate: () => [1, "", 0] });
      this.#address = `http://${host}:${await this.#slave.listen(host, 0)}/`;
    }
    await callXml(master, "registerPublisher", ["/bad", badTopic, "std_msgs/String", this.#address], { timeout: 500 }).catch(() => {});
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    await this.#slave?.close();
  }

  #pour(socket: Socket): void {
    socket.write(publisherHeader(badTopic, text));
    const good = message(text, { data: "a word of it" }).subarray(4);
    const pour = setInterval(() => {
      for (let i = 0; i < 20; i++) socket.write(framed(mutate(good, this.#next)));
      this.mutated += 20;
      if (this.#next(20) === 0) socket.end(mutate(framed(good), this.#next));
    }, 50);
    socket.once("close", () => clearInterval(pour));
  }

  async #dial(port: number, host: string): Promise<Socket | undefined> {
    try {
      return this.#keep(await dial(port, host));
    } catch {
      return undefined; // it has as many connections as it takes
    }
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
    return socket.once("close", () => this.#sockets.delete(socket));
  }
}
