import { LinkError, StateError } from "../../errors.ts";
import type { Connection } from "../../link/connection.ts";
import { greet, type Greeted, type Hello, hello, helloProblem, receive } from "../../peer/hello.ts";
import { Hub } from "../../peer/hub.ts";
import { kinds } from "../../peer/messages.ts";
import type { Introduced, Peer } from "../../peer/peer.ts";
import type { Remote } from "../../peer/remote.ts";
import { type Uplink, verbs } from "../../peer/uplink.ts";
import { toWire } from "../../peer/wire-error.ts";
import type { GraphEvent } from "../../node/kernel.ts";
import type { MemberLinks } from "./member-links.ts";
import type { Bootstrap } from "../wire/bootstrap.ts";
import type { Core } from "../core/core.ts";
import type { NodeReport } from "../wire/node-report.ts";

const figuresAfter = 1500; // ms after which they are told unasked: where there are heartbeats, they go with the answer

const patience = 1000; // ms before an engine that could not be reached is looked for again: a stream has items all the time

const self = { name: "/" };

/** What a member does for the main engine. */
export interface Duties {
  /** Answers what the main engine asks; what it throws, or rejects with, goes back. */
  answer(verb: string, args: readonly unknown[]): unknown;
  /** Hears what the main engine tells. */
  told(verb: string, args: readonly unknown[]): void;
  /** What is known of a node here. */
  report(node: string): Pick<NodeReport, "status" | "lives"> | undefined;
  /** The main engine has gone. */
  orphaned(reason: Error | undefined): void;
}

/** An engine's place in a graph that another engine leads: its links, and what goes over them about itself. */
export class Membership {
  readonly hub: Hub;
  readonly #core: Core;
  readonly #hello: Hello;
  readonly #duties: Duties;
  readonly #links: MemberLinks;
  readonly #unlisten: () => void;
  #closing = false;
  /** Engines that could not be reached, and until when nobody tries again. */
  readonly #missed: Map<number, { readonly until: number; readonly why: string }> = new Map();
  #figures: ReturnType<typeof setTimeout> | undefined;
  #lastFigures = "";

  /**
   * @param place the engine's number, and what its hellos say
   * @param links where it listens for other engines
   */
  constructor(core: Core, place: Pick<Bootstrap, "graph" | "engine" | "secret">, duties: Duties, links: MemberLinks) {
    const { graph, engine, secret } = place;
    this.#core = core;
    this.#links = links;
    links.onConnection = (connection) => void this.accept(connection);
    this.#hello = hello(graph, engine, secret, core.codec.name);
    this.#duties = duties;
    const hub = (this.hub = new Hub(engine, core.parts, (remote, { verb, args }) => this.#answer(remote, verb, args)));
    hub.remote(0, "the main engine");
    hub.onNew = (remote) => this.#meet(remote);
    hub.onTold = (_remote, verb, args) => this.#told(verb, args);
    hub.onLost = (remote, reason) => this.#lost(remote, reason);
    this.#unlisten = core.listen((event) => this.#report(event));
  }

  /** What this engine says where it links. */
  get hello(): Hello {
    return this.#hello;
  }

  /** The main engine. */
  get main(): Peer {
    return this.hub.remote(0).peer;
  }

  /** What is done to params is asked of the main engine from now on, and what is in this engine is told to it. */
  open(uplink: Uplink): void {
    this.#core.params.elsewhere = uplink;
    for (const address of this.#links.addresses) this.main.post([kinds.tell, "listening", ...address]);
    this.hub.open(uplink);
  }

  /** The link to the main engine is there. */
  attach(greeted: Introduced): void {
    this.main.attach(greeted);
    this.hub.onBeat = () => this.tellFigures();
    this.tellFigures();
  }

  /** Another engine has connected. */
  accept(connection: Connection): Promise<void> {
    const own = this.#hello;
    return this.#welcome(receive<Hello>(connection, (told) => helloProblem(told, own) ?? own));
  }

  /** There is a link to another engine. */
  meet(connection: Connection): Promise<void> {
    return this.#welcome(greet(connection, this.#hello));
  }

  /** Leaves the graph: what was said before still goes out, unless it is of no use any more. */
  async leave(why: Error, destroy: boolean): Promise<void> {
    this.#closing = true;
    this.#unlisten();
    clearTimeout(this.#figures);
    for (const id of [...this.hub.remotes.keys()]) this.hub.drop(id, why, destroy);
    this.hub.close();
    await this.#links.close();
  }

  async #welcome(greeting: Promise<Greeted>): Promise<void> {
    try {
      const greeted = await greeting;
      if (this.#closing) greeted.connection.destroy();
      else this.hub.remote(greeted.hello.engine).peer.attach(greeted);
    } catch (error) {
      if (!this.#closing) this.#core.logger("/").warn("a link was refused: {error}", { error });
    }
  }

  /** Somebody here has something to say to an engine that there is no link to yet. */
  #meet(remote: Remote): void {
    const { id } = remote.peer;
    if (id === 0) return;
    const missed = this.#missed.get(id);
    if (missed !== undefined && performance.now() < missed.until) return queueMicrotask(() => this.hub.unmet(remote, missed.why));
    this.main.ask(self, verbs.introduce, [id]).catch((error: Error) => this.#unreachable(remote, error));
  }

  #unreachable(remote: Remote, error: Error): void {
    if (this.#closing) return;
    this.#missed.set(remote.peer.id, { until: performance.now() + patience, why: error.message });
    this.hub.unmet(remote, error.message);
  }

  async #connect(id: number, address: string, serverKey: string | undefined): Promise<void> {
    try {
      await this.meet(await this.#links.connect(address, serverKey));
    } catch (error) {
      if (this.#closing) return;
      this.#unreachable(this.hub.remote(id), error as Error);
      this.main.post([kinds.tell, "unmet", id, (error as Error).message]);
    }
  }

  #answer(remote: Remote, verb: string, args: readonly unknown[]): unknown {
    if (verb === "flushed") return undefined;
    if (verb === "flush") return this.hub.flush();
    if (verb === "reach") return this.hub.reach(args[0] as number[]);
    if (remote.peer.id !== 0) throw new StateError(`only the main engine may ask for ${verb}`);
    if (verb === "admit") return this.#links.admit(String(args[0]));
    return this.#duties.answer(verb, args);
  }

  #told(verb: string, args: readonly unknown[]): void {
    const [id, what, key] = args as [number, string, string | undefined];
    if (verb === "connect") void this.#connect(id, what, key);
    else if (verb === "unmet") this.#unreachable(this.hub.remote(id), new LinkError(what));
    else this.#duties.told(verb, args);
  }

  #lost(remote: Remote, reason: Error | undefined): void {
    if (this.#closing) return;
    if (remote.peer.id === 0) return this.#duties.orphaned(reason);
    this.main.post([kinds.tell, "unlinked", remote.peer.id]);
    remote.calls.end(new LinkError(`the link broke${reason === undefined ? "" : `: ${reason.message}`}`).message);
  }

  /** The graph's readers, in the main engine, see how streams fare everywhere. */
  tellFigures(): void {
    if (this.#closing) return;
    clearTimeout(this.#figures);
    this.#figures = setTimeout(() => this.tellFigures(), figuresAfter);
    this.#figures.unref();
    const figures = this.hub.own.figures();
    const text = JSON.stringify(figures);
    if (text === this.#lastFigures) return;
    this.#lastFigures = text;
    this.main.post([kinds.tell, "figures", figures]);
  }

  #report({ type, node, error, delay }: GraphEvent): void {
    const { status, lives } = this.#duties.report(node) ?? { status: "stopped", lives: 0 };
    const report = {
      type,
      status,
      lives,
      ...(error === undefined ? {} : { error: toWire(error) }),
      ...(delay === undefined ? {} : { delay }),
    };
    this.main.post([kinds.tell, "node", node, report]);
  }
}
