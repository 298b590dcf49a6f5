import process from "node:process";
import { holds } from "../chaos/conditions.ts";
import type { Lasting } from "../chaos/lasting-program.ts";
import type { Network } from "../chaos/network.ts";
import type { Hostile } from "./hostile.ts";
import type { Master } from "./master.ts";

/** What is around a bridge. */
export interface Surroundings {
  readonly master: Master;
  readonly peers: ReadonlyMap<string, Lasting>;
  /** That of `/far`, where there can be one. */
  readonly network: Network | undefined;
  readonly hostile: Hostile;
  /** The bridge's name in the ROS graph. */
  readonly bridge: string;
  /** The node that it exports. */
  readonly subject: string;
}

const absences = [0, 100, 1500, 4000, 8000]; // ms that a master is away
const pauses = [300, 2000, 9000]; // ms that a peer stands still, or is out of reach
const soon = 60_000; // ms within which a master that is back knows everything again, on a machine that is busy

/** Does harm to what is around a bridge. */
export class Harm {
  readonly deeds = { masterKills: 0, masterStops: 0, peerKills: 0, peerStops: 0, partitions: 0, stalls: 0, bursts: 0 };
  readonly problems: string[] = [];
  readonly #around: Surroundings;
  readonly #next: (below: number) => number;
  /** What is under way, and what it is done to. */
  readonly #underWay: Map<string, Promise<void>> = new Map();
  #stalls = 0;

  /** @param next a whole number from 0 that is below its argument */
  constructor(around: Surroundings, next: (below: number) => number) {
    this.#around = around;
    this.#next = next;
  }

  /** Does one thing; those that take long go on meanwhile. */
  async next(): Promise<void> {
    const { master, hostile, peers, network } = this.#around;
    await hostile.publish(master.address);
    const what = this.#next(100);
    if (what < 15) this.#run("master", () => this.#killMaster());
    else if (what < 22) this.#run("master", () => this.#stopMaster());
    else if (what < 37) this.#run(`peer ${this.#next(peers.size)}`, (i) => this.#kill(i));
    else if (what < 50) this.#run(`peer ${this.#next(peers.size)}`, (i) => this.#stop(i));
    else if (what < 58 && network !== undefined) this.#run("network", () => this.#partition(network));
    else if (what < 75) this.#run(`stall ${this.#stalls++ % 8}`, () => this.#stall());
    else this.#run("burst", () => this.#burst());
  }

  /** Waits until all is mended. */
  async end(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #run(what: string, deed: (index: number) => Promise<void>): void {
    if (this.#underWay.has(what)) return;
    const done = deed(Number(what.split(" ")[1]))
      .catch((error: Error) => void this.problems.push(`${what}: ${String(error.stack)}`))
      .finally(() => this.#underWay.delete(what));
    this.#underWay.set(what, done);
  }

  async #killMaster(): Promise<void> {
    const { master } = this.#around;
    this.deeds.masterKills++;
    await master.kill();
    await this.#sleep(absences[this.#next(absences.length)]!);
    await master.start();
    await this.#known();
    this.#strike("/rospy", "SIGKILL"); // rospy does not tell a master again what it has forgotten
  }

  async #stopMaster(): Promise<void> {
    const { master } = this.#around;
    this.deeds.masterStops++;
    master.stand("SIGSTOP");
    await this.#sleep(absences[this.#next(absences.length)]!);
    master.stand("SIGCONT");
    await this.#known();
  }

  async #known(): Promise<void> {
    const { master, bridge, subject } = this.#around;
    const begun = performance.now();
    if (await holds(() => master.knows(bridge, subject), soon)) return;
    this.problems.push(`a master that came back does not know the bridge after ${Math.round(performance.now() - begun)} ms`);
  }

  async #kill(i: number): Promise<void> {
    this.deeds.peerKills++;
    this.#strike([...this.#around.peers.keys()][i]!, "SIGKILL");
    await this.#sleep(2000); // it comes again meanwhile
  }

  async #stop(i: number): Promise<void> {
    const name = [...this.#around.peers.keys()][i]!;
    const pid = this.#strike(name, "SIGSTOP");
    if (pid === undefined) return;
    this.deeds.peerStops++;
    await this.#sleep(pauses[this.#next(pauses.length)]!);
    if (this.#around.peers.get(name)!.pid === pid) this.#strike(name, "SIGCONT");
  }

  async #partition(network: Network): Promise<void> {
    this.deeds.partitions++;
    network.cable("down");
    await this.#sleep(pauses[this.#next(pauses.length)]!);
    network.cable("up");
  }

  async #stall(): Promise<void> {
    this.deeds.stalls++;
    await this.#around.hostile.stall((["reader", "caller", "half"] as const)[this.#next(3)]!, 500 + this.#next(8000));
  }

  async #burst(): Promise<void> {
    this.deeds.bursts++;
    await this.#around.hostile.mutate();
  }

  #strike(name: string, signal: NodeJS.Signals): number | undefined {
    const pid = this.#around.peers.get(name)?.pid;
    if (pid !== undefined) process.kill(pid, signal);
    return pid;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}
