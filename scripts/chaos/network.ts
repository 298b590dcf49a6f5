import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { holds } from "./conditions.ts";

/** The address of this machine, as the other one sees it. */
export const here = "10.77.0.1";
const there = "10.77.0.2";

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}

/** Another machine, as far as links can tell: a network of its own, with a cable to this one. */
export class Network {
  /** Keeps it. */
  readonly #holder: ChildProcess;
  /** What runs a command there. */
  readonly enter: readonly string[];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.enter = ["nsenter", "-t", String(holder.pid), "-n"];
  }

  /** Makes it, in a sandbox. */
  static async make(): Promise<Network> {
    // It ends with this program, however that ends.
    const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "ignore", "inherit"] });
    const networkOf = (pid: number | string): string => readlinkSync(`/proc/${pid}/ns/net`);
    await holds(() => networkOf(holder.pid!) !== networkOf("self"), 10_000);
    const network = new Network(holder);
    run("ip", "link", "set", "lo", "up");
    run("ip", "link", "add", "name", "near", "type", "veth", "peer", "name", "far", "netns", String(holder.pid));
    run("ip", "addr", "add", `${here}/24`, "dev", "near");
    run("ip", "link", "set", "near", "up");
    network.#ip("link", "set", "lo", "up");
    network.#ip("addr", "add", `${there}/24`, "dev", "far");
    network.cable("up");
    return network;
  }

  /** Plugs the cable in, or pulls it. */
  cable(state: "up" | "down"): void {
    this.#ip("link", "set", "far", state);
  }

  async end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#holder.once("exit", () => resolve()));
    this.#holder.stdin!.end();
    await ended;
  }

  #ip(...args: string[]): void {
    const [command, ...how] = this.enter;
    run(command!, ...how, "ip", ...args);
  }
}
