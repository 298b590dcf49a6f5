import type { Engine } from "pyros";
import type { Random } from "../../src/time/random.ts";
import type { Disk } from "./disk.ts";
import { type Where, workerIn } from "./graph.ts";
import type { Guest } from "./guests.ts";
import type { Network } from "./network.ts";
import { holds } from "./conditions.ts";

/** What is around the graph. */
export interface Surroundings {
  readonly disk: Disk;
  /** The network of the guest that is elsewhere, where there can be one. */
  readonly network: Network | undefined;
  readonly guests: ReadonlyMap<Where, Guest>;
}

const partitions = [700, 2500, 8000]; // ms: shorter than a heartbeat allows, longer than that, longer than any link waits
const noticed = 5000; // ms within which a network that is lost is noticed
const grace = 3000; // ms that it may take on a machine that is busy
const fullFor = [300, 1500]; // ms

/** Does harm to what is around a graph: its network, its disk, and those who join it. */
export class Outside {
  readonly deeds = { partitions: 0, fullDisks: 0, leaves: 0 };
  readonly problems: string[] = [];
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #around: Surroundings;
  readonly #underWay: Set<Promise<void>> = new Set();
  /** What is broken now. */
  readonly #broken: Set<"network" | "disk"> = new Set();
  /** Ends what is broken now before its time. */
  readonly #hurry: Set<() => void> = new Set();
  #ended = false;
  #calls = 0;

  constructor(engine: Engine, random: Random, around: Surroundings) {
    this.#engine = engine;
    this.#random = random;
    this.#around = around;
  }

  /** Pulls the cable for a while. */
  partition(ms: number = this.#pick(partitions)): void {
    const { network } = this.#around;
    if (network !== undefined && !this.#broken.has("network")) this.#run("network", () => this.#partition(network, ms));
  }

  /** Fills the disk for a while. */
  fillDisk(what: "bytes" | "files" = this.#pick(["bytes", "files"])): void {
    if (!this.#broken.has("disk")) this.#run("disk", () => this.#fill(what));
  }

  /** Lets a guest leave, which comes again. */
  leave(): void {
    const guest = this.#pick([...this.#around.guests.values()]);
    if (guest.pid === undefined) return;
    this.deeds.leaves++;
    guest.leave();
  }

  /** Mends all. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const go of this.#hurry) go();
    await Promise.all(this.#underWay);
  }

  #run(what: "network" | "disk", deed: () => Promise<void>): void {
    this.#broken.add(what);
    const done = deed()
      .catch((error: Error) => void this.problems.push(String(error.stack)))
      .finally(() => {
        this.#broken.delete(what);
        this.#underWay.delete(done);
      });
    this.#underWay.add(done);
  }

  async #partition(network: Network, ms: number): Promise<void> {
    this.deeds.partitions++;
    const call = this.#hangingCall(workerIn("far"));
    const start = performance.now();
    network.cable("down");
    try {
      await this.#pause(ms);
    } finally {
      network.cable("up");
    }
    // What is out over a link that was lost settles; where it was not lost, it goes on.
    if (performance.now() - start < noticed) return call.giveUp();
    if (!(await holds(() => call.ended !== undefined, noticed + grace - ms))) {
      this.problems.push(`a call to another network has not settled ${Math.round(performance.now() - start)} ms after that was lost`);
    }
    call.giveUp();
  }

  async #fill(what: "bytes" | "files"): Promise<void> {
    const { disk } = this.#around;
    this.deeds.fullDisks++;
    const big = "x".repeat(20_000); // more than can be left anywhere
    try {
      let refused: Error | undefined;
      for (let i = 0; i < 20 && refused === undefined; i++) {
        disk.fill(what); // what was made shorter meanwhile has given room
        refused = await this.#engine.params.set("/chaos/disk", big).then(() => undefined, (error: Error) => error);
        if (what === "files") break; // there is still room for bytes
      }
      if (what === "bytes" && refused === undefined) this.problems.push("a write that the disk has no room for was not refused");
      if (refused !== undefined && !/could not be written, so .* not in it: .*(ENOSPC|no space)/i.test(refused.message)) {
        this.problems.push(`a write that the disk has no room for was refused by: ${refused.message}`);
      }
      await this.#pause(this.#pick(fullFor));
    } finally {
      disk.free();
    }
    await this.#engine.params.set("/chaos/disk", "");
  }

  /** A call that takes longer than anything here, to a node that may not be there. */
  #hangingCall(node: string): { readonly ended: unknown; giveUp(): void } {
    const stop = new AbortController();
    const call = { ended: undefined as unknown, giveUp: () => stop.abort() };
    const input = { id: `outside.${++this.#calls}`, ms: 3_600_000 };
    this.#engine.call(`${node}/work`, input, { timeout: Infinity, signal: stop.signal }).then(
      () => (call.ended = true),
      (error: unknown) => (call.ended = error),
    );
    return call;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#hurry.delete(go);
        resolve();
      };
      const timer = setTimeout(go, this.#ended ? 0 : ms);
      this.#hurry.add(go);
    });
  }
}
