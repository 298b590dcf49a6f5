import { readFileSync } from "node:fs";
import process from "node:process";
import type { Engine } from "pyros";
import type { Random } from "../../src/time/random.ts";
import { callers, hosted, places, targets } from "./graph.ts";

/** How often what was done. */
export interface Deeds {
  kills: number;
  stops: number;
  moves: number;
  /** Nodes that were stopped, started and restarted. */
  orders: number;
}

const onDeno = "Deno" in globalThis;
const pauses = [200, 600, 4000]; // ms that a process stands still; the last is longer than a heartbeat allows

/** Does harm to a running graph, as a seed decides. */
export class Harm {
  readonly deeds: Deeds = { kills: 0, stops: 0, moves: 0, orders: 0 };
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #moving: Set<Promise<void>> = new Set();
  readonly #stopped: Map<number, ReturnType<typeof setTimeout>> = new Map();

  constructor(engine: Engine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  /** Does one thing. */
  async next(): Promise<void> {
    const what = this.#random.next();
    if (what < 0.25) await this.#kill(this.#pick(hosted.process));
    else if (what < 0.45) this.#move(this.#pick(Object.keys(places)));
    else if (what < 0.6) await this.#stop(this.#pick(hosted.process));
    else if (what < 0.75) await this.#die(this.#pick([...hosted.thread, ...hosted.process]));
    else await this.#order(this.#pick([...targets, ...callers]));
  }

  /** Lets go on what stands still, and waits for what moves. */
  async end(): Promise<void> {
    for (const pid of this.#stopped.keys()) this.#goOn(pid);
    await Promise.all(this.#moving);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }

  async #kill(node: string): Promise<void> {
    const pid = await this.#pidOf(node);
    if (pid === undefined) return;
    this.deeds.kills++;
    process.kill(pid, "SIGKILL");
  }

  async #stop(node: string): Promise<void> {
    const ms = this.#pick(pauses);
    const pid = await this.#pidOf(node);
    if (pid === undefined || this.#stopped.has(pid)) return;
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

/** Whether a process is a living child of this one. */
export function isChild(pid: number): boolean {
  try {
    const [, state, parent] = /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state !== "Z" && Number(parent) === process.pid;
  } catch {
    return false;
  }
}
