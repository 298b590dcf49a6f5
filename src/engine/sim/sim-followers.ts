import { NodeLostError } from "../../errors.ts";
import type { Hub } from "../../peer/hub.ts";
import type { Remote } from "../../peer/remote.ts";
import { type SimReport, simVerbs } from "../wire/sim-report.ts";

const self = { name: "/" };
const unknown: SimReport = { waiting: 0, next: null, beat: null, framed: false, received: 0, sent: {} };

/**
 * The engines in threads and processes, which follow the main engine through simulated time: round by round, all of them at once.
 *
 * A round begins when all that was sent in the one before has arrived: each engine counts what it sends to each other, and the
 * main engine tells each how much has to have come.
 */
export class SimFollowers {
  readonly #hub: Hub;
  readonly #now: () => number;
  readonly #reports: Map<Remote, SimReport> = new Map();
  /** Engines in which something may have happened since they reported. */
  readonly #touched: Set<Remote> = new Set();
  #lost: NodeLostError | undefined;

  /** @param now the time, in ms */
  constructor(hub: Hub, now: () => number) {
    this.#hub = hub;
    this.#now = now;
  }

  /** An engine follows from now on. */
  add(remote: Remote): void {
    this.#reports.set(remote, unknown);
    this.#touched.add(remote);
  }

  /**
   * An engine has gone.
   *
   * @param reason why, unless it was asked to
   */
  remove(remote: Remote, reason: Error | undefined): void {
    this.#touched.delete(remote);
    if (this.#reports.delete(remote) && reason !== undefined) {
      this.#lost = new NodeLostError(`${remote.peer.name} was lost in simulated time: ${reason.message}`, {
        node: remote.peer.name,
        cause: reason,
      });
    }
  }

  /** Something may have happened in an engine; in all of them, where none is named. */
  touch(remote?: Remote): void {
    if (remote === undefined) { for (const each of this.#reports.keys()) this.#touched.add(each); }
    else if (this.#reports.has(remote)) this.#touched.add(remote);
  }

  /** When something is due in one of them, in ms; `Infinity` for never. */
  get next(): number {
    return this.#earliest("next");
  }

  /** When one of them is to be told the time. */
  get nextBeat(): number {
    return this.#earliest("beat");
  }

  /** Whether one of them wants frames. */
  get framed(): boolean {
    return [...this.#reports.values()].some((report) => report.framed);
  }

  /** Whether something waits in one of them, or is on its way there. */
  get waiting(): boolean {
    return [...this.#reports].some(([remote, report]) => this.#isBusy(remote, report));
  }

  /** The same, or something may have happened in one of them since it reported. */
  get unsettled(): boolean {
    return this.#touched.size > 0 || this.waiting;
  }

  /** @throws NodeLostError, once, when an engine has gone that nobody had stopped */
  check(): void {
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost !== undefined) throw lost;
  }

  /** Learns what waits where something may have happened. */
  async gather(): Promise<void> {
    while (this.#touched.size > 0) await this.#ask([...this.#touched], simVerbs.report, () => []);
  }

  /**
   * A round: everywhere at once.
   *
   * @param writing whether it is one of writes, which are ordered in the main engine before the others see them
   * @param run the main engine's own
   */
  async round(writing: boolean, run: () => void): Promise<void> {
    const all = [...this.#reports];
    if (writing) run();
    const busy = all.filter(([remote, report]) => writing || this.#isBusy(remote, report)).map(([remote]) => remote);
    const done = this.#ask(busy, simVerbs.round, (remote) => [this.#expected(remote.peer.id), writing]);
    if (!writing) run();
    await done;
  }

  /** Time moves on to `to`, in ms, where something is due by then. */
  async advance(to: number): Promise<void> {
    const due = [...this.#reports].filter(([, { next, beat }]) => Math.min(next ?? Infinity, beat ?? Infinity) <= to).map(([remote]) =>
      remote
    );
    await this.#ask(due, simVerbs.advance, () => []);
  }

  /** A frame of `dt` seconds and its number, where one is wanted. */
  async frame(dt: number, number: number, run: () => void): Promise<void> {
    const framed = [...this.#reports].filter(([, { framed }]) => framed).map(([remote]) => remote);
    const done = this.#ask(framed, simVerbs.frame, () => [dt, number]);
    run();
    await done;
  }

  /** Every engine tells how its streams fare, when all that was sent to it has come. */
  figures(): Promise<void> {
    return this.#ask([...this.#reports.keys()], simVerbs.figures, (remote) => [this.#expected(remote.peer.id)]);
  }

  #earliest(what: "next" | "beat"): number {
    let earliest = Infinity;
    for (const report of this.#reports.values()) earliest = Math.min(earliest, report[what] ?? Infinity);
    return earliest;
  }

  #isBusy(remote: Remote, report: SimReport): boolean {
    return report.waiting > 0 || this.#expected(remote.peer.id) > report.received;
  }

  /** How much has been sent to an engine, by all. */
  #expected(id: number): number {
    let sum = this.#hub.remotes.get(id)?.peer.sent ?? 0;
    for (const { sent } of this.#reports.values()) sum += sent[id] ?? 0;
    return sum;
  }

  async #ask(remotes: readonly Remote[], verb: string, args: (remote: Remote) => readonly unknown[]): Promise<void> {
    await Promise.all(remotes.map(async (remote) => {
      this.#touched.delete(remote);
      try {
        const report = await remote.peer.ask<SimReport>(self, verb, [this.#now(), ...args(remote)]);
        if (this.#reports.has(remote)) this.#reports.set(remote, report);
      } catch (error) {
        this.remove(remote, error as Error);
      }
    }));
  }
}
