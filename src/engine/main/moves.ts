import { DeclarationError, MoveError, StateError } from "../../errors.ts";
import type { MovableNode } from "../../node/graph-node.ts";
import { NodeInstance } from "../../node/instance.ts";
import type { NodeSnapshot } from "../../node/snapshot.ts";
import { entries } from "../../peer/messages.ts";
import type { Core } from "../core/core.ts";
import type { MainRole } from "./main-role.ts";
import type { Nodes } from "../core/nodes.ts";
import { type Placement, placements } from "../../node/placement.ts";
import type { RemoteNode } from "./remote-node.ts";
import type { SimDriver } from "../sim/sim-driver.ts";

const grace = 5000; // ms that work in hand has
const main = 0; // the number of the main engine

/** What is moved, and may be given up. */
interface Move {
  readonly node: string;
  /** Whether calls of the node wait. */
  holds: boolean;
  /** Settles when it is over, whatever came of it; it does not reject. */
  readonly over: Promise<void>;
  /** The node is to stop: what the move waits for ends. */
  giveUp: () => void;
  /** Rejects when it is given up. */
  readonly ended: Promise<never>;
  isGivenUp: boolean;
}

/** Moves nodes between engines while they run, one after the other. */
export class Moves {
  readonly #core: Core;
  readonly #nodes: Nodes;
  readonly #lead: () => Promise<MainRole>;
  /** The main engine among others, from the first move on that needs it. */
  #role: MainRole | undefined;
  readonly #sim: SimDriver | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #waiting: Map<string, Move> = new Map();

  /** @param lead gives the main engine among others, which is made when it is needed */
  constructor(core: Core, nodes: Nodes, lead: () => Promise<MainRole>, sim: SimDriver | undefined) {
    this.#core = core;
    this.#nodes = nodes;
    this.#lead = lead;
    this.#sim = sim;
  }

  /** Whether calls of a node wait because it moves. */
  isMoving(node: string): boolean {
    return this.#waiting.get(node)?.holds === true;
  }

  /** Does something with a node when it does not move any more; at once where it does not. */
  after<T>(node: string, giveUp: boolean, run: () => Promise<T>): Promise<T> {
    const move = this.#waiting.get(node);
    if (move === undefined) return run();
    if (giveUp) move.giveUp();
    return move.over.then(() => this.after(node, giveUp, run));
  }

  /** Ends all moves: the engine closes. */
  async close(): Promise<void> {
    for (const move of this.#waiting.values()) move.giveUp();
    await this.#last.catch(() => {});
  }

  /** Moves a node; see `Engine.move`. */
  move(name: string, place: Placement): Promise<void> {
    if (!placements.includes(place)) {
      throw new DeclarationError(`there is no placement ${JSON.stringify(place)}; a node runs in the loop, a thread or a process`, {
        node: name,
      });
    }
    this.#nodes.movable(name);
    if (place !== "loop" && this.#nodes.planned(name)?.module === undefined) {
      const why = "is given as a value, so it can run in the loop only; put it into a module of its own, and give its path";
      throw new DeclarationError(`${name} ${why}`, { node: name });
    }
    const before = this.#last;
    let over!: () => void;
    const earlier = this.#waiting.get(name);
    let end!: (error: Error) => void;
    const move: Move = {
      node: name,
      holds: false,
      over: new Promise((resolve) => (over = resolve)),
      ended: new Promise((_, reject) => (end = reject)),
      isGivenUp: false,
      giveUp() {
        move.isGivenUp = true;
        end(new StateError(`${name} was asked to stop`, { node: name }));
      },
    };
    move.ended.catch(() => {});
    this.#waiting.set(name, move);
    const done = before.then(() => earlier?.over).then(() => this.#move(move, place)).finally(() => {
      if (this.#waiting.get(name) === move) this.#waiting.delete(name);
      over();
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #move(move: Move, place: Placement): Promise<void> {
    const { node: name } = move;
    const old = this.#nodes.movable(name);
    const from = old.placement;
    if (place === "loop" && from === "loop") return;
    this.#role ??= await this.#lead();
    if (old.status === "starting" || old.status === "stopping") {
      throw new MoveError(`${name} is ${old.status}; move it when it runs`, { node: name });
    }
    const next = this.#arriving(name, place);
    const fail = (cause: unknown, more = "it goes on where it was"): MoveError => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return new MoveError(`${name} did not move to ${place}, ${more}: ${reason}`, { node: name, cause });
    };
    try {
      await Promise.race([move.ended, this.#core.external(() => next.prepare())]);
    } catch (error) {
      await next.vanish();
      throw fail(error);
    }
    const problem = old.status === "running" ? await this.#carry(move, old, next) : await this.#place(old, next);
    if (problem === undefined) {
      this.#nodes.replace(next);
      next.appear();
      await this.#release(move, name);
      this.#core.tell({ type: "moved", node: name, time: this.#core.clock.now(), from, to: place });
      await old.vanish();
      return;
    }
    await this.#release(move, name);
    await next.vanish();
    throw fail(problem.cause, problem.lost ? "and does not run any more" : undefined);
  }

  /** The node for its new place: it is not in the graph yet. The host is as the config has it, where that is such a place. */
  #arriving(name: string, place: Placement): MovableNode {
    const { names, definition } = this.#nodes.get(name);
    const planned = this.#nodes.planned(name)!;
    if (place === "loop") return new NodeInstance(this.#core, names, definition, planned, true);
    return this.#role!.arriving(names, planned, { ...(planned.host?.placement === place ? planned.host : {}), name, placement: place });
  }

  /** A node that does not run has nothing in hand. One that waits for its restart starts there. */
  async #place(old: MovableNode, next: MovableNode): Promise<Problem | undefined> {
    const waits = old.status === "waiting";
    try {
      const snapshot = await old.take();
      await next.begin(snapshot);
      if (waits) next.revive(snapshot.checkpoint);
      return undefined;
    } catch (cause) {
      return { cause, lost: false };
    }
  }

  async #carry(move: Move, old: MovableNode, next: MovableNode): Promise<Problem | undefined> {
    const { node } = move;
    const stands = this.#sim?.running === false;
    try {
      await (stands ? this.#standing(() => this.#quiet(move, old, next)) : this.#quiet(move, old, next));
    } catch (cause) {
      await old.proceed().catch(() => {});
      if (!stands || !(cause instanceof StateError) || move.isGivenUp || old.status !== "running") return { cause, lost: false };
      const error = new StateError(`${node} has work in hand that needs time, and time stands still: move it while time runs`, {
        node,
        cause,
      });
      return { cause: error, lost: false };
    }
    return this.#standing(() => this.#carryOver(move, old, next));
  }

  async #quiet(move: Move, old: MovableNode, next: MovableNode): Promise<void> {
    const { node, ended } = move;
    const [here, there] = [engineOf(old), engineOf(next)];
    await this.#between(async () => {
      await this.#role!.announce([entries.hold, node]);
      move.holds = true;
      await this.#role!.reach([here], there);
    });
    await Promise.race([ended, old.quiet(grace)]);
  }

  /** Work in hand has finished. */
  async #carryOver(move: Move, old: MovableNode, next: MovableNode): Promise<Problem | undefined> {
    const { node, ended } = move;
    let snapshot: NodeSnapshot;
    try {
      await this.#cut(old, engineOf(old), engineOf(next));
      snapshot = await old.take();
    } catch (cause) {
      return { cause, lost: false }; // its engine has gone, and it starts again there as its policy says
    }
    if (!snapshot.runs) return { cause: new StateError(`${node} has ended`, { node, cause: old.error }), lost: false };
    try {
      if (snapshot.problem !== undefined) throw snapshot.problem;
      await Promise.race([ended, next.begin(snapshot)]);
      return undefined;
    } catch (cause) {
      if (!move.isGivenUp) return this.#back(old, next, snapshot, cause);
      await next.vanish(); // its setup may hang
      old.appear();
      return { cause, lost: true };
    }
  }

  /** It did not start there: it starts again where it was, with the state that it had. What has come for it meanwhile comes along. */
  async #back(old: MovableNode, next: MovableNode, from: NodeSnapshot, cause: unknown): Promise<Problem> {
    let snapshot = from;
    try {
      await this.#core.external(() => old.prepare());
      try {
        await this.#cut(old, engineOf(next), engineOf(old));
        const { inputs, streams } = await next.take();
        snapshot = { ...from, inputs: { ...from.inputs, ...inputs }, streams: { ...from.streams, ...streams } };
      } catch {
        // the engine there has gone, and with it what has come there
      }
      old.appear();
      await old.begin(snapshot);
      return { cause, lost: false };
    } catch (error) {
      return { cause: new AggregateError([cause, error], `${textOf(cause)}; and there: ${textOf(error)}`), lost: true };
    }
  }

  #cut({ name, names, definition }: MovableNode, here: number, there: number): Promise<void> {
    const streams = Object.values<{ name: string }>(definition.inputs ?? {}).map((input) => names.referred(input.name));
    return this.#between(async () => {
      await this.#role!.announce([entries.cut, name, here, there, streams]);
      await this.#role!.reach([here, there], there);
    });
  }

  async #release(move: Move, node: string): Promise<void> {
    if (move.holds) await this.#role!.announce([entries.release, node]);
    move.holds = false;
  }

  /** In simulated time, it takes none. */
  #standing<T>(run: () => Promise<T>): Promise<T> {
    return this.#sim === undefined ? run() : this.#sim.standing(run);
  }

  /** In simulated time all engines are told between two rounds, so that it is the same moment for all. */
  #between(run: () => Promise<void>): Promise<void> {
    return this.#sim === undefined ? run() : this.#sim.between(run);
  }
}

interface Problem {
  readonly cause: unknown;
  /** Whether the node runs nowhere. */
  readonly lost: boolean;
}

function engineOf(node: MovableNode): number {
  if (node.placement === "loop") return main;
  const id = (node as RemoteNode).host.remote?.peer.id;
  if (id === undefined) throw new StateError(`the host of ${node.name} has ended`, { node: node.name });
  return id;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
