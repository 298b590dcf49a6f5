import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Logger } from "@logtape/logtape";
import { HostError } from "../../errors.ts";
import { leastPermissions } from "../../host/command.ts";
import type { HostSettings } from "../core/plan.ts";
import { childProgram } from "../../host/entry.ts";
import type { HostExit, HostHandle } from "../../host/handle.ts";
import { startProcess } from "../../host/process-host.ts";
import type { StartLimit } from "../../host/start-limit.ts";
import { startThread } from "../../host/thread-host.ts";
import type { Connection, Port } from "../../link/connection.ts";
import { PortConnection } from "../../link/port.ts";
import type { Checkpoint } from "../../node/checkpoints.ts";
import { Heartbeat } from "../../peer/heartbeat.ts";
import type { Remote } from "../../peer/remote.ts";
import { settlesWithin } from "../../time/settles-within.ts";
import type { Bootstrap, HostedNode } from "../wire/bootstrap.ts";
import type { NodeReport } from "../wire/node-report.ts";
import { LogRelay } from "./log-relay.ts";

/** What a host needs of the main engine. */
export interface HostHome {
  /** Lets only a few hosts start at a time. */
  readonly starts: StartLimit;
  /** The folder of the sockets, once there is one. */
  readonly folder: string | undefined;
  /** An engine that is about to start. */
  newRemote(host: Host): Remote;
  /** What an engine is started with. */
  bootstrap(engine: number, settings: HostSettings): Promise<Omit<Bootstrap, "modules">>;
  /** Somebody has connected, and says who it is. */
  welcome(connection: Connection): Promise<void>;
  /** Resolves when the engine of that number has come. */
  arrival(id: number): Promise<void>;
  /** Ms between two looks whether a host still runs; false for none. */
  heartbeat(settings: HostSettings): number | false;
  /** Says something behind what was sent before. */
  inTurn<T>(run: () => Promise<T>): Promise<T>;
  /** Something was asked of an engine. */
  touch(remote: Remote): void;
  /** An engine in a host has gone, or never came. */
  dropRemote(remote: Remote, reason: Error): void;
}

/** A node that runs in a host, as the main engine has it. */
export interface HostedHere {
  readonly hosted: HostedNode;
  /** The host tells what has happened to it. */
  report(report: NodeReport): void;
  /** The host tells of a copy of its state. */
  checkpointed(checkpoint: Checkpoint): void;
  /**
   * The host has gone, and the node with it.
   *
   * @param reason why, in words that follow "it"
   * @param clean whether it has ended by itself, without an error
   * @param final whether it can never come again
   */
  hostLost(reason: string, clean: boolean, final: boolean): void;
}

const grace = 5000; // ms that an engine has to close
const arrivalPatience = 60_000; // ms that an engine has to come
const endPatience = 500; // ms between the end of a link and that of its engine, whichever comes first
const self = { name: "/" };

/** A thread or process that runs an engine for some nodes: started when it is needed, watched, and ended. */
export class Host {
  readonly settings: HostSettings;
  readonly nodes: Map<string, HostedHere> = new Map();
  /** Whether it is to end, and not to come again. */
  closing = false;
  /** Called when it has ended for good. */
  onClosed: () => void = () => {};
  readonly #home: HostHome;
  readonly #log: Logger;
  #starting: Promise<Remote> | undefined;
  #remote: Remote | undefined;
  /** Whether its engine knows its nodes. */
  #entered = false;
  #handle: HostHandle | undefined;
  #heartbeat: Heartbeat | undefined;
  #logs: LogRelay | undefined;
  /** Why it was cut off from the graph, while it is not dead yet. */
  #condemned: string | undefined;
  /** Why it can never be started again. */
  #stuck: string | undefined;
  /** Tells that nothing will come over the link any more. */
  #linkEnded: () => void = () => {};
  #introductions: Port | undefined;
  #closed: Promise<void> | undefined;

  constructor(home: HostHome, settings: HostSettings, log: Logger) {
    this.#home = home;
    this.settings = settings;
    this.#log = log;
  }

  /** Whether its engine runs, and can be asked for its nodes. */
  get isUp(): boolean {
    return this.#entered && this.#remote !== undefined && this.#condemned === undefined;
  }

  /** Whether it can never run again. */
  get stuck(): boolean {
    return this.#stuck !== undefined;
  }

  /** The engine in it. */
  get remote(): Remote | undefined {
    return this.#remote;
  }

  /** Starts it, where it does not run. */
  async up(): Promise<void> {
    if (this.#condemned !== undefined) await this.#handle?.exited; // never two of a node
    const { name } = this.settings;
    if (this.closing) throw new HostError(`the host ${name} is closing`);
    if (this.#stuck !== undefined) throw new HostError(`the host ${name} cannot be started again: the thread that it had ${this.#stuck}`);
    await (this.#starting ??= this.#start());
  }

  /** Asks its engine for something. */
  ask<T>(verb: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#remote === undefined) return Promise.reject(new HostError(`the host ${this.settings.name} does not run`));
    const { peer } = this.#remote;
    this.#home.touch(this.#remote);
    return this.#home.inTurn(() => peer.ask<T>(self, verb, args));
  }

  /** Asks its engine for something that it must be able to do within `ms` of real time: else it is cut off, and ended. */
  async askWithin(ms: number, verb: string, ...args: readonly unknown[]): Promise<void> {
    const asked = this.ask(verb, ...args);
    if (!(await settlesWithin(asked, ms))) await this.#cutOff(`did not ${verb} within ${ms / 1000} s, and was ended`);
    await asked.catch((error) => {
      if (this.isUp) throw error;
    });
  }

  /** Gives its engine, in a thread, one end of a channel to another thread; where there is none any more, the channel is closed. */
  hand(port: MessagePort): void {
    if (this.#introductions === undefined) port.close();
    else this.#introductions.postMessage({ port }, [port as never]);
  }

  /** Ends it: its engine closes first. */
  close(): Promise<void> {
    this.closing = true;
    return (this.#closed ??= this.#close().finally(() => this.onClosed()));
  }

  /** Its link broke: it is about to end by itself, or has to. */
  async linkLost(why: string): Promise<void> {
    this.#linkEnded();
    const handle = this.#handle;
    if (handle !== undefined && !(await settlesWithin(handle.exited, endPatience))) await this.#cutOff(`${why}, and was ended`);
  }

  /** It can no longer be trusted: it is cut off from the graph at once, and certainly dead before it comes again. */
  async #cutOff(why: string): Promise<void> {
    if (this.#condemned !== undefined) return;
    this.#condemned = why;
    this.#heartbeat?.stop();
    this.#linkEnded();
    if (this.#remote !== undefined) this.#home.dropRemote(this.#remote, new HostError(`${this.settings.name} ${why}`));
    await this.#handle?.kill();
  }

  async #start(): Promise<Remote> {
    const remote = this.#home.newRemote(this);
    try {
      const { over } = await this.#home.starts.run(() => this.#arrive(remote));
      this.#remote = remote;
      this.#logs = new LogRelay(remote.peer, () => this.nodes.keys());
      const interval = this.#home.heartbeat(this.settings);
      if (interval !== false) this.#heartbeat = new Heartbeat(remote.peer, interval, (ms) => void this.#silent(ms));
      await Promise.race([over, this.ask("enter", [...this.nodes.values()].map((node) => node.hosted))]);
      this.#entered = true;
      return remote;
    } catch (error) {
      this.#home.dropRemote(remote, error as Error);
      const handle = this.#handle;
      const exit = await handle?.kill();
      if (this.#handle === handle) this.#forget(exit); // only now may it be started again
      throw error;
    }
  }

  /** Starts it, and waits for its engine; returns a promise that rejects when it has ended. */
  async #arrive(remote: Remote): Promise<{ readonly over: Promise<never> }> {
    const { name, placement } = this.settings;
    if (this.closing) throw new HostError(`the host ${name} is closing`);
    const handle = this.#handle = placement === "thread" ? await this.#thread(remote) : await this.#process(remote);
    const linkEnd = new Promise<void>((resolve) => (this.#linkEnded = resolve));
    const over = handle.exited.then(async (exit): Promise<never> => {
      if (remote.peer.connected) await settlesWithin(linkEnd, endPatience); // what it said last still counts
      this.#lost(remote, exit);
      throw new HostError(`the host ${name} ended before it could be used: it ${exit.reason}`);
    });
    over.catch(() => {});
    const arrived = Promise.race([over, this.#home.arrival(remote.peer.id)]);
    if (!(await settlesWithin(arrived, arrivalPatience))) {
      throw new HostError(`the host ${name} did not come within ${arrivalPatience / 1000} s`);
    }
    await arrived;
    return { over };
  }

  #silent(ms: number): Promise<void> {
    return this.#cutOff(`did not answer for ${ms / 1000} s, and was ended`);
  }

  #forget(exit: HostExit | undefined): void {
    this.#heartbeat?.stop();
    this.#logs?.stop();
    this.#introductions?.close();
    this.#introductions = undefined;
    if (exit?.stuck === true) this.#stuck = exit.reason;
    this.#entered = false;
    this.#remote =
      this.#starting =
      this.#handle =
      this.#condemned =
        undefined;
  }

  async #bootstrap(remote: Remote): Promise<Bootstrap> {
    const bootstrap = await this.#home.bootstrap(remote.peer.id, this.settings);
    return { ...bootstrap, modules: [...new Set(Array.from(this.nodes.values(), ({ hosted }) => hosted.module))] };
  }

  async #thread(remote: Remote): Promise<HostHandle> {
    const { port1, port2 } = new MessageChannel();
    const { port1: hands, port2: takes } = new MessageChannel();
    this.#introductions = hands;
    hands.unref();
    const bootstrap = await this.#bootstrap(remote);
    const thread = startThread({
      entry: childProgram("thread"),
      bootstrap: { ...bootstrap, port: port2, introductions: takes },
      transfer: [port2, takes],
      title: this.settings.name,
      onLine: (line: string, stream: "stdout" | "stderr") => this.#line(line, stream),
    });
    void this.#home.welcome(new PortConnection(port1));
    return thread;
  }

  async #process(remote: Remote): Promise<HostHandle> {
    const bootstrap = await this.#bootstrap(remote);
    const { runtime, permissions, name } = this.settings;
    return startProcess({
      entry: childProgram("process"),
      bootstrap,
      title: name,
      ...(runtime === undefined ? {} : { runtime }),
      permissions: [...leastPermissions(this.#home.folder), ...(permissions ?? [])],
      onLine: (line: string, stream: "stdout" | "stderr") => this.#line(line, stream),
    });
  }

  #line(line: string, stream: "stdout" | "stderr"): void {
    process[stream].write(`${this.settings.name}: ${line}\n`);
  }

  #lost(remote: Remote, exit: HostExit): void {
    if (this.#remote !== remote) return;
    const reason = exit.stuck ? exit.reason : (this.#condemned ?? exit.reason);
    const clean = exit.code === 0 && exit.signal === null && this.#condemned === undefined;
    this.#forget(exit);
    if (!this.closing) this.#log.warn("the host {name} has ended: {reason}", { name: this.settings.name, reason });
    this.#home.dropRemote(remote, new HostError(`${this.settings.name} ${reason}`));
    for (const node of this.nodes.values()) node.hostLost(reason, clean, exit.stuck);
  }

  async #close(): Promise<void> {
    await this.#starting?.catch(() => {});
    const handle = this.#handle;
    if (handle === undefined) return;
    const closed = Promise.all([this.ask("close").catch(() => {}), handle.exited]);
    if (!(await settlesWithin(closed, grace))) await handle.kill();
    await handle.exited;
  }
}
