/** Publishers whose every word a test decides. */
import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { parseDefinition } from "../../systems/ros/message/definition.ts";
import { Output } from "../../systems/ros/message/output.ts";
import { MessageType } from "../../systems/ros/message/type.ts";
import { writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";

/** A type of a message without parts of other types. */
export function typeOf(name: string, definition: string): MessageType {
  return new MessageType(name, (wanted) => parseDefinition(wanted, definition));
}

export const text: MessageType = typeOf("std_msgs/String", "string data\n");

/** A node that publishes the topic `/raw`. */
export interface RawPublisher {
  /** Of its slave API. */
  readonly address: string;
  /** That others connect to. */
  readonly port: number;
  /** How often somebody has connected. */
  readonly connects: () => number;
  close(): Promise<void>;
}

/** A publisher whose every word a test decides; it is not in the master's books. It ends with the test. */
export async function publisher(serve: (socket: Socket) => void): Promise<RawPublisher> {
  let connects = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connects++;
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const slave = new XmlServer({ requestTopic: () => [1, "", ["TCPROS", "127.0.0.1", port]], publisherUpdate: () => [1, "", 0] });
  const address = `http://127.0.0.1:${await slave.listen("127.0.0.1", 0)}/`;
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await slave.close();
  };
  const end = (): Promise<void> => (closed ??= close());
  onTestFinished(end);
  return { address, port, connects: () => connects, close: end };
}

/** What it says first. */
export const greeting = (type: MessageType, fields: Record<string, string> = {}): Uint8Array =>
  writeHeader({
    callerid: "/raw",
    topic: "/raw",
    type: type.name,
    md5sum: type.md5,
    message_definition: type.text,
    latching: "0",
    ...fields,
  });

/** Says something to each who connects, ten times a second. */
export const saying = (type: MessageType, value: unknown): (socket: Socket) => void => (socket: Socket): void => {
  socket.write(greeting(type));
  const message = type.write(new Output(), value).slice();
  const timer = setInterval(() => socket.write(message), 100);
  socket.once("close", () => clearInterval(timer));
};

/** Puts it into the books of a master. */
export async function register(master: string, { address }: RawPublisher, type: MessageType, node = "/raw"): Promise<void> {
  await callXml(master, "registerPublisher", [node, "/raw", type.name, address]);
}

/** Takes it from the books. */
export async function unregister(master: string, { address }: RawPublisher, node = "/raw"): Promise<void> {
  await callXml(master, "unregisterPublisher", [node, "/raw", address]);
}
