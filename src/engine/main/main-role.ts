import { randomBytes } from "node:crypto";
import { LinkError, StateError } from "../../errors.ts";
import { ownRuntime } from "../../host/entry.ts";
import { StartLimit } from "../../host/start-limit.ts";
import type { Connection } from "../../link/connection.ts";
import { encodeZ85 } from "../../link/zmtp/curve/z85.ts";
import { usualInterval } from "../../peer/heartbeat.ts";
import { type Greeted, type Hello, hello, helloProblem, type JoinRequest, receive, type Reply, requestProblem } from "../../peer/hello.ts";
import { Hub, type Request } from "../../peer/hub.ts";
import type { Figures } from "../../peer/own-graph.ts";
import { MainLedger } from "../../peer/main-ledger.ts";
import { entries, kinds, type LedgerEntry, ownEntry, protocol } from "../../peer/messages.ts";
import type { Remote } from "../../peer/remote.ts";
import { verbs } from "../../peer/uplink.ts";
import { fromWire } from "../../peer/wire-error.ts";
import type { NodeNames } from "../../graph/scope.ts";
import type { ParamStep } from "../../param/tree.ts";
import { RemoteSubscriptions } from "./remote-subscriptions.ts";
import type { Bootstrap } from "../wire/bootstrap.ts";
import type { Core } from "../core/core.ts";
import { MainListener } from "./main-listener.ts";
import { Guests } from "./guests.ts";
import { Host, type HostHome } from "./host.ts";
import { RemoteNode, toHosted } from "./remote-node.ts";
import { Introductions, type Reach } from "./introductions.ts";
import { logHere } from "./log-relay.ts";
import type { Nodes } from "../core/nodes.ts";
import type { EnginePlan, HostSettings, PlannedNode } from "../core/plan.ts";
import type { NodeReport } from "../wire/node-report.ts";
import type { SimDriver } from "../sim/sim-driver.ts";
import { SimFollowers } from "../sim/sim-followers.ts";
import { SimWaits } from "../sim/sim-waits.ts";

const self = { name: "/" };

interface Arrival {
  readonly resolve: () => void;
  readonly promise: Promise<void>;
}

/** The main engine among others: it starts them, keeps the ledger, and introduces them to each other. */
export class MainRole implements HostHome {
  /** Lets only a few hosts start at a time. */
  readonly starts: StartLimit = new StartLimit();
  readonly #core: Core;
  readonly #plan: EnginePlan;
  readonly #sim: SimDriver | undefined;
  readonly #followers: SimFollowers | undefined;
  readonly #waits: SimWaits;
  readonly #hub: Hub;
  readonly #ledger: MainLedger;
  readonly #secret: string = randomBytes(32).toString("base64url");
  readonly #hosts: Map<string, Host> = new Map();
  readonly #hostOf: Map<Remote, Host> = new Map();
  readonly #arrivals: Map<number, Arrival> = new Map();
  readonly #introductions: Introductions = new Introductions((remote) => this.#reachOf(remote));
  readonly #accounts: RemoteSubscriptions;
  #engines = 0;
  #moves = 0;
  /** Whose write is being ordered, where it is another engine's. */
  #writer: { readonly engine: number; readonly after: Request["after"] } | undefined;
  readonly #listener: MainListener;
  readonly #guests: Guests;
  #closing = false;

  constructor(core: Core, plan: EnginePlan, sim: SimDriver | undefined, nodes: Nodes) {
    this.#core = core;
    this.#plan = plan;
    this.#sim = sim;
    this.#waits = new SimWaits(sim);
    this.#accounts = new RemoteSubscriptions(core.world);
    this.#listener = new MainListener(plan, (connection, key) => this.welcome(connection, key));
    this.#guests = new Guests({
      core,
      nodes,
      interval: plan.heartbeat ?? usualInterval[plan.clock],
      enter: (remote, greeted) => this.#enter(remote, greeted),
      drop: (remote, reason) => this.#forget(remote, reason, reason),
      inTurn: (run) => this.inTurn(run),
    });
    const hub = (this.#hub = new Hub(0, core.parts, (remote, request) => this.#answer(remote, request)));
    const ledger = (this.#ledger = new MainLedger(hub));
    core.params.onChange = (changes, revision) =>
      ledger.add(
        this.#writer?.engine ?? 0,
        [entries.params, changes.map(({ name, value, exists }) => (exists ? [name, value] : [name])), revision],
        this.#writer?.after,
      );
    hub.onTold = (remote, verb, args) => this.#told(remote, verb, args);
    hub.onLost = (remote, reason) => void this.#linkLost(remote, reason);
    if (sim !== undefined) this.#followers = sim.followers = new SimFollowers(hub, () => core.clock.now());
    ledger.onAdd = () => this.#followers?.touch();
    hub.onAnswer = (remote) => this.#followers?.touch(remote);
    hub.open(ledger);
  }

  /** The host of that name; it is made, and not started yet, where there is none. */
  host(settings: HostSettings): Host {
    let host = this.#hosts.get(settings.name);
    if (host === undefined) this.#hosts.set(settings.name, host = new Host(this, settings, this.#core.logger("/")));
    return host;
  }

  /** The node that stands here for one in a host; it is in the graph, and does not run yet. */
  node(names: NodeNames, planned: PlannedNode, settings: HostSettings): RemoteNode {
    return new RemoteNode(this.#core, names, planned.definition, toHosted(planned), this.host(settings));
  }

  /**
   * The node that stands here for one that is to come from another place, in a host of its own: it is not in the graph yet. There may be
   * another host of that name, in which the node still runs.
   */
  arriving(names: NodeNames, planned: PlannedNode, settings: HostSettings): RemoteNode {
    const key = `${settings.name} ${++this.#moves}`;
    const host = new Host(this, settings, this.#core.logger("/"));
    this.#hosts.set(key, host);
    host.onClosed = () => this.#hosts.delete(key);
    return new RemoteNode(this.#core, names, planned.definition, toHosted(planned), host, true);
  }

  /** Tells all engines of a node that moves, behind what was sent before. */
  announce(entry: LedgerEntry): Promise<void> {
    return this.inTurn(async () => this.#ledger.add(0, entry));
  }

  /**
   * Resolves when what any engine has said to some before has been delivered there; what the main engine has said to them is before
   * what it asks of them next. In simulated time, all engines have heard what they were told before, too.
   *
   * @param fresh an engine that has said nothing to anybody yet
   */
  async reach(ids: readonly number[], fresh?: number): Promise<void> {
    const asked: Promise<unknown>[] = [];
    const others = ids.filter((id) => id !== 0); // an answer to this engine is behind what was said to it
    for (const host of this.#hosts.values()) {
      const id = host.isUp ? host.remote?.peer.id : undefined;
      if (id === undefined) continue;
      if (this.#sim === undefined && (id === fresh || ids.every((other) => other === id))) continue;
      asked.push(host.ask("reach", others.filter((other) => other !== id)));
    }
    for (const { remote } of this.#guests.all()) asked.push(this.inTurn(() => remote.peer.ask<void>(self, "reach", [others])));
    await Promise.all(asked.map((reached) => reached.catch(() => {})));
  }

  /** An engine that is about to start. */
  newRemote(host: Host): Remote {
    const id = ++this.#engines;
    const remote = this.#hub.remote(id, host.settings.name);
    this.#hostOf.set(remote, host);
    let resolve!: () => void;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#arrivals.set(id, { resolve, promise });
    return remote;
  }

  /** Resolves when the engine of that number has come. */
  arrival(id: number): Promise<void> {
    return this.#arrivals.get(id)!.promise;
  }

  /** An engine in a host has gone, or never came. */
  dropRemote(remote: Remote, reason: Error): void {
    const host = this.#hostOf.get(remote);
    if (host === undefined) return;
    this.#hostOf.delete(remote);
    this.#arrivals.delete(remote.peer.id);
    this.#forget(remote, reason, host.closing ? undefined : reason);
  }

  /** @param loss why, where nobody wanted that */
  #forget(remote: Remote, reason: Error, loss: Error | undefined): void {
    this.#accounts.forget(remote);
    this.#introductions.forget(remote.peer.id);
    this.#ledger.leave(remote, reason.message);
    this.#followers?.remove(remote, loss);
    this.#sim?.wake();
  }

  /** Lets engines join that this one has not started. */
  async open(): Promise<void> {
    const tcp = await this.#listener.publish({
      pyros: protocol,
      graph: this.#core.graph,
      codec: this.#hub.codec.name,
      secret: this.#secret,
    });
    if (tcp !== undefined) this.#core.logger("/").info("engines can join at {tcp}", { tcp });
  }

  /** What an engine is started with. */
  async bootstrap(engine: number, { placement, runtime = ownRuntime }: HostSettings): Promise<Omit<Bootstrap, "modules">> {
    const { rate, clock, seed, development, wire } = this.#plan;
    const { codecSource: codec } = wire;
    // libzmq can be had in processes of Node only; the others speak with it all the same.
    const link = placement === "thread" || runtime === "deno" ? "zmtp" : wire.link;
    const bootstrap = { graph: this.#core.graph, engine, secret: this.#secret, codec, link, rate, clock, seed, development };
    // A thread has ports to others; only engines that join from outside need more.
    if (placement === "thread" && !this.#listener.isPublic) return bootstrap;
    const main = await this.#listener.open();
    const { far } = this.#listener;
    const listen = this.#listener.address(String(engine));
    return { ...bootstrap, ...(placement === "process" ? { main } : {}), listen, ...(far === undefined ? {} : { far }) };
  }

  /** Ms between two looks whether a host still runs; false for none. */
  heartbeat({ heartbeat }: HostSettings): number | false {
    return heartbeat ?? this.#plan.heartbeat ?? usualInterval[this.#plan.clock];
  }

  /** The folder of the sockets, once there is one. */
  get folder(): string | undefined {
    return this.#listener.folder;
  }

  /**
   * Somebody has connected, and says who it is.
   *
   * @param key the public key that it has proved to have, where it may be on another machine
   */
  async welcome(connection: Connection, key?: Uint8Array): Promise<void> {
    const { rate, seed, development } = this.#plan;
    const own = hello(this.#core.graph, 0, this.#secret, this.#hub.codec.name);
    let guest = 0;
    const answer = (told: Partial<Hello & JoinRequest> | undefined): Reply => {
      if (told?.join === undefined) return helloProblem(told, own) ?? own;
      const problem = requestProblem(told, own, key !== undefined) ?? this.#refusal();
      return problem ?? { ...own, you: guest = ++this.#engines, rate, seed, development };
    };
    let greeted: Greeted<Hello & JoinRequest>;
    try {
      greeted = await receive<Hello & JoinRequest>(connection, answer);
    } catch (error) {
      return this.#core.logger("/").warn("a link was refused: {error}", { error });
    }
    const { engine, join } = greeted.hello;
    if (guest > 0) {
      if (this.#closing) return connection.destroy();
      if (key !== undefined) this.#introductions.knows(guest, undefined, encodeZ85(key));
      return this.#guests.arrive(this.#hub.remote(guest, join), greeted, key !== undefined);
    }
    const arrival = this.#arrivals.get(engine);
    const remote = this.#hub.remotes.get(engine);
    if (arrival === undefined || remote === undefined || remote.peer.connected) return connection.destroy();
    this.#enter(remote, greeted);
    arrival.resolve();
  }

  /** Why nobody can join. */
  #refusal(): string | undefined {
    if (this.#closing) return "the graph is closing";
    return this.#sim === undefined
      ? undefined
      : 'the graph runs in simulated time (clock: "sim"), which its main engine moves for all: only engines that it has started can be in it';
  }

  /** An engine is in the graph from now on. */
  #enter(remote: Remote, greeted: Greeted<Pick<Hello, "files">>): void {
    remote.peer.attach(greeted);
    this.#ledger.add(remote.peer.id, [entries.engine, remote.peer.name]);
    this.#ledger.join(remote);
    this.#followers?.add(remote);
  }

  /** Resolves when all that was sent before, by any engine, has been delivered. */
  async flush(): Promise<void> {
    const hosts = [...this.#hosts.values()].filter((host) => host.isUp).map((host) => host.ask("flush"));
    const guests = Array.from(this.#guests.all(), ({ remote }) => this.inTurn(() => remote.peer.ask<void>(self, "flush", [])));
    await Promise.all([this.#hub.flush(), ...[...hosts, ...guests].map((flushed) => flushed.catch(() => {}))]);
  }

  /** Says something behind what was sent before: a node that is to stop gets the calls that are on their way to it. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const { dispatcher } = this.#core;
    if (dispatcher.simulated) return run();
    return new Promise((resolve, reject) => dispatcher.send({ sender: self, deliver: () => void run().then(resolve, reject) }));
  }

  /** Something was asked of an engine. */
  touch(remote: Remote): void {
    this.#followers?.touch(remote);
  }

  /** Ends all hosts, lets go of all guests, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
    this.#guests.close();
    await this.#listener.close();
  }

  #answer(remote: Remote, { verb, args, sender: { name: sender }, after, ordered }: Request): unknown {
    const { params } = this.#core;
    const { id } = remote.peer;
    switch (verb) {
      case verbs.enter:
        return this.#ledger.add(id, ownEntry(args[0]), after);
      case verbs.set: {
        this.#writer = { engine: id, after };
        const expect = args[1] as Record<string, number> | undefined;
        const kept = params.orderFrom(
          { name: sender, ended: undefined },
          args[0] as ParamStep[],
          expect === undefined ? undefined : { expect },
        );
        ordered();
        return kept;
      }
      case verbs.declare:
        return params.declare(this.#guests.declarer(remote, sender), args[0] as string, args[1], args[2] as object, args[3]);
      case verbs.undeclare:
        return params.undeclare(this.#guests.declarer(remote, sender));
      case verbs.reserve:
        return this.#guests.reserve(remote, args[0], args[1]);
      case "flushed":
        return undefined;
      case "sim-settle":
        return this.#sim?.settle();
      case "sim-wait":
        return this.#waits.wait(id, args[0], args[1] as number);
      case verbs.introduce:
        return this.#introduce(remote, args[0] as number);
      default:
        throw new StateError(`the main engine knows nothing of ${verb}`);
    }
  }

  #introduce(one: Remote, id: number): Promise<void> {
    const other = this.#hub.remotes.get(id);
    if (other === undefined) throw new LinkError(`engine ${id} has gone`);
    return this.#introductions.make(one, other);
  }

  #reachOf(remote: Remote): Reach {
    const host = this.#hostOf.get(remote);
    const away = this.#guests.of(remote)?.away === true;
    return host?.settings.placement === "thread" ? { away, hand: (port) => host.hand(port) } : { away };
  }

  #told(remote: Remote, verb: string, args: readonly unknown[]): void {
    if (verb === "log") logHere(args);
    if (verb === "checkpoint") {
      this.#hostOf.get(remote)?.nodes.get(String(args[0]))?.checkpointed({ state: args[1] as object, version: Number(args[2]) });
    }
    if (verb === "sim-wake") this.#followers?.touch(remote);
    this.#waits.told(remote.peer.id, verb, args);
    if (verb === "subscribed") this.#accounts.subscribed(remote, args[0] as number, String(args[1]), String(args[2]));
    if (verb === "figures") this.#accounts.take(remote, args[0] as Figures);
    if (verb === "listening") this.#introductions.knows(remote.peer.id, String(args[0]), args[1] as string | undefined);
    if (verb === "leave") this.#guests.leaves(remote);
    if (verb === "left") this.#accounts.left(remote, args[0] as number);
    if (verb === "unmet") this.#hub.remotes.get(args[0] as number)?.peer.post([kinds.tell, "unmet", remote.peer.id, args[1]]);
    if (verb === "unmet" || verb === "unlinked") this.#introductions.unlinked(remote.peer.id, args[0] as number);
    if (verb !== "node") return;
    const [name, report] = args as [string, NodeReport];
    if (this.#guests.of(remote) !== undefined) return this.#guests.report(remote, name, report);
    const node = this.#hostOf.get(remote)?.nodes.get(name);
    node?.report({ ...report, ...(report.error === undefined ? {} : { error: fromWire(report.error) }) });
  }

  async #linkLost(remote: Remote, reason: Error | undefined): Promise<void> {
    const host = this.#hostOf.get(remote);
    if (host === undefined) return this.#guests.lost(remote, reason);
    if (host.closing) return;
    await host.linkLost(reason === undefined ? "has closed its link" : `lost its link (${reason.message})`);
  }
}
