import type { MessagePort } from "node:worker_threads";
import { LinkError, StateError } from "../errors.ts";
import type { Connection, Listener, Port } from "../link/connection.ts";
import { linkOf } from "../link/links.ts";
import { PortConnection } from "../link/port.ts";
import { greet, hello } from "../peer/hello.ts";
import { Hub } from "../peer/hub.ts";
import { kinds } from "../peer/messages.ts";
import type { Peer } from "../peer/peer.ts";
import type { Remote } from "../peer/remote.ts";
import { Uplink, verbs } from "../peer/uplink.ts";
import { toWire } from "../peer/wire-error.ts";
import type { Checkpoint } from "../node/checkpoints.ts";
import type { GraphEvent } from "../node/kernel.ts";
import { type Bootstrap, type HostedNode, linkLimits } from "./bootstrap.ts";
import { ChildLogs, type LogLevels } from "./child-logs.ts";
import type { Core } from "./core.ts";
import type { SimFollower, SimMain } from "./sim-follower.ts";
import { simVerbs } from "./sim-followers.ts";
import type { HostedNodes } from "./hosted-nodes.ts";

const figuresEvery = 1000; // ms

const self = { name: "/" };

/** An engine in a thread or process, among others: the main engine tells it what to run, and orders what it does to the graph. */
export class ChildSeat {
  readonly #core: Core;
  readonly #bootstrap: Bootstrap;
  readonly #hosted: HostedNodes;
  readonly #follower: SimFollower | undefined;
  readonly #hub: Hub;
  readonly #logs: ChildLogs;
  #listener: Listener | undefined;
  #introductions: Port | undefined;
  #closing = false;
  #figures: ReturnType<typeof setInterval> | undefined;
  #lastFigures = "";
  /** Is told when the main engine has gone. */
  onOrphaned: (reason: Error | undefined) => void = () => {};

  constructor(core: Core, bootstrap: Bootstrap, hosted: HostedNodes, follower: SimFollower | undefined) {
    this.#core = core;
    this.#bootstrap = bootstrap;
    this.#hosted = hosted;
    this.#follower = follower;
    const hub = (this.#hub = new Hub(bootstrap.engine, core.parts, (_remote, { verb, args }) => this.#answer(verb, args)));
    this.#logs = new ChildLogs(hub.remote(0, "the main engine").peer);
    hub.onNew = (remote) => this.#meet(remote);
    hub.onTold = (_remote, verb, args) => this.#told(verb, args);
    hub.onLost = (remote, reason) => this.#lost(remote, reason);
    core.listen((event) => this.#report(event));
    core.onCheckpoint = (node, { state, version }) => hub.remote(0).peer.post([kinds.tell, "checkpoint", node, state, version]);
  }

  /**
   * Joins the graph.
   *
   * @param main the link to the main engine
   * @param introductions brings links to other threads
   */
  async join(main: Connection, introductions?: Port): Promise<void> {
    const greeting = greet(main, this.#hello);
    const { dispatcher, params } = this.#core;
    const { peer } = this.#hub.remote(0);
    const uplink = new Uplink(dispatcher, peer, (error) => this.#core.logger("/").error("the main engine refused: {error}", { error }));
    params.elsewhere = uplink;
    this.#follower?.join(this.#hub, this.#simMain(peer));
    this.#hub.open(uplink);
    if (this.#bootstrap.listen !== undefined) {
      const { listen } = await linkOf(this.#bootstrap.link);
      this.#listener = await listen(this.#bootstrap.listen, linkLimits, (connection) => void this.#welcome(connection));
    }
    this.#introductions = introductions;
    introductions?.on("message", ({ port }: { port: MessagePort }) => void this.#welcome(new PortConnection(port)));
    introductions?.unref();
    peer.attach(await greeting);
    this.#figures = setInterval(() => this.#tellFigures(peer), figuresEvery);
    this.#figures.unref();
  }

  /** The graph's readers, in the main engine, see how streams fare everywhere. */
  #tellFigures(main: Peer): void {
    const figures = this.#hub.own.figures();
    const text = JSON.stringify(figures);
    if (text === this.#lastFigures) return;
    this.#lastFigures = text;
    main.post([kinds.tell, "figures", figures]);
  }

  /** Leaves the graph. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#figures);
    await this.#listener?.close();
    this.#introductions?.close();
    for (const id of [...this.#hub.remotes.keys()]) this.#hub.drop(id, new StateError("the engine has closed"), false);
  }

  #simMain(main: Peer): SimMain {
    let waits = 0;
    return {
      wake: () => main.post([kinds.tell, "sim-wake"]),
      settle: () => main.ask(self, "sim-settle", []),
      wait: (ms) => {
        const id = ++waits;
        return { over: main.ask<void>(self, "sim-wait", [id, ms]).catch(() => {}), end: () => main.post([kinds.tell, "sim-waited", id]) };
      },
    };
  }

  get #hello() {
    const { graph, engine, secret } = this.#bootstrap;
    return hello(graph, engine, secret, this.#hub.codec.name);
  }

  async #welcome(connection: Connection): Promise<void> {
    try {
      const greeted = await greet(connection, this.#hello);
      this.#hub.remote(greeted.hello.engine).peer.attach(greeted);
    } catch (error) {
      this.#core.logger("/").warn("a link was refused: {error}", { error });
    }
  }

  /** Somebody here has something to say to an engine that there is no link to yet. */
  #meet(remote: Remote): void {
    const { id } = remote.peer;
    if (id === 0) return;
    const { peer } = this.#hub.remote(0);
    peer.ask(self, verbs.introduce, [id]).catch((error: Error) => this.#unreachable(remote, error));
  }

  #unreachable(remote: Remote, error: Error): void {
    if (!this.#closing) remote.calls.end(error.message);
  }

  async #connect(id: number, address: string): Promise<void> {
    try {
      const { connect } = await linkOf(this.#bootstrap.link);
      await this.#welcome(await connect(address, linkLimits));
    } catch (error) {
      this.#unreachable(this.#hub.remote(id), error as Error);
      this.#hub.remote(0).peer.post([kinds.tell, "unmet", id, (error as Error).message]);
    }
  }

  #answer(verb: string, args: readonly unknown[]): unknown {
    const hosted = this.#hosted;
    const [name] = args as [string];
    switch (verb) {
      case "enter":
        return hosted.enter(args[0] as HostedNode[]);
      case "start":
        return this.#settled(hosted.start(name, args[1] as Checkpoint | undefined));
      case "stop":
        return this.#settled(hosted.stop(name));
      case "remove":
        return this.#settled(hosted.remove(name));
      case "swap":
        return hosted.swap(name);
      case "close":
        return hosted.close();
      case "flush":
        return this.#hub.flush();
      case "flushed":
        return undefined;
      case simVerbs.report:
      case simVerbs.round:
      case simVerbs.advance:
      case simVerbs.frame:
        return this.#follower?.answer(verb, args);
      default:
        throw new StateError(`an engine in a thread or process knows nothing of ${verb}`);
    }
  }

  /** Answers when nothing of an earlier life is to be seen in the graph any more. */
  async #settled(done: Promise<void>): Promise<void> {
    await done;
    await this.#hub.own.settled();
  }

  #told(verb: string, args: readonly unknown[]): void {
    const [id, what] = args as [number, string];
    if (verb === "connect") void this.#connect(id, what);
    if (verb === "unmet") this.#unreachable(this.#hub.remote(id), new LinkError(what));
    if (verb === "log-levels") this.#logs.configure(args[0] as LogLevels);
  }

  #lost(remote: Remote, reason: Error | undefined): void {
    if (this.#closing) return;
    if (remote.peer.id === 0) return this.onOrphaned(reason);
    this.#hub.remotes.get(0)?.peer.post([kinds.tell, "unlinked", remote.peer.id]);
    remote.calls.end(new LinkError(`the link broke${reason === undefined ? "" : `: ${reason.message}`}`).message);
  }

  #report({ type, node, error, delay }: GraphEvent): void {
    const { peer } = this.#hub.remote(0);
    const { status, lives } = this.#hosted.report(node) ?? { status: "stopped", lives: 0 };
    const report = {
      type,
      status,
      lives,
      ...(error === undefined ? {} : { error: toWire(error) }),
      ...(delay === undefined ? {} : { delay }),
    };
    peer.post([kinds.tell, "node", node, report]);
  }
}
