import { randomBytes, randomUUID } from "node:crypto";
import { MessageChannel } from "node:worker_threads";
import { cbor } from "../codec/cbor.ts";
import { LinkError, StateError } from "../errors.ts";
import type { GraphFolder } from "../host/folder.ts";
import { enter, leave } from "../graph/world.ts";
import type { Connection, Listener } from "../link/connection.ts";
import { usualInterval } from "../peer/heartbeat.ts";
import { greet, hello } from "../peer/hello.ts";
import { Hub, type Request } from "../peer/hub.ts";
import type { Figures } from "../peer/own-graph.ts";
import { MainLedger } from "../peer/main-ledger.ts";
import { entries, kinds, type LedgerEntry } from "../peer/messages.ts";
import type { Remote } from "../peer/remote.ts";
import { verbs } from "../peer/uplink.ts";
import { fromWire } from "../peer/wire-error.ts";
import type { ParamStep } from "../param/tree.ts";
import { emptyCounts } from "../stream/counts.ts";
import type { SubscriptionEntry } from "../stream/streams.ts";
import { type Bootstrap, linkLimits } from "./bootstrap.ts";
import type { Core } from "./core.ts";
import { Host, type HostSettings } from "./host.ts";
import { logHere } from "./log-relay.ts";
import type { EnginePlan } from "./plan.ts";
import type { NodeReport } from "./remote-node.ts";
import type { SimDriver } from "./sim-driver.ts";
import { SimFollowers } from "./sim-followers.ts";

const self = { name: "/" };

interface Arrival {
  readonly resolve: () => void;
  readonly promise: Promise<void>;
}

/** The main engine among others: it starts them, keeps the ledger, and introduces them to each other. */
export class MainSeat {
  readonly #core: Core;
  readonly #plan: EnginePlan;
  readonly #sim: SimDriver | undefined;
  readonly #followers: SimFollowers | undefined;
  /** What engines wait for in simulated time, by engine and number. */
  readonly #waits: Map<string, () => void> = new Map();
  readonly #hub: Hub;
  readonly #ledger: MainLedger;
  readonly #graph: string = randomUUID();
  readonly #secret: string = randomBytes(32).toString("base64url");
  readonly #hosts: Map<string, Host> = new Map();
  readonly #hostOf: Map<Remote, Host> = new Map();
  readonly #arrivals: Map<number, Arrival> = new Map();
  readonly #introduced: Set<string> = new Set();
  /** Entities of subscriptions elsewhere, by engine and number. */
  readonly #subscriptions: Map<string, number> = new Map();
  #engines = 0;
  #moves = 0;
  /** Whose write is being ordered, where it is another engine's. */
  #writer: { readonly engine: number; readonly after: Request["after"] } | undefined;
  #folder: GraphFolder | undefined;
  #listening: Promise<Listener> | undefined;

  constructor(core: Core, plan: EnginePlan, sim: SimDriver | undefined) {
    this.#core = core;
    this.#plan = plan;
    this.#sim = sim;
    const hub = (this.#hub = new Hub(0, { ...core.parts, codec: cbor }, (remote, request) => this.#answer(remote, request)));
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

  /** A host for one node that comes to it; there may be another one of that name, in which the node still runs. */
  newHost(settings: HostSettings): Host {
    const key = `${settings.name} ${++this.#moves}`;
    const host = new Host(this, settings, this.#core.logger("/"));
    this.#hosts.set(key, host);
    host.onClosed = () => this.#hosts.delete(key);
    return host;
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
    for (const host of this.#hosts.values()) {
      const id = host.isUp ? host.remote?.peer.id : undefined;
      if (id === undefined) continue;
      const others = ids.filter((other) => other !== id);
      if (this.#sim === undefined && (id === fresh || others.length === 0)) continue;
      asked.push(host.ask("reach", others.filter((other) => other !== 0)).catch(() => {})); // its answer to this one is behind what it has said here
    }
    await Promise.all(asked);
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

  /** An engine has gone, or never came. */
  dropRemote(remote: Remote, reason: Error): void {
    const { id } = remote.peer;
    const host = this.#hostOf.get(remote);
    if (host === undefined) return;
    this.#hostOf.delete(remote);
    this.#arrivals.delete(id);
    for (const key of [...this.#subscriptions.keys()]) if (key.startsWith(`${id} `)) this.#left(key);
    for (const pair of this.#introduced) if (pair.split(" ").includes(String(id))) this.#introduced.delete(pair);
    this.#ledger.leave(remote, reason.message);
    this.#followers?.remove(remote, host.closing ? undefined : reason);
    this.#sim?.wake();
  }

  /** What an engine is started with. */
  async bootstrap(engine: number, { placement }: HostSettings): Promise<Bootstrap> {
    const { rate, clock, seed, development } = this.#plan;
    const bootstrap = { graph: this.#graph, engine, secret: this.#secret, codec: this.#hub.codec.name, rate, clock, seed, development };
    if (placement === "thread") return bootstrap;
    const { address } = await this.#listen();
    return { ...bootstrap, main: address, listen: this.#address(String(engine)) };
  }

  /** Ms between two looks whether a host still runs; false for none. */
  heartbeat({ heartbeat }: HostSettings): number | false {
    return heartbeat ?? this.#plan.heartbeat ?? usualInterval[this.#plan.clock];
  }

  /** The folder of the sockets, once there is one. */
  get folder(): string | undefined {
    return this.#folder?.path;
  }

  /** Somebody has connected, and says who it is. */
  welcome(connection: Connection): void {
    void greet(connection, hello(this.#graph, 0, this.#secret, this.#hub.codec.name)).then(
      (greeted) => {
        const { engine } = greeted.hello;
        const arrival = this.#arrivals.get(engine);
        const remote = this.#hub.remotes.get(engine);
        if (arrival === undefined || remote === undefined || remote.peer.connected) return connection.destroy();
        remote.peer.attach(greeted);
        this.#ledger.add(engine, [entries.engine, remote.peer.name]);
        this.#ledger.join(remote);
        this.#followers?.add(remote);
        arrival.resolve();
      },
      (error) => this.#core.logger("/").warn("a link was refused: {error}", { error }),
    );
  }

  /** Resolves when all that was sent before, by any engine, has been delivered. */
  async flush(): Promise<void> {
    const hosts = [...this.#hosts.values()].filter((host) => host.isUp);
    await Promise.all([this.#hub.flush(), ...hosts.map((host) => host.ask("flush").catch(() => {}))]);
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

  /** Waits for a promise, but not for longer than `ms` of real time; says whether it settled. */
  async within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
    const result = await Promise.race([promise.then(() => true, () => true), late]);
    clearTimeout(timer);
    return result;
  }

  /** Ends all hosts, and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
    await (await this.#listening?.catch(() => undefined))?.close();
    this.#folder?.remove();
  }

  #listen(): Promise<Listener> {
    return (this.#listening ??= this.#openListener());
  }

  async #openListener(): Promise<Listener> {
    const { makeFolder } = await import("../host/folder.ts");
    const { listenZmtp } = await import("../link/zmtp/listen.ts");
    this.#folder = makeFolder();
    return listenZmtp(this.#address("main"), linkLimits, (connection) => this.welcome(connection));
  }

  #address(socket: string): string {
    return `ipc://${this.#folder!.path}/${socket}.sock`;
  }

  #answer(remote: Remote, { verb, args, sender: { name: sender }, after, ordered }: Request): unknown {
    const { params } = this.#core;
    const { id } = remote.peer;
    switch (verb) {
      case verbs.enter:
        return this.#ledger.add(id, args[0] as LedgerEntry, after);
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
        return params.declare(sender, args[0] as string, args[1], args[2] as object, args[3]);
      case verbs.undeclare:
        return params.undeclare(sender);
      case "flushed":
        return undefined;
      case "sim-settle":
        return this.#sim?.settle();
      case "sim-wait":
        return this.#wait(`${id} ${String(args[0])}`, args[1] as number);
      case verbs.introduce:
        return this.#introduce(remote, args[0] as number);
      default:
        throw new StateError(`the main engine knows nothing of ${verb}`);
    }
  }

  /** Makes the way between two engines: the one connects to the other, or both get an end of a channel. */
  #introduce(one: Remote, id: number): void {
    const other = this.#hub.remotes.get(id);
    const [a, b] = [this.#hostOf.get(one), other === undefined ? undefined : this.#hostOf.get(other)];
    if (other === undefined || a === undefined || b === undefined) throw new LinkError(`engine ${id} has gone`);
    const pair = pairOf(one.peer.id, id);
    if (this.#introduced.has(pair)) return;
    this.#introduced.add(pair);
    if (a.settings.placement === "thread" && b.settings.placement === "thread") {
      const { port1, port2 } = new MessageChannel();
      a.hand(port1);
      b.hand(port2);
      return;
    }
    // Who has something to say listens: a socket that was opened, not accepted, can read into given memory on Node too.
    const [listens, connects] = a.settings.placement === "process" ? [one.peer.id, other] : [id, one];
    connects.peer.post([kinds.tell, "connect", listens, this.#address(String(listens))]);
  }

  /** The graph's readers see the subscriptions of all engines. */
  #subscribed(key: string, name: string, owner: string): void {
    this.#subscriptions.set(key, enter(this.#core.world, "subscription", { name, owner, subscription: { counts: emptyCounts() } }));
  }

  #figures(remote: Remote, { emitted, counts }: Figures): void {
    for (const [ref, items] of emitted) remote.streams.setEmitted(ref, items);
    for (const [ref, account] of counts) {
      const id = this.#subscriptions.get(`${remote.peer.id} ${ref}`);
      if (id !== undefined) Object.assign((this.#core.world.subscription[id] as SubscriptionEntry).subscription.counts, account);
    }
  }

  #left(key: string): void {
    const id = this.#subscriptions.get(key);
    if (id === undefined) return;
    this.#subscriptions.delete(key);
    leave(this.#core.world, "subscription", id);
  }

  async #wait(key: string, ms: number): Promise<void> {
    const settled = new Promise<void>((resolve) => this.#waits.set(key, resolve));
    await this.#sim?.within(settled, ms);
    this.#waits.delete(key);
  }

  #told(remote: Remote, verb: string, args: readonly unknown[]): void {
    if (verb === "log") logHere(args);
    if (verb === "checkpoint") {
      this.#hostOf.get(remote)?.nodes.get(String(args[0]))?.checkpointed({ state: args[1] as object, version: Number(args[2]) });
    }
    if (verb === "sim-waited") this.#waits.get(`${remote.peer.id} ${String(args[0])}`)?.();
    if (verb === "sim-wake") {
      this.#followers?.touch(remote);
      this.#sim?.wake();
    }
    if (verb === "subscribed") this.#subscribed(`${remote.peer.id} ${String(args[0])}`, String(args[1]), String(args[2]));
    if (verb === "figures") this.#figures(remote, args[0] as Figures);
    if (verb === "left") this.#left(`${remote.peer.id} ${String(args[0])}`);
    if (verb === "unmet") this.#hub.remotes.get(args[0] as number)?.peer.post([kinds.tell, "unmet", remote.peer.id, args[1]]);
    if (verb === "unlinked") this.#introduced.delete(pairOf(remote.peer.id, args[0] as number));
    if (verb !== "node") return;
    const [name, report] = args as [string, NodeReport];
    const node = this.#hostOf.get(remote)?.nodes.get(name);
    node?.report({ ...report, ...(report.error === undefined ? {} : { error: fromWire(report.error) }) });
  }

  async #linkLost(remote: Remote, reason: Error | undefined): Promise<void> {
    const host = this.#hostOf.get(remote);
    if (host === undefined || host.closing) return;
    await host.linkLost(reason === undefined ? "has closed its link" : `lost its link (${reason.message})`);
  }
}

function pairOf(one: number, other: number): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
