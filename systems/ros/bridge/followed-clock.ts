import type { TopicReader } from "../client/client.ts";
import type { RosTime } from "../message/unfit.ts";
import { type ClockHealth, clockTopic, clockType, type GraphClock, needSimulated } from "./graph-clock.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { otherBridges } from "./other-bridges.ts";
import { fromRosTime } from "./ros-time.ts";

const longestStep = 10_000; // ms between two messages through which time runs frame by frame; over more, it leaps

/** Simulated time here follows the `/clock` of the ROS graph: it runs no further than that says, and stands until it says something. */
export class FollowedClock implements GraphClock {
  readonly #parts: MirrorParts;
  readonly #onBack: (offset: number) => void;
  #reader: TopicReader | undefined;
  /** What the clock said last; undefined before it has said anything. */
  #told: number | undefined;
  /** How far time may run here. */
  #to: number;
  #offset = 0;
  #jumps = 0;
  #problem = "";
  /** Another bridge of this graph that follows a clock. */
  #rival: string | undefined;

  /**
   * @param onBack is told, when the clock has gone back, by how much time here is ahead of it from now on
   * @throws RosError in live time
   */
  constructor(parts: MirrorParts, onBack: (offset: number) => void) {
    const { view } = parts;
    needSimulated(view.simulated, "follow", "live time follows no other clock");
    this.#parts = parts;
    this.#onBack = onBack;
    this.#to = view.time;
    view.follow(this.#to, false);
  }

  get health(): ClockHealth {
    return { mode: "follow", time: this.#told ?? 0, offset: this.#offset, jumps: this.#jumps, problem: this.#problem };
  }

  open(): void {
    const onMessage = (value: unknown): void => this.#take(fromRosTime((value as { clock: RosTime }).clock));
    this.#reader = this.#parts.client.read(clockTopic, { type: clockType, noDelay: true, onMessage });
  }

  update(): void {
    const { view } = this.#parts;
    this.#rival = otherBridges(view).find((bridge) => view.read(`${bridge}/clock`) === "follow");
  }

  forgotten(): void {
    // it was told nothing
  }

  async close(): Promise<void> {
    this.#reader?.close();
  }

  #take(told: number): void {
    const { view, warn } = this.#parts;
    this.#problem = this.#conflict();
    if (this.#problem !== "") return warn(this.#problem);
    if (this.#told === undefined ? told < this.#to - longestStep : told < this.#told) this.#goneBack((this.#told ?? this.#to) - told);
    this.#told = told;
    const to = told + this.#offset;
    if (to <= this.#to) return;
    view.follow(to, to - this.#to > longestStep);
    this.#to = to;
  }

  /** Time never runs back here: it goes on, ahead of the clock. */
  #goneBack(ms: number): void {
    this.#offset += ms;
    this.#jumps++;
    this.#parts.warn(`${clockTopic} has gone back, and time goes on here: status/offset tells by how much it is ahead`);
    this.#onBack(this.#offset);
  }

  /** Why it is not clear what time it is. */
  #conflict(): string {
    const { view } = this.#parts;
    if (this.#rival !== undefined) {
      return `${view.name} and ${this.#rival} both follow a clock, and a graph has one: time stands still here`;
    }
    const publishers = this.#reader!.peers.filter(({ state }) => state === "connected").map(({ peer }) => peer);
    return publishers.length < 2
      ? ""
      : `${publishers.join(" and ")} publish ${clockTopic}, and a graph has one clock: time stands still here`;
  }
}
