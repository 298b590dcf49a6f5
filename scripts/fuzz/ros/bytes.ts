/** Good bytes of ROS, and how they are broken: for the fuzzers, the soak and the tests of the bridge. */
import { connect, type Socket } from "node:net";
import { Library } from "../../../systems/ros/message/library.ts";
import type { MessageType } from "../../../systems/ros/message/type.ts";
import { Output } from "../../../systems/ros/message/output.ts";
import { writeHeader } from "../../../systems/ros/ros1/header.ts";
import { writeCall } from "../../../systems/ros/xmlrpc/write.ts";

/** Types that need no ROS. */
export const library: Library = new Library({ installed: [] });

/** Bytes changed in a few places, lengths above all. */
export function mutate(good: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = good.slice();
  for (let n = 1 + next(3); n > 0; n--) {
    const at = next(bytes.length + 1);
    const kind = next(12);
    if (kind < 4 && at < bytes.length) bytes[at] = next(256);
    else if (kind < 6 && at < bytes.length) bytes[at]! ^= 1 << next(8);
    else if (kind < 7) bytes = bytes.slice(0, at);
    else if (kind < 9) bytes = new Uint8Array([...bytes.slice(0, at), next(256), ...bytes.slice(at)]);
    else if (kind < 10) bytes = new Uint8Array([...bytes.slice(0, at), ...bytes.slice(at + 1 + next(4))]);
    else if (at + 4 <= bytes.length) bytes.set([255, 255, 255, next(2) * 255], at);
  }
  return bytes;
}

/** What one who subscribes says first. */
export function subscriberHeader(topic: string, { name, md5 }: MessageType, callerid = "/raw"): Uint8Array {
  return writeHeader({ callerid, topic, type: name, md5sum: md5 });
}

/** What one who publishes says first. */
export function publisherHeader(topic: string, { name, md5, text }: MessageType, callerid = "/bad"): Uint8Array {
  return writeHeader({ callerid, topic, type: name, md5sum: md5, message_definition: text, latching: "0" });
}

/** What one who calls a service says first. */
export function callerHeader(service: string, type: string, callerid = "/raw"): Uint8Array {
  return writeHeader({ callerid, service, md5sum: library.service(type).md5, persistent: "1" });
}

/** A message with its length in front, in memory of its own. */
export function message(type: MessageType, value: unknown): Uint8Array {
  return type.write(new Output(), value).slice();
}

/** A body with its length in front. */
export function framed(body: Uint8Array): Uint8Array {
  const all = new Uint8Array(4 + body.length);
  new DataView(all.buffer).setUint32(0, body.length, true);
  all.set(body, 4);
  return all;
}

/** A call of XML-RPC, as HTTP has it. */
export function xmlCall(method: string, params: readonly unknown[]): Uint8Array {
  return http(`POST / HTTP/1.1\r\nhost: a\r\n`, writeCall(method, params));
}

/** A document of XML-RPC behind the first lines of an HTTP message. */
export function http(head: string, body: string): Uint8Array {
  return new TextEncoder().encode(
    `${head}content-type: text/xml\r\ncontent-length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`,
  );
}

/** A connection to a port of this machine, or whichever it is. */
export function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", () => {}); // the other end has had enough
  });
}
