/** A node of ROS on @foxglove/ros1 as it comes. Arguments: see `lib/ros-play.ts`. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { name, play, role } from "../lib/ros-play.ts";
import { root } from "../lib/runtime.ts";

interface Subscription {
  on(event: "message", take: (message: never) => void): unknown;
}

interface Node {
  start(): Promise<void>;
  subscribe(options: object): Subscription;
  advertise(options: object): Promise<unknown>;
  publish(topic: string, message: unknown): Promise<void>;
}

const require = createRequire(join(root, "bench/package.json"));
const { RosNode } = require("@foxglove/ros1") as {
  RosNode: new (options: object) => Node;
};
const { TcpServerNode, TcpSocketNode } = require("@foxglove/ros1/nodejs") as {
  TcpServerNode: { Listen(options: object): Promise<unknown> };
  TcpSocketNode: { Create: unknown };
};
const { HttpServerNodejs } = createRequire(require.resolve("@foxglove/ros1"))(
  "@foxglove/xmlrpc/nodejs",
) as {
  HttpServerNodejs: new () => object;
};

const node = new RosNode({
  name: `/${name}_${role}_${process.pid}`,
  hostname: "127.0.0.1",
  pid: process.pid,
  rosMasterUri: process.env.ROS_MASTER_URI,
  httpServer: new HttpServerNodejs(),
  tcpSocketCreate: TcpSocketNode.Create,
  tcpServer: await TcpServerNode.Listen({ host: "127.0.0.1" }),
});
await node.start();

const rosmsg = (...words: string[]): string => spawnSync("/usr/bin/rosmsg", words, { encoding: "utf8" }).stdout.trim();

await play({
  subscribe: (topic, type, take) =>
    node.subscribe({ topic, dataType: type, tcpNoDelay: true }).on(
      "message",
      take,
    ),
  async advertise(topic, type) {
    await node.advertise({
      topic,
      dataType: type,
      messageDefinitionText: definition(type),
      md5sum: rosmsg("md5", type),
    });
    return (message) => node.publish(topic, message);
  },
});

/** The text of a type's definition, followed by those of its parts, as connections carry it. */
function definition(type: string): string {
  const line = "=".repeat(80);
  const own = rosmsg("show", "-r", type);
  return type === "sensor_msgs/Image" ? `${own}\n${line}\nMSG: std_msgs/Header\n${rosmsg("show", "-r", "std_msgs/Header")}` : own;
}
