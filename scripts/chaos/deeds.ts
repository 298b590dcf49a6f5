import process from "node:process";
import type { Engine } from "pyros";
import type { Random } from "../../src/time/random.ts";
import { callers, hosted, places, targets } from "./graph.ts";
import { Outside, type Surroundings } from "./outside.ts";
import { holds, isChild } from "./conditions.ts";

/** How often what was done. */
export interface Deeds {
  kills: number;
  stops: number;
  moves: number;
  /** Nodes that were stopped, started and restarted. */
  orders: number;
}

const onDeno = "Deno" in globalThis;
const pauses = [200, 600, 8000]; // ms that a process stands still; the last is longer than a heartbeat allows
const soon = 1000; // ms in which what is out to somebody who was killed settles

/** Does harm to a running graph, as a seed decides. */
export class Harm {
  readonly deeds: Deeds = { kills: 0, stops: 0, moves: 0, orders: 0 };
  readonly outside: Outside;
  readonly problems: string[] = [];
  readonly #around: Surroundings;
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #moving: Set<Promise<void>> = new Set();
  readonly #stopped: Map<number, ReturnType<typeof setTimeout>> = new Map();
  #calls = 0;

  constructor(engine: Engine, random: Random, around: Surroundings) {
    this.#engine = engine;
    this.#random = random;
    this.#around = around;
    this.outside = new Outside(engine, random, around);
  }

  /** One of each of those that take long, so that a short run has them. */
  begin(): void {
    this.outside.partition(8000);
    this.outside.fillDisk("bytes");
  }

  /** Does one thing, and tells before which. */
  async next(tell: (deed: string) => void): Promise<void> {
    const { outside } = this;
    const what = this.#random.next();
    tell(`a deed is done: ${what}`);
    if (what < 0.2) await this.#kill(this.#pick(hosted.process));
    else if (what < 0.35) this.#move(this.#pick(Object.keys(places)));
    else if (what < 0.45) await this.#stop(this.#pick(hosted.process));
    else if (what < 0.57) await this.#die(this.#pick([...hosted.thread, ...hosted.process]));
    else if (what < 0.75) await this.#order(this.#pick([...targets, ...callers]));
    else if (what < 0.8) outside.partition();
    else if (what < 0.85) outside.fillDisk();
    else if (what < 0.9) outside.leave();
    else this.#strikeGuest(this.#pick([...this.#around.guests.values()]).pid);
  }

  /** Lets go on what stands still, mends what is broken, and waits for what moves. */
  async end(): Promise<void> {
    await this.outside.end();
    for (const pid of this.#stopped.keys()) this.#goOn(pid);
    await Promise.all(this.#moving);
  }

  #strikeGuest(pid: number | undefined): void {
    if (pid === undefined || this.#stopped.has(pid)) return;
    if (this.#random.next() < 0.5) return this.#stopFor(pid, this.#pick(pauses));
    this.deeds.kills++;
    process.kill(pid, "SIGKILL");
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }

  async #kill(node: string): Promise<void> {
    let settled = false;
    const call = this.#engine.call(`${node}/work`, { id: `harm.${++this.#calls}`, ms: 3_600_000 }, { timeout: Infinity });
    void call.then(() => {}, () => {}).finally(() => (settled = true));
    const pid = await this.#pidOf(node); // behind the call: it is there by now
    if (pid === undefined) return;
    this.deeds.kills++;
    process.kill(pid, "SIGKILL");
    await holds(() => !isChild(pid), 10_000); // a busy machine takes its time
    const died = performance.now();
    // Looks are counted, and not the time: it may be this process that has none.
    for (let looks = soon / 20; looks > 0 && !settled; looks--) await new Promise((resolve) => setTimeout(resolve, 20));
    if (!settled) this.problems.push(`a call to ${node} has not settled ${Math.round(performance.now() - died)} ms after it died`);
  }

  async #stop(node: string): Promise<void> {
    const ms = this.#pick(pauses);
    const pid = await this.#pidOf(node);
    if (pid !== undefined && !this.#stopped.has(pid)) this.#stopFor(pid, ms);
  }

  #stopFor(pid: number, ms: number): void {
    this.deeds.stops++;
    process.kill(pid, "SIGSTOP");
    this.#stopped.set(pid, setTimeout(() => this.#goOn(pid), ms));
  }

  #goOn(pid: number): void {
    clearTimeout(this.#stopped.get(pid));
    this.#stopped.delete(pid);
    if (isChild(pid)) process.kill(pid, "SIGCONT");
  }

  /** The next deeds do not wait for it: what they do may meet it. */
  #move(node: string): void {
    const to = this.#pick(places[node]!);
    const move = this.#engine.move(node, to).then(() => void this.deeds.moves++, () => {}) // a host was lost, or it was asked to stop
      .finally(() => this.#moving.delete(move));
    this.#moving.add(move);
  }

  /** Deno cannot end a thread in an endless loop, so there none begins one. */
  async #die(node: string): Promise<void> {
    const loops = !onDeno || hosted.process.includes(node);
    const how = this.#pick(loops ? ["exit", "throw", "loop"] : ["exit", "throw"]);
    try {
      await this.#engine.call(`${node}/die`, how, { timeout: 1000 });
      this.deeds.kills++;
    } catch {
      // it is dead already
    }
  }

  async #order(node: string): Promise<void> {
    const verb = this.#pick(["stopNode", "startNode", "restartNode"] as const);
    this.deeds.orders++;
    try {
      await this.#engine[verb](node);
    } catch {
      // its host was lost meanwhile
    }
  }

  async #pidOf(node: string): Promise<number | undefined> {
    try {
      const pid = await this.#engine.call<number>(`${node}/pid`, undefined, { timeout: 500 });
      return isChild(pid) ? pid : undefined;
    } catch {
      return undefined; // it does not run
    }
  }
}
