import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { holds } from "../chaos/conditions.ts";
import { commandOf } from "../chaos/lasting-program.ts";

const main = new URL("../../src/cli/main.ts", import.meta.url);

/** The built-in master, in a process of its own. */
export class Master {
  readonly address: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(host: string, port: number) {
    this.#port = port;
    this.address = `http://${host}:${port}/`;
  }

  async start(): Promise<void> {
    const [command, ...args] = commandOf(main, ["ros", "master", "--host", "*", "--port", String(this.#port)]);
    this.#child = spawn(command!, args, { stdio: ["ignore", "ignore", "inherit"] });
    if (!(await holds(() => this.answers(), 120_000))) throw new Error("the master does not answer");
  }

  /** Ends it, as a crash does: what it knew is lost. */
  async kill(): Promise<void> {
    const child = this.#child!;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(child.pid!, "SIGKILL");
    await ended;
  }

  /** Lets it stand still, and go on with what it knew. */
  stand(signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.#child!.pid!, signal);
  }

  answers(): Promise<boolean> {
    return callXml(this.address, "getPid", ["/soak"], { timeout: 2000 }).then(() => true, () => false);
  }

  async ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const [status, , value] = (await callXml(this.address, method, ["/soak", ...args])) as [number, string, unknown];
    return status === 1 ? value : undefined;
  }

  /** Whether it knows all of a node's parts. */
  async knows(bridge: string, name: string): Promise<boolean> {
    try {
      const state = (await this.ask("getSystemState")) as [string, string[]][][];
      const has = (shelf: number, what: string): boolean => state[shelf]!.some(([one, nodes]) => one === what && nodes.includes(bridge));
      return has(0, `${name}/tick`) && has(0, `${name}/count/result`) && has(2, `${name}/echo`);
    } catch {
      return false;
    }
  }
}
