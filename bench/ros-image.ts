import type { Question, Variant } from "./lib/question.ts";
import { inAndOut } from "./lib/ros-contest.ts";
import type { Flow } from "./lib/ros.ts";

const sizes: Readonly<Record<string, Flow>> = {
  "1 MB": { item: "image", size: 2 ** 20, burst: 20, turn: 1, count: 1000 },
};
const variants: Variant[] = [{ name: "in, 1 MB" }, { name: "out, 1 MB" }];

export const question: Question = {
  id: "ros-image",
  question: "sensor_msgs/Image of 1 MiB a second: in, from a program that sends bytes; out, to one that counts",
  unit: "MiB/s",
  better: "higher",
  floor: "none",
  variants,
  must: { faster: { rosnodejs: 1, "@foxglove/ros1": 1 } },
  aim: { faster: { rosnodejs: 1, "@foxglove/ros1": 1, rospy: 1, roscpp: 1 } },
  together: true,
  once: true,
  measure: (_, budget) => inAndOut(sizes, variants, budget),
};
