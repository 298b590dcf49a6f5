/** Masters and peers for the tests of the bridge: real ones, in processes of their own. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { it, onTestFinished } from "vitest";
import { createEngine, type Engine, type EngineConfig } from "pyros";
import type { BridgeHealth } from "pyros/ros";
import { own, startProgram } from "../conformance/runtimes.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { Session } from "../../systems/ros/rosbridge/session.ts";
import { RosbridgeServer, type ServerOptions } from "./rosbridge-server.ts";
import { RosMaster } from "../../systems/ros/master/master.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Whether Debian's ROS is installed: its master, its tools, and rospy. */
export const hasRos: boolean = existsSync("/usr/bin/rosmaster") &&
  spawnSync("/usr/bin/python3", ["-c", "import rospy, std_srvs, sensor_msgs, nav_msgs"]).status === 0;

export const howToGetRos =
  "ROS is missing: apt-get install --no-install-recommends ros-core python3-std-srvs python3-sensor-msgs python3-geometry-msgs python3-nav-msgs ros-nav-msgs python3-actionlib ros-actionlib-msgs";

export type MasterKind = "built-in" | "rosmaster";
export const masterKinds: readonly MasterKind[] = existsSync("/usr/bin/rosmaster") ? ["built-in", "rosmaster"] : ["built-in"];

/** What a bridge can reach a ROS graph by: a master, or a rosbridge server. */
export type GraphKind = MasterKind | "rosbridge";
export const graphKinds: readonly GraphKind[] = [...masterKinds, "rosbridge"];

/** A ROS graph for tests, which can be killed, and come back with an empty memory at the same address. */
export interface TestGraph {
  readonly address: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Calls a method of a master, or what does the same here. */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>;
  /** The nodes that publish a topic. */
  publishers(topic: string): Promise<string[]>;
  subscribers(topic: string): Promise<string[]>;
  /** The node that a bridge of that name is there. */
  node(name: string): string;
}

/** The environment of a process of ROS. */
export function rosEnvironment(master: string): NodeJS.ProcessEnv {
  const home = join(tmpdir(), `pyros-ros-${process.pid}`);
  return {
    ...process.env,
    PATH: ["/usr/bin", "/bin", process.env.PATH].join(delimiter),
    ROS_MASTER_URI: master,
    ROS_IP: "127.0.0.1",
    ROS_HOME: home,
    ROS_LOG_DIR: join(home, "log"),
    PYTHONUNBUFFERED: "1",
    PYTHONWARNINGS: "ignore",
  };
}

/** A master that can be killed, and come back with an empty memory at the same address. */
export class TestMaster implements TestGraph {
  readonly kind: MasterKind;
  port = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(kind: MasterKind) {
    this.kind = kind;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async start(): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const child = this.#child = this.kind === "rosmaster"
      ? spawn("/usr/bin/python3", ["/usr/bin/rosmaster", "--core", "-p", String(this.port)], {
        env: rosEnvironment(this.address),
        stdio: "ignore",
      })
      : startProgram(process.execPath, own, new URL("./master-program.ts", import.meta.url), String(this.port));
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve()));
    await until("the master answers", () => callXml(this.address, "getPid", ["/test"], { timeout: 500 }).then(() => true, () => false));
  }

  async kill(): Promise<void> {
    if (this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.#child.pid, "SIGKILL");
    }
    await this.#ended;
  }

  call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    return callXml(this.address, method, ["/test", ...params]);
  }

  node(name: string): string {
    return name;
  }

  /** The nodes that publish a topic, as the master knows them. */
  async publishers(topic: string): Promise<string[]> {
    return this.#nodes(0, topic);
  }

  async subscribers(topic: string): Promise<string[]> {
    return this.#nodes(1, topic);
  }

  async #nodes(shelf: number, topic: string): Promise<string[]> {
    const [, , state] = (await this.call("getSystemState")) as [number, string, [string, string[]][][]];
    return state[shelf]!.find(([name]) => name === topic)?.[1] ?? [];
  }
}

/** A rosbridge server that ends with the test. */
export class TestRosbridge implements TestGraph {
  #port = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  get address(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const child = this.#child = startProgram(process.execPath, own, new URL("./rosbridge-program.ts", import.meta.url), String(this.#port));
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve()));
    await until("the server answers", () => this.#rosapi("topics").then(() => true, () => false));
  }

  async kill(): Promise<void> {
    if (this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.#child.pid, "SIGKILL");
    }
    await this.#ended;
  }

  async call(method: string, name: string, value?: unknown): Promise<unknown> {
    if (method === "setParam") await this.#rosapi("set_param", { name, value: JSON.stringify(value) });
    if (method === "deleteParam") await this.#rosapi("delete_param", { name });
    if (method !== "getParam") return [1, "", 0];
    const found: unknown = JSON.parse((await this.#rosapi("get_param", { name, default: "null" })).value as string);
    return [found === null ? -1 : 1, "", found];
  }

  async publishers(topic: string): Promise<string[]> {
    return (await this.#rosapi("publishers", { topic })).publishers as string[];
  }

  async subscribers(topic: string): Promise<string[]> {
    return (await this.#rosapi("subscribers", { topic })).subscribers as string[];
  }

  node(): string {
    return "/rosbridge_websocket";
  }

  async #rosapi(service: string, args: object = {}): Promise<Record<string, unknown>> {
    const none = (): void => {};
    const events = { onPublish: none, onCall: none, onStatus: none, onGarbage: none };
    const session = await Session.open(this.address, events, AbortSignal.timeout(5000));
    try {
      return (await session.call(`/rosapi/${service}`, JSON.stringify(args), AbortSignal.timeout(5000))).values as Record<string, unknown>;
    } finally {
      await session.close();
    }
  }
}

/** A graph that ends with the test. */
export async function startGraph(kind: GraphKind): Promise<TestGraph> {
  if (kind !== "rosbridge") return startMaster(kind);
  const server = new TestRosbridge();
  onTestFinished(() => server.kill());
  await server.start();
  return server;
}

/** A master that ends with the test. */
export async function startMaster(kind: MasterKind): Promise<TestMaster> {
  const master = new TestMaster(kind);
  onTestFinished(() => master.kill());
  await master.start();
  return master;
}

/** A master in this process that ends with the test: for what does not need a real one. */
export async function ownMaster(): Promise<string> {
  const master = new RosMaster();
  await master.open("127.0.0.1", 0);
  onTestFinished(() => master.close());
  return `http://127.0.0.1:${master.port}/`;
}

/** A rosbridge server in this process that ends with the test. */
export async function ownServer(options: ServerOptions = {}): Promise<RosbridgeServer> {
  const server = new RosbridgeServer({ types: [here("./types")], ...options });
  await server.open();
  onTestFinished(() => server.close());
  return server;
}

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const master = new RosMaster();
  await master.open("127.0.0.1", 0);
  await master.close();
  return master.port;
}

/** Starts an engine that ends with the test. */
export async function started(config: EngineConfig): Promise<Engine> {
  const engine = await createEngine(config, { base: new URL("./", import.meta.url) });
  onTestFinished(() => engine.close());
  return engine;
}

/** The entry of a bridge in a config. */
export function bridge(master: string, name: string, params: Record<string, unknown>): { use: string; params: Record<string, unknown> } {
  return { use: "pyros/ros", params: { master, name, host: "127.0.0.1", interval: 100, ...params } };
}

export async function healthOf(engine: Engine, name = "/ros"): Promise<BridgeHealth> {
  return (await engine.call(`${name}/health`)) as BridgeHealth;
}

/** Waits for a condition, 45 s at most, or `ms`. */
export async function until(what: string, condition: () => unknown, ms = 45_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

/** Starts a peer in Python, which ends with the test. */
export function startPeer(master: string, script: string, ...args: readonly string[]): RosProcess {
  return startRos(master, "/usr/bin/python3", here(`./peers/${script}`), ...args);
}

/** Starts a tool of ROS, which ends with the test. */
export function startTool(master: string, tool: string, ...args: readonly string[]): RosProcess {
  return startRos(master, "/usr/bin/python3", `/usr/bin/${tool}`, ...args);
}

function startRos(master: string, command: string, ...args: readonly string[]): RosProcess {
  return followed(spawn(command, args, { env: rosEnvironment(master), stdio: ["pipe", "pipe", "pipe"] }));
}

/** Starts a program of ROS that is no script, which ends with the test. */
export function startBinary(master: string, path: string, ...args: readonly string[]): RosProcess {
  return startRos(master, path, ...args);
}

/** Starts a peer in Python on another machine: what runs a command there, and the address that it has. */
export function startPeerIn(network: readonly string[], ip: string, master: string, script: string): RosProcess {
  const [command, ...args] = [...network, "/usr/bin/python3", here(`./peers/${script}`)];
  return followed(spawn(command!, args, { env: { ...rosEnvironment(master), ROS_IP: ip }, stdio: ["pipe", "pipe", "pipe"] }));
}

function followed(child: ChildProcessWithoutNullStreams): RosProcess {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (data: Buffer) => {
      const parts = (rest + data.toString()).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
    });
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  });
  return Object.assign(child, { lines });
}

/** A plain socket to a port, which ends with the test. */
export async function rawSocket(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return socket;
}

/** A folder that ends with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "pyros-ros-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process of ROS, with the lines that it has written. */
export type RosProcess = ChildProcess & { readonly lines: string[] };

const noCase = (): void => {};

/** `it`, for a case that does not exist in some graphs: what it is about cannot be there. */
export const unless = (isAbsent: boolean): (name: string, run: () => Promise<void>) => void => isAbsent ? noCase : it;
