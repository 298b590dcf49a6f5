import type { Limits, Question, Variant } from "./lib/question.ts";
import { inAndOut } from "./lib/ros-contest.ts";
import type { Flow } from "./lib/ros.ts";

const sizes: Readonly<Record<string, Flow>> = {
  "64 B": { item: "text", size: 64, burst: 5000, turn: 100, count: 100_000 },
  "1 KB": { item: "text", size: 1024, burst: 2000, turn: 100, count: 40_000 },
};
const least: Limits = { faster: { rosnodejs: 0.8, "@foxglove/ros1": 0.8 } };
const best: Limits = {
  faster: { rosnodejs: 1, "@foxglove/ros1": 1, rospy: 1, roscpp: 1 },
};
const variants: Variant[] = ["in", "out"].flatMap((way) => Object.keys(sizes).map((size) => ({ name: `${way}, ${size}` })));

export const question: Question = {
  id: "ros-topic",
  question: "std_msgs/String a second: in, from a program that sends bytes; out, to one that counts",
  unit: "messages/s",
  better: "higher",
  floor: "none",
  variants,
  must: least,
  aim: best,
  together: true,
  once: true,
  measure: (_, budget) => inAndOut(sizes, variants, budget),
};
