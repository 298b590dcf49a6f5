/** What both sides of an action say: actionlib's topics, and the states of goals. */
import type { RosTime } from "../message/unfit.ts";

/** States of a goal, as actionlib numbers them. */
export const goalStates = {
  pending: 0,
  active: 1,
  preempted: 2,
  succeeded: 3,
  aborted: 4,
  rejected: 5,
  preempting: 6,
  recalling: 7,
  recalled: 8,
  lost: 9,
} as const;

/** Whether a goal of that state may go on. */
export function isOpen(status: number): boolean {
  return status === goalStates.pending || status === goalStates.active || status === goalStates.preempting ||
    status === goalStates.recalling;
}

const ends: Readonly<Record<number, string | undefined>> = {
  [goalStates.preempted]: "Preempted",
  [goalStates.succeeded]: "Succeeded",
  [goalStates.aborted]: "Aborted",
  [goalStates.rejected]: "Rejected",
  [goalStates.recalled]: "Recalled",
  [goalStates.lost]: "Lost",
};

/** How a goal has ended that is in that state. */
export function endOf(status: number): string {
  return ends[status] ?? `State ${status}`;
}

/** By which a goal is known. */
export interface GoalId {
  readonly stamp: RosTime;
  readonly id: string;
}

/** What a server says of a goal. */
export interface GoalStatus {
  readonly goal_id: GoalId;
  readonly status: number;
  readonly text: string;
}

export const noTime: RosTime = { sec: 0, nsec: 0 };

/** The topics of an action: two to the server, three from it. */
export function actionTopics(name: string): Readonly<Record<"goal" | "cancel" | "status" | "feedback" | "result", string>> {
  return {
    goal: `${name}/goal`,
    cancel: `${name}/cancel`,
    status: `${name}/status`,
    feedback: `${name}/feedback`,
    result: `${name}/result`,
  };
}

/** What is known of a mirrored action. */
export interface ActionHealth {
  /** Its name in this graph, which is that of a service. */
  readonly action: string;
  /** Its name in the ROS graph. */
  readonly there: string;
  /** Its ROS type, such as `actionlib/Test`. */
  readonly type: string;
  /** The server's node in the ROS graph; of what is exported, the nodes of this graph. */
  readonly servers: readonly string[];
  /** Whether it can be used on the side that it leads to. */
  readonly active: boolean;
  /** Goals that are pursued. */
  readonly open: number;
  /** Goals that have ended. */
  readonly ended: number;
  /** Those of them that have not succeeded. */
  readonly failed: number;
  /** What was wrong last; empty else. */
  readonly problem: string;
}
