import { StateError } from "../../errors.ts";
import type { Connection } from "../../link/connection.ts";
import { greet } from "../../peer/hello.ts";
import { kinds } from "../../peer/messages.ts";
import { Uplink } from "../../peer/uplink.ts";
import { toWire } from "../../peer/wire-error.ts";
import type { Checkpoint } from "../../node/checkpoints.ts";
import type { NodeSnapshot } from "../../node/snapshot.ts";
import { MemberLinks } from "./member-links.ts";
import type { Bootstrap, HostedNode } from "../wire/bootstrap.ts";
import { ChildLogs } from "./child-logs.ts";
import type { LogLevels } from "../wire/log-record.ts";
import type { Core } from "../core/core.ts";
import { type Duties, Membership } from "./membership.ts";
import type { SimFollower, SimMain } from "../sim/sim-follower.ts";
import { simVerbs } from "../wire/sim-report.ts";
import type { HostedNodes } from "./hosted-nodes.ts";
import type { NodeReport } from "../wire/node-report.ts";

const self = { name: "/" };

/** Brings a thread the links to others. */
export interface Introductions {
  /** Begins to, and gives each of them. */
  start(onLink: (connection: Connection) => void): void;
  close(): void;
}

/** An engine in a thread or process, among others: the main engine tells it what to run, and orders what it does to the graph. */
export class ChildRole implements Duties {
  readonly kind = "child";
  readonly #core: Core;
  readonly #bootstrap: Bootstrap;
  readonly #hosted: HostedNodes;
  readonly #follower: SimFollower | undefined;
  readonly #membership: Membership;
  readonly #logs: ChildLogs;
  readonly #links: MemberLinks;
  #introductions: Introductions | undefined;
  /** Is told when the main engine has gone. */
  onOrphaned: (reason: Error | undefined) => void = () => {};

  constructor(core: Core, bootstrap: Bootstrap, hosted: HostedNodes, follower: SimFollower | undefined) {
    this.#core = core;
    this.#bootstrap = bootstrap;
    this.#hosted = hosted;
    this.#follower = follower;
    this.#links = new MemberLinks(bootstrap.link);
    const { main } = (this.#membership = new Membership(core, bootstrap, this, this.#links));
    this.#logs = new ChildLogs(main);
    core.onCheckpoint = (node, { state, version }) => main.post([kinds.tell, "checkpoint", node, state, version]);
  }

  /**
   * Joins the graph.
   *
   * @param link the way to the main engine
   * @param introductions brings the ways to other threads
   */
  async join(link: Connection, introductions?: Introductions): Promise<void> {
    const membership = this.#membership;
    const greeting = greet(link, membership.hello);
    // The main engine hears of this one before they are there: it watches it then, should one of them hang.
    void this.#hosted.prepare(this.#bootstrap.modules);
    const { listen, far } = this.#bootstrap;
    if (listen !== undefined) await this.#links.near(listen);
    if (far !== undefined) await this.#links.far(`tcp://${far}:*`);
    const { main } = membership;
    this.#follower?.join(membership.hub, this.#simMain());
    membership.open(
      new Uplink(this.#core.dispatcher, main, (error) => this.#core.logger("/").error("the main engine refused: {error}", { error })),
    );
    this.#introductions = introductions;
    introductions?.start((connection) => void membership.meet(connection));
    membership.attach(await greeting);
  }

  /** Leaves the graph. */
  async close(): Promise<void> {
    this.#introductions?.close();
    await this.#membership.leave(new StateError("the engine has closed"), false);
  }

  #simMain(): SimMain {
    const { main } = this.#membership;
    let waits = 0;
    return {
      wake: () => main.post([kinds.tell, "sim-wake"]),
      follow: (to, leap) => main.post([kinds.tell, "sim-follow", to, leap]),
      settle: () => main.ask(self, "sim-settle", []),
      tellFigures: () => this.#membership.tellFigures(),
      wait: (ms) => {
        const id = ++waits;
        return { over: main.ask<void>(self, "sim-wait", [id, ms]).catch(() => {}), end: () => main.post([kinds.tell, "sim-waited", id]) };
      },
    };
  }

  answer(verb: string, args: readonly unknown[]): unknown {
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
      case "prepare":
      case "proceed":
        return hosted.movable(name)[verb]();
      case "take":
        return hosted.movable(name).take().then(({ problem, ...rest }) =>
          problem === undefined ? rest : { ...rest, problem: toWire(problem) }
        );
      case "quiet":
        return hosted.movable(name).quiet(args[1] as number);
      case "begin":
        return hosted.movable(name).begin(args[1] as NodeSnapshot);
      case "close":
        return hosted.close();
      case simVerbs.report:
      case simVerbs.round:
      case simVerbs.advance:
      case simVerbs.frame:
      case simVerbs.figures:
        return this.#follower?.answer(verb, args);
      default:
        throw new StateError(`an engine in a thread or process knows nothing of ${verb}`);
    }
  }

  /** Answers when nothing of an earlier life is to be seen in the graph any more. */
  async #settled(done: Promise<void>): Promise<void> {
    await done;
    await this.#membership.hub.own.settled();
  }

  told(verb: string, args: readonly unknown[]): void {
    if (verb === "log-levels") this.#logs.configure(args[0] as LogLevels);
  }

  report(node: string): Pick<NodeReport, "status" | "lives"> | undefined {
    return this.#hosted.report(node);
  }

  orphaned(reason: Error | undefined): void {
    this.onOrphaned(reason);
  }
}
