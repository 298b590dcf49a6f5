/** Nodes of ROS that take part in the benches: each is a program of `bench/child` that plays a role on topics of its name. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RosMaster } from "../../systems/ros/master/master.ts";
import type { Entrant } from "./contest.ts";
import { type Program, startCommand, startProgram } from "./program.ts";
import { type Absent, absent } from "./question.ts";
import { root, script } from "./runtime.ts";

/** Whose client a node uses; `raw` is none: the other end for all of them, which is in nobody's way. */
export type RosKind =
  | "raw"
  | "pyros"
  | "rosnodejs"
  | "foxglove"
  | "rospy"
  | "roscpp";

/**
 * What a node does: sends and receives items, sends them back, measures that, provides or calls a service, or reads a hundred topics
 * or sends them.
 */
export type RosRole =
  | "publish"
  | "subscribe"
  | "ping"
  | "echo"
  | "serve"
  | "call"
  | "hundred"
  | "robot";

/** What an item is: a `std_msgs/String` of so many bytes on the wire, or a `sensor_msgs/Image` with so many bytes of data. */
export type RosItem = "text" | "image";

/** How others are called in tables. */
export const peerNames: Readonly<
  Record<Exclude<RosKind, "pyros" | "raw">, string>
> = {
  rosnodejs: "rosnodejs",
  foxglove: "@foxglove/ros1",
  rospy: "rospy",
  roscpp: "roscpp",
};

const packages = "g++ libroscpp-dev libstd-msgs-dev libsensor-msgs-dev ros-core python3-std-srvs python3-sensor-msgs ros-std-msgs " +
  "ros-sensor-msgs ros-std-srvs";

/** Why there can be no contest; undefined where ROS is here to take part. */
export function missingRos(): Absent | undefined {
  return existsSync("/usr/include/ros/ros.h") &&
      existsSync("/usr/include/sensor_msgs/Image.h") &&
      existsSync("/usr/bin/rosmaster")
    ? undefined
    : absent(
      `ROS is missing: apt-get install --no-install-recommends ${packages}`,
    );
}

/** A graph of ROS with its master, in which nodes are started that go with it. */
export class RosWorld {
  readonly #master: RosMaster = new RosMaster();
  readonly #programs: Program[] = [];
  readonly #folder: string = mkdtempSync(join(tmpdir(), "pyros-bench-ros-"));

  /** Starts the master. */
  static async open(): Promise<RosWorld> {
    const world = new RosWorld();
    await world.#master.open("127.0.0.1", 0);
    process.on(
      "exit",
      () => rmSync(world.#folder, { recursive: true, force: true }),
    );
    return world;
  }

  /**
   * Starts a node.
   *
   * @param name under which two nodes find each other's topics
   */
  async start(kind: RosKind, role: RosRole, name: string): Promise<Program> {
    const env = {
      ...process.env,
      ROS_MASTER_URI: `http://127.0.0.1:${this.#master.port}/`,
      ROS_IP: "127.0.0.1",
      ROS_HOME: this.#folder,
      ROS_LOG_DIR: join(this.#folder, "log"),
      ROS_PACKAGE_PATH: "/usr/share",
      PYTHONWARNINGS: "ignore",
    };
    const words = [role, name];
    const program = kind === "rospy"
      ? await startCommand(["/usr/bin/python3", [join(root, "bench/child/ros-rospy.py"), ...words]], env)
      : kind === "roscpp"
      ? await startCommand([compiled(), words], env)
      : await startProgram(script(`child/ros-${kind}`), words, kind === "rosnodejs" ? "node" : "own", env);
    this.#programs.push(program);
    return program;
  }

  async close(): Promise<void> {
    for (const program of this.#programs) await program.close();
    await this.#master.close();
  }
}

/** The path of the node in C++, which is compiled when it is needed first, or was changed. */
function compiled(): string {
  const [source, made] = [
    join(root, "bench/child/ros-roscpp.cpp"),
    join(root, ".cache/ros-roscpp"),
  ];
  const { status, stderr } = spawnSync("sh", [
    "-c",
    `mkdir -p "$(dirname "$2")"; [ "$2" -nt "$1" ] || g++ -O2 -o "$2" "$1" -lroscpp -lroscpp_serialization -lrosconsole -lrostime -lboost_thread -lpthread`,
    "sh",
    source,
    made,
  ], { encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`the node in C++ does not compile: ${stderr}`);
  }
  return made;
}

/** How items go. */
export interface Flow {
  readonly item: RosItem;
  /** Bytes of one, see {@link RosItem}. */
  readonly size: number;
  /** Items until all have arrived. */
  readonly burst: number;
  /** Items of one turn of the publisher's loop. */
  readonly turn: number;
  /** Items of a round, a multiple of `burst`. */
  readonly count: number;
}

/**
 * Items from one node to another, each on a processor of its own: where the system would put them is luck.
 *
 * @param sizes what a round measures, one after the other
 * @param way stands before the size in the names of values, which are items a second
 */
export async function flows(
  world: RosWorld,
  from: RosKind,
  to: RosKind,
  sizes: Readonly<Record<string, Flow>>,
  way: string,
): Promise<Entrant> {
  const name = `${from}_to_${to}`;
  const subscriber = await world.start(to, "subscribe", name);
  const publisher = await world.start(from, "publish", name);
  subscriber.bind(0);
  publisher.bind(1);
  for (const item of new Set(Object.values(sizes).map((flow) => flow.item))) {
    await connected(publisher, subscriber, item);
  }
  return {
    async run() {
      const rates: Record<string, number> = {};
      for (
        const [label, { item, size, burst, turn, count }] of Object.entries(
          sizes,
        )
      ) {
        const began = performance.now();
        for (let sent = 0; sent < count; sent += burst) {
          const arrived = subscriber.ask("expect", burst);
          await publisher.ask("send", item, size, burst, turn);
          await arrived;
        }
        rates[`${way}, ${label}`] = (count * 1000) /
          (performance.now() - began);
      }
      return rates;
    },
  };
}

/** Sends until something arrives, and then waits until all has that was sent. */
async function connected(
  publisher: Program,
  subscriber: Program,
  item: RosItem,
): Promise<void> {
  const before = await subscriber.ask<number>("seen");
  for (
    const end = performance.now() + 20_000;
    await subscriber.ask<number>("seen") === before;
  ) {
    if (performance.now() > end) throw new Error("they do not connect");
    await publisher.ask("send", item, 64, 1, 1);
    await pause(100);
  }
  // What was sent before they were connected may come late, or never.
  for (
    let seen = -1, now = 0;
    seen !== now;
    seen = now, now = await subscriber.ask<number>("seen")
  ) await pause(300);
  await subscriber.ask("reset");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls, or items there and back, between two nodes, each on a processor of its own: where the system would put them makes half of
 * the figure.
 *
 * @param asks measures
 * @param way stands before `p50` in the names of values, which are µs
 */
export async function rounds(
  world: RosWorld,
  asks: readonly [RosKind, RosRole],
  answers: readonly [RosKind, RosRole],
  count: number,
  way: string,
): Promise<Entrant> {
  const name = `${asks[0]}_asks_${answers[0]}`;
  const other = await world.start(...answers, name);
  const program = await world.start(...asks, name);
  other.bind(0);
  program.bind(1);
  return {
    async run() {
      const { p50, p99 } = await program.ask<{ p50: number; p99: number }>(
        "calls",
        count,
      );
      return { [`${way}, p50`]: p50, [`${way}, p99`]: p99 };
    },
  };
}
