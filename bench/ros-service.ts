import type { Question, Variant } from "./lib/question.ts";
import { clients, together } from "./lib/ros-contest.ts";
import { rounds } from "./lib/ros.ts";

const variants: Variant[] = [
  "from rospy, p50",
  "from rospy, p99",
  "to rospy, p50",
  "to rospy, p99",
].map((name) => ({ name }));

export const question: Question = {
  id: "ros-service",
  question: "a call of std_srvs/SetBool over a connection that stays: from a node on rospy, to a node on rospy",
  unit: "µs",
  better: "lower",
  floor: "none",
  variants,
  must: { atMost: { rosnodejs: 1.3, rospy: 1.3 } },
  aim: { atMost: { rosnodejs: 1, rospy: 1 } },
  together: true,
  once: true,
  awake: true,
  measure: (_, budget) => {
    const count = budget.quick ? 500 : 2000;
    return clients(
      (world, kind) =>
        together(
          () =>
            rounds(
              world,
              ["rospy", "call"],
              [kind, "serve"],
              count,
              "from rospy",
            ),
          () =>
            rounds(
              world,
              [kind, "call"],
              ["rospy", "serve"],
              count,
              "to rospy",
            ),
        ),
      ["rosnodejs", "rospy"],
      variants,
      budget,
      "lower",
    );
  },
};
