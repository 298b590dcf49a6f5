/**
 * The other end of a connection with a node of ROS, as fast as it can be: it sends bytes that were made before, many messages at once,
 * and counts messages without reading them. Arguments: see `lib/ros-play.ts`.
 */
import { connect, createServer, type Socket } from "node:net";
import { readHeader, writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";
import { answer } from "../lib/answer.ts";
import { Counter, name, role, types } from "../lib/ros-play.ts";
import type { RosItem } from "../lib/ros.ts";

const master = process.env.ROS_MASTER_URI!;
const caller = `/${name}_${role}_${process.pid}`;
const items = ["text", "image"] as const;
const sums = {
  text: "992ce8a1687cec8c8bd883ec73ca41d1",
  image: "060021388200f6f0f447d0fcd9c64743",
};
const topic = (item: RosItem): string => `/${name}/${item}`;
const host = "127.0.0.1";

/** A body that holds its own length first, as all that ROS sends. */
function framed(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return joined(number(length), ...parts);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const number = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const text = (value: string): Uint8Array => framed(new TextEncoder().encode(value));

/** A message with its length in front. */
function message(item: RosItem, size: number): Uint8Array {
  const bytes = new Uint8Array(item === "text" ? size - 4 : size).fill(97);
  if (item === "text") return framed(framed(bytes));
  const header = joined(number(0), number(1), number(2), text("camera"));
  return framed(
    header,
    number(1),
    number(size),
    text("mono8"),
    Uint8Array.of(0),
    number(size),
    framed(bytes),
  );
}

/** Takes from a connection the header with which it begins, and hands over what follows it. */
function afterHeader(
  socket: Socket,
  begin: (header: ReadonlyMap<string, string>) => (chunk: Uint8Array) => void,
): void {
  let before = new Uint8Array();
  const take = (chunk: Uint8Array): void => {
    before = joined(before, chunk) as typeof before;
    if (before.length < 4) return;
    const end = 4 + new DataView(before.buffer).getUint32(0, true);
    if (before.length < end) return;
    socket.off("data", take);
    const next = begin(readHeader(before.subarray(4, end)));
    socket.on("data", next);
    if (before.length > end) next(before.subarray(end));
  };
  socket.on("data", take);
  socket.on("error", () => {});
}

async function publish(): Promise<void> {
  const sockets: Record<RosItem, Set<Socket>> = {
    text: new Set(),
    image: new Set(),
  };
  const server = createServer({ noDelay: true }, (socket) => {
    afterHeader(socket, (header) => {
      const item = header.get("topic") === topic("image") ? "image" : "text";
      socket.write(
        writeHeader({
          callerid: caller,
          topic: topic(item),
          type: types[item],
          md5sum: sums[item],
          latching: "0",
        }),
      );
      sockets[item].add(socket);
      socket.on("close", () => sockets[item].delete(socket));
      return () => {};
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const slave = new XmlServer({
    requestTopic: () => [1, "", ["TCPROS", host, port]],
  });
  const address = `http://${host}:${await slave.listen(host, 0)}/`;
  for (const item of items) {
    await callXml(master, "registerPublisher", [
      caller,
      topic(item),
      types[item],
      address,
    ]);
  }
  answer({
    async send(item: RosItem, size: number, count: number, turn: number) {
      const one = message(item, size);
      const many = joined(
        ...Array.from({ length: Math.min(turn, count) }, () => one),
      );
      for (const socket of sockets[item]) {
        for (let sent = 0; sent < count; sent += turn) {
          if (
            !socket.write(
              many.subarray(0, Math.min(turn, count - sent) * one.length),
            )
          ) {
            await new Promise((resolve) => socket.once("drain", resolve));
          }
        }
      }
    },
  });
}

/** What counts frames in chunks. */
function frameCounter(came: () => void): (chunk: Uint8Array) => void {
  let [left, head, filled] = [0, 0, 0];
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const step = Math.min(left, chunk.length - at);
        left -= step;
        at += step;
      } else {
        head |= chunk[at++]! << (8 * filled++);
        if (filled < 4) continue;
        [left, head, filled] = [head, 0, 0];
      }
      if (left === 0 && filled === 0) came();
    }
  };
}

async function subscribe(): Promise<void> {
  const counter = new Counter();
  const known = new Set<string>();
  const read = async (item: RosItem, publisher: string): Promise<void> => {
    const key = `${item} ${publisher}`;
    if (known.has(key)) return;
    known.add(key);
    const [, , [, to, port]] = (await callXml(publisher, "requestTopic", [caller, topic(item), [[
      "TCPROS",
    ]]])) as [
      number,
      string,
      [string, string, number],
    ];
    const socket = connect({ host: to, port, noDelay: true });
    socket.write(
      writeHeader({
        callerid: caller,
        topic: topic(item),
        type: types[item],
        md5sum: sums[item],
        tcp_nodelay: "1",
      }),
    );
    afterHeader(socket, () => frameCounter(() => counter.came()));
  };
  const update = (item: RosItem, publishers: readonly string[]): void => publishers.forEach((publisher) => void read(item, publisher));
  const slave = new XmlServer({
    publisherUpdate: ([, of, publishers]) => {
      update(of === topic("image") ? "image" : "text", publishers as string[]);
      return [1, "", 0];
    },
  });
  const address = `http://${host}:${await slave.listen(host, 0)}/`;
  for (const item of items) {
    const [, , publishers] = (await callXml(master, "registerSubscriber", [
      caller,
      topic(item),
      types[item],
      address,
    ])) as [
      number,
      string,
      string[],
    ];
    update(item, publishers);
  }
  answer(counter.handlers);
}

await (role === "publish" ? publish() : subscribe());
