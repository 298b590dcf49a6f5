import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Logger } from "@logtape/logtape";
import { HostError } from "../errors.ts";
import { leastPermissions } from "../host/command.ts";
import { startProcess } from "../host/process-host.ts";
import { startThread } from "../host/thread-host.ts";
import { PortConnection } from "../link/port.ts";
import type { Remote } from "../peer/remote.ts";
import type { Bootstrap } from "./bootstrap.ts";
import type { MainSeat } from "./main-seat.ts";
import type { RemoteNode } from "./remote-node.ts";

/** What a host is. */
export interface HostSettings {
  /** As people know it; a host of one node has the node's name. */
  readonly name: string;
  readonly placement: "thread" | "process";
  /** Which runtime a process runs; that of this process by default. */
  readonly runtime?: "node" | "deno";
  /** What a Deno process may do, as Deno's options. */
  readonly permissions?: readonly string[];
}

/** A thread or process of ours, while it runs. */
interface Housing {
  readonly exited: Promise<{ readonly reason: string; readonly code: number | null; readonly signal: string | null }>;
  kill(): Promise<unknown>;
}

const entry = new URL(`../child/main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const grace = 5000; // ms that an engine has to close
const self = { name: "/" };

/** A thread or process that runs an engine for some nodes: started when it is needed, watched, and ended. */
export class Host {
  readonly settings: HostSettings;
  readonly nodes: Map<string, RemoteNode> = new Map();
  /** Whether it is to end, and not to come again. */
  closing = false;
  /** Called when it has ended for good. */
  onClosed: () => void = () => {};
  readonly #seat: MainSeat;
  readonly #log: Logger;
  #starting: Promise<Remote> | undefined;
  #remote: Remote | undefined;
  #housing: Housing | undefined;
  #introductions: MessagePort | undefined;
  #closed: Promise<void> | undefined;

  constructor(seat: MainSeat, settings: HostSettings, log: Logger) {
    this.#seat = seat;
    this.settings = settings;
    this.#log = log;
  }

  /** Whether its engine can be spoken to. */
  get isUp(): boolean {
    return this.#remote !== undefined;
  }

  /** The engine in it. */
  get remote(): Remote | undefined {
    return this.#remote;
  }

  /** Starts it, where it does not run. */
  async up(): Promise<void> {
    if (this.closing) throw new HostError(`the host ${this.settings.name} is closing`);
    await (this.#starting ??= this.#start());
  }

  /** Asks its engine for something. */
  ask<T>(verb: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#remote === undefined) return Promise.reject(new HostError(`the host ${this.settings.name} does not run`));
    const { peer } = this.#remote;
    this.#seat.touch(this.#remote);
    return this.#seat.inTurn(() => peer.ask<T>(self, verb, args));
  }

  /** Gives its engine, in a thread, one end of a channel to another thread. */
  hand(port: MessagePort): void {
    this.#introductions?.postMessage({ port }, [port as never]);
  }

  /** Ends it: its engine closes first. */
  close(): Promise<void> {
    this.closing = true;
    return (this.#closed ??= this.#close().finally(() => this.onClosed()));
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#housing?.kill();
  }

  async #start(): Promise<Remote> {
    const remote = this.#seat.newRemote(this);
    const { id } = remote.peer;
    try {
      const housing = (this.#housing = this.settings.placement === "thread" ? await this.#thread(remote) : await this.#process(remote));
      const over = housing.exited.then(({ reason, code, signal }) => {
        this.#lost(remote, reason, code === 0 && signal === null);
        throw new HostError(`the host ${this.settings.name} ended before it could be used: ${reason}`);
      });
      over.catch(() => {});
      await Promise.race([over, this.#seat.arrival(id)]);
      this.#remote = remote;
      await Promise.race([over, this.ask("enter", [...this.nodes.values()].map((node) => node.hosted))]);
      return remote;
    } catch (error) {
      this.#starting = undefined;
      this.#remote = undefined;
      this.#seat.dropRemote(remote, error as Error);
      await this.#housing?.kill();
      throw error;
    }
  }

  async #thread(remote: Remote): Promise<Housing> {
    const { port1, port2 } = new MessageChannel();
    const { port1: hands, port2: takes } = new MessageChannel();
    this.#introductions = hands;
    hands.unref();
    const bootstrap = await this.#seat.bootstrap(remote.peer.id, this.settings);
    const thread = startThread({
      entry,
      bootstrap: { ...bootstrap, port: port2, introductions: takes },
      transfer: [port2, takes],
      title: this.settings.name,
      onLine: (line: string, stream: "stdout" | "stderr") => this.#line(line, stream),
    });
    this.#seat.welcome(new PortConnection(port1));
    return thread;
  }

  async #process(remote: Remote): Promise<Housing> {
    const bootstrap: Bootstrap = await this.#seat.bootstrap(remote.peer.id, this.settings);
    const { runtime, permissions, name } = this.settings;
    return startProcess({
      entry,
      bootstrap,
      title: name,
      ...(runtime === undefined ? {} : { runtime }),
      permissions: [...leastPermissions(this.#seat.folder), ...(permissions ?? [])],
      onLine: (line: string, stream: "stdout" | "stderr") => this.#line(line, stream),
    });
  }

  #line(line: string, stream: "stdout" | "stderr"): void {
    process[stream].write(`${this.settings.name}: ${line}\n`);
  }

  #lost(remote: Remote, reason: string, clean: boolean): void {
    if (this.#remote !== remote) return;
    this.#remote = this.#starting = this.#housing = undefined;
    this.#introductions?.close();
    if (!this.closing) this.#log.warn("the host {name} has ended: {reason}", { name: this.settings.name, reason });
    this.#seat.dropRemote(remote, new HostError(`${this.settings.name} ${reason}`));
    for (const node of this.nodes.values()) node.hostLost(reason, clean);
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => {});
    const housing = this.#housing;
    if (housing === undefined) return;
    const closed = Promise.all([this.ask("close").catch(() => {}), housing.exited]);
    if (!(await this.#seat.within(closed, grace))) await housing.kill();
    await housing.exited;
  }
}
