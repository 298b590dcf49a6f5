import { DeclarationError, LinkError, StateError } from "../../errors.ts";
import { checkAbsolute } from "../../graph/names.ts";
import { Heartbeat } from "../../peer/heartbeat.ts";
import type { Greeted, JoinRequest } from "../../peer/hello.ts";
import type { Introduced } from "../../peer/peer.ts";
import type { Remote } from "../../peer/remote.ts";
import { fromWire } from "../../peer/wire-error.ts";
import type { Core } from "../core/core.ts";
import { GuestNode } from "./guest-node.ts";
import type { Nodes } from "../core/nodes.ts";
import type { NodeReport } from "../wire/node-report.ts";

const self = { name: "/" };

/** An engine that was started by somebody else and has joined. */
export interface Guest {
  readonly remote: Remote;
  /** As people know it. */
  readonly name: string;
  /** It has the same one whenever it joins again. */
  readonly instance: string;
  /** Whether it may be on another machine. */
  readonly away: boolean;
  readonly nodes: Map<string, GuestNode>;
  /** Who has declared params there. */
  readonly declarers: Set<string>;
  readonly heartbeat: Heartbeat | undefined;
  /** Whether it has said that it leaves: a link may end without a reason, too, where it was killed. */
  leaves: boolean;
}

/** What {@link Guests} need of the main engine among others. */
export interface GuestsHome {
  readonly core: Core;
  readonly nodes: Nodes;
  /** Ms between two looks whether a guest still runs; false for none. */
  readonly interval: number | false;
  /** Enters an engine whose link is there into the graph. */
  enter(remote: Remote, greeted: Introduced): void;
  /** Takes an engine out of the graph. */
  drop(remote: Remote, reason: Error): void;
  /** Says something behind what was sent before. */
  inTurn<T>(run: () => Promise<T>): Promise<T>;
}

/** The engines that the main engine has not started, and that have joined: who they are, and which nodes they have. */
export class Guests {
  readonly #home: GuestsHome;
  readonly #guests: Map<Remote, Guest> = new Map();
  #closed = false;

  constructor(home: GuestsHome) {
    this.#home = home;
  }

  /** The guest in an engine. */
  of(remote: Remote): Guest | undefined {
    return this.#guests.get(remote);
  }

  /** All of them. */
  all(): Iterable<Guest> {
    return this.#guests.values();
  }

  /**
   * One has been let in.
   *
   * @param away whether it may be on another machine
   */
  arrive(remote: Remote, greeted: Greeted<Partial<JoinRequest>>, away: boolean): void {
    const { instance } = greeted.hello as JoinRequest;
    for (const other of this.#guests.values()) {
      if (other.instance === instance) this.lost(other.remote, new LinkError("it has joined again"));
    }
    const { interval } = this.#home;
    const { peer } = remote;
    const silent = (ms: number): void => this.lost(remote, new LinkError(`it did not answer for ${ms / 1000} s`));
    const heartbeat = interval === false ? undefined : new Heartbeat(peer, interval, silent);
    this.#guests.set(remote, {
      remote,
      name: peer.name,
      instance,
      away,
      nodes: new Map(),
      declarers: new Set(),
      heartbeat,
      leaves: false,
    });
    this.#home.enter(remote, greeted);
  }

  /** The link to one has ended. */
  lost(remote: Remote, reason: Error | undefined): void {
    const guest = this.#guests.get(remote);
    if (guest === undefined) return;
    this.#guests.delete(remote);
    guest.heartbeat?.stop();
    const { core, nodes, drop } = this.#home;
    const why = guest.leaves ? `${guest.name} has left the graph` : `${guest.name} was lost: ${reason?.message ?? "its link has ended"}`;
    if (!guest.leaves) core.logger("/").warn("{why}", { why });
    drop(remote, new LinkError(why));
    for (const owner of guest.declarers) core.params.undeclare(owner);
    for (const node of guest.nodes.values()) {
      nodes.forget(node.name);
      node.leave(guest.leaves ? undefined : new LinkError(`${node.name} was lost with its engine: ${why}`, { node: node.name }));
    }
  }

  /** One says that it leaves. */
  leaves(remote: Remote): void {
    const guest = this.#guests.get(remote);
    if (guest !== undefined) guest.leaves = true;
  }

  /**
   * Keeps a name for a node of a guest.
   *
   * @throws NameError when it breaks the rules, DeclarationError when it is taken
   */
  reserve(remote: Remote, name: unknown, description: unknown): void {
    const guest = this.#guests.get(remote);
    if (guest === undefined) throw new DeclarationError(`${remote.peer.name} has not joined as a guest, and names no nodes`);
    const { core, nodes, inTurn } = this.#home;
    const absolute = checkAbsolute(name as string, "node");
    if (guest.nodes.has(absolute)) return;
    const ask = async (verb: string, node: string): Promise<void> => {
      if (this.#closed) throw new StateError("the engine has closed");
      await inTurn(() => remote.peer.ask<void>(self, verb, [node]));
    };
    const text = typeof description === "string" ? description : undefined;
    guest.nodes.set(absolute, nodes.receive(absolute, () => new GuestNode(core, absolute, text, guest.name, ask)));
  }

  /** Gives a name free that no node has come to have. */
  release(remote: Remote, name: string): void {
    const guest = this.#guests.get(remote);
    const node = guest?.nodes.get(name);
    if (node === undefined) return;
    guest!.nodes.delete(name);
    this.#home.nodes.forget(name);
    node.leave();
  }

  /** A guest tells of one of its nodes. */
  report(remote: Remote, name: string, report: NodeReport): void {
    if (report.type === "removed") return this.release(remote, name);
    const error = report.error === undefined ? {} : { error: fromWire(report.error) };
    this.#guests.get(remote)?.nodes.get(name)?.report({ ...report, ...error });
  }

  /** Who declares a param there, as the tree knows them. */
  declarer(remote: Remote, sender: string): string {
    const guest = this.#guests.get(remote);
    if (guest === undefined) return sender;
    const owner = sender === "/" ? `the program of ${guest.name}` : sender;
    guest.declarers.add(owner);
    return owner;
  }

  /** Lets go of all of them: they may go on, and join again. */
  close(): void {
    this.#closed = true;
    for (const { remote, heartbeat } of this.#guests.values()) {
      heartbeat?.stop();
      remote.peer.end(new StateError("the engine has closed"), false);
    }
  }
}
