import type { ForeignGraph, TopicWriter } from "../client/client.ts";
import { type ClockHealth, clockTopic, clockType, type GraphClock, needSimulated } from "./graph-clock.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { toRosTime } from "./ros-time.ts";

const flag = "/use_sim_time";

/** This graph's simulated time is the clock of the ROS graph: `/clock` tells it, and `/use_sim_time` has nodes of ROS follow it. */
export class PublishedClock implements GraphClock {
  readonly #parts: MirrorParts;
  readonly #rate: number;
  /** What stands for a ROS graph that was not looked at yet. */
  readonly #unseen: ForeignGraph;
  #writer: TopicWriter | undefined;
  #ticks: { close(): void } | undefined;
  #time = 0;
  #problem = "";
  /** What the flag was before it was raised here. */
  #before: { readonly value: unknown } | undefined;
  #isRaised = false;
  #raising: Promise<void> = Promise.resolve();
  #closed = false;

  /**
   * @param rate messages a simulated second, in Hz
   * @throws RosError in live time
   */
  constructor(parts: MirrorParts, rate: number) {
    needSimulated(parts.view.simulated, "publish", "nodes of ROS have the real time without it");
    this.#parts = parts;
    this.#rate = rate;
    this.#unseen = parts.client.graph;
  }

  get health(): ClockHealth {
    return { mode: "publish", time: this.#time, offset: 0, jumps: 0, problem: this.#problem };
  }

  open(): void {
    // the ROS graph is to be seen first: somebody else may publish its clock
  }

  update(): void {
    if (this.#closed) return;
    const { client, view, warn } = this.#parts;
    if (client.state.graph === "ended") void this.#lower();
    if (client.state.graph !== "here") this.#isRaised = false;
    if (client.state.graph !== "here" || client.graph === this.#unseen) return;
    const others = client.graph.topics.get(clockTopic)?.publishers ?? [];
    this.#problem = others.length === 0
      ? ""
      : `${others.join(" and ")} of the ROS graph publishes ${clockTopic}, and a graph has one clock`;
    if (this.#problem !== "") warn(this.#problem);
    if (this.#writer === undefined) {
      if (this.#problem !== "") return;
      this.#writer = client.write(clockTopic, { type: clockType, latched: true, depth: 1, onAudience: () => {} });
      this.#ticks = view.every(1000 / this.#rate, () => this.#tell());
      this.#tell();
    }
    if (this.#isRaised) return;
    this.#isRaised = true;
    this.#raising = this.#raising.then(() => this.#raise());
  }

  forgotten(): void {
    this.#isRaised = false;
    this.update();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ticks?.close();
    this.#writer?.close();
    if (this.#parts.client.state.graph === "here") await this.#lower();
  }

  /** The flag becomes what it was. */
  async #lower(): Promise<void> {
    await this.#raising;
    const { params } = this.#parts.client;
    const before = this.#before;
    this.#before = undefined;
    if (before === undefined) return;
    const { value } = before;
    await (value === undefined ? params.delete(flag) : params.set(flag, value)).catch(() => {}); // the master has gone
  }

  #tell(): void {
    this.#time = this.#parts.view.time;
    this.#writer!.write({ clock: toRosTime(this.#time) });
  }

  async #raise(): Promise<void> {
    const { params } = this.#parts.client;
    try {
      this.#before ??= { value: await params.get(flag) };
      await params.set(flag, true);
    } catch (error) {
      this.#isRaised = false;
      this.#parts.warn(`${flag} cannot be set: ${(error as Error).message}`);
    }
  }
}
