import type { Question, Variant } from "./lib/question.ts";
import { clients, together } from "./lib/ros-contest.ts";
import { rounds } from "./lib/ros.ts";

const limits = { must: { atMost: { rosnodejs: 1.3, rospy: 1.3 } }, aim: { atMost: { rosnodejs: 1, rospy: 1 } } };
const variants: Variant[] = ["from rospy", "to rospy"].flatMap((way) => [{ name: `${way}, p50`, ...limits }, { name: `${way}, p99` }]);

export const question: Question = {
  id: "ros-service",
  question: "a call of std_srvs/SetBool over a connection that stays: from a node on rospy, to a node on rospy",
  unit: "µs",
  better: "lower",
  floor: "none",
  variants,
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
