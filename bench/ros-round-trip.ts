import type { Question, Variant } from "./lib/question.ts";
import { clients, together } from "./lib/ros-contest.ts";
import { rounds } from "./lib/ros.ts";

const variants: Variant[] = [
  {
    name: "there and back, p50",
    must: { atMost: { rosnodejs: 1.25, "@foxglove/ros1": 1.25 } },
    aim: { atMost: { rosnodejs: 1, "@foxglove/ros1": 1, rospy: 1, roscpp: 1 } },
  },
  { name: "there and back, p99" },
];

export const question: Question = {
  id: "ros-round-trip",
  question: "a std_msgs/String of 64 bytes from node to node, and one back, by two topics",
  unit: "µs",
  better: "lower",
  floor: "none",
  variants,
  together: true,
  once: true,
  awake: true,
  measure: (_, budget) =>
    clients(
      (world, kind) =>
        together(() =>
          rounds(
            world,
            [kind, "ping"],
            [kind, "echo"],
            budget.quick ? 500 : 2000,
            "there and back",
          )
        ),
      ["rosnodejs", "foxglove", "rospy", "roscpp"],
      variants,
      budget,
      "lower",
    ),
};
