import { RosError } from "../../../src/errors.ts";

/** What is known of the clock that both graphs have together. */
export interface ClockHealth {
  /** `none` where each has its own, `publish` where the ROS graph follows this one, `follow` where it is the other way round. */
  readonly mode: string;
  /** What `/clock` said last, in ms; 0 before it has said anything. */
  readonly time: number;
  /** Ms by which time here is ahead of it, since it has gone back: time here never does. */
  readonly offset: number;
  /** How often it has gone back. */
  readonly jumps: number;
  /** Why it is not as it should be; empty else. */
  readonly problem: string;
}

/** The clock that both graphs have together. */
export interface GraphClock {
  readonly health: ClockHealth;
  /** Begins, when the bridge can be reached. */
  open(): void;
  /** The ROS graph is there, or something in it has changed. */
  update(): void;
  /** The master has forgotten what it was told. */
  forgotten(): void;
  close(): Promise<void>;
}

export const clockTopic = "/clock";
export const clockType = "rosgraph_msgs/Clock";

/** Both graphs have clocks of their own. */
export const noClock: GraphClock = {
  health: { mode: "none", time: 0, offset: 0, jumps: 0, problem: "" },
  open() {},
  update() {},
  forgotten() {},
  async close() {},
};

/** @throws RosError when time is not simulated here */
export function needSimulated(simulated: boolean, mode: string, why: string): void {
  if (simulated) return;
  throw new RosError(`clock is "${mode}", and time is not simulated here: ${why}, or give clock: "sim" in the config`, { name: "clock" });
}
